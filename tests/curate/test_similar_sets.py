"""The join finds every pair of similar sets and no other, and words are hashed as they are read."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breakfix.canonical import canonical, words
from breakfix.curate.fingerprints import Sets, fingerprints
from breakfix.curate.overlap import ngrams, similarity
from breakfix.curate.similar_sets import similar_pairs

TEXTS = st.lists(st.text(alphabet="abcd ", min_size=1, max_size=30), min_size=1, max_size=12)


def pairs_of(texts: list[str], threshold: float) -> set[tuple[int, int]]:
    found = similar_pairs(fingerprints([canonical(text) for text in texts]).shingles(), threshold).pairs
    return set(zip(found.low.tolist(), found.high.tolist(), strict=True))


@settings(deadline=None)
@given(st.lists(st.text(), max_size=6))
def test_the_words_of_many_texts_are_those_of_each(texts: list[str]) -> None:
    canonicals = [canonical(text) for text in texts]
    prints = fingerprints(canonicals)
    assert prints.counts.tolist() == [len(words(text)) for text in texts]
    known = {word: int(fingerprints([word]).words[0]) for text in texts for word in words(text)}
    assert prints.words.tolist() == [known[word] for text in texts for word in words(text)]
    assert len(set(known.values())) == len(known)


@settings(deadline=None)
@given(st.lists(st.sampled_from("abc"), max_size=12), st.integers(1, 8))
def test_runs_are_the_ngrams_of_each_text(tokens: list[str], size: int) -> None:
    prints = fingerprints([" ".join(tokens), "", " ".join(tokens[::-1])])
    hashes, text = prints.runs(size)
    assert len(set(hashes[text == 0].tolist())) == len(ngrams(tokens, size))
    assert len(set(hashes[text == 2].tolist())) == len(ngrams(tokens[::-1], size))
    assert not (text == 1).any()


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.sampled_from([0.05, 0.3, 0.5, 0.8, 1.0]))
def test_the_join_finds_exactly_the_similar_pairs(texts: list[str], threshold: float) -> None:
    wanted = {
        (low, high)
        for high in range(len(texts))
        for low in range(high)
        if similarity(texts[low], texts[high]) >= threshold - 1e-9
    }
    assert pairs_of(texts, threshold) == wanted


@pytest.mark.parametrize("threshold", [0.5, 0.8])
def test_every_planted_near_duplicate_among_many_is_found(threshold: float) -> None:
    rng = random.Random(1)  # noqa: S311 - a test
    vocabulary = [f"w{n}" for n in range(500)]
    stored = [" ".join(rng.choices(vocabulary, k=rng.randint(10, 40))) for _ in range(400)]
    planted = [text.replace(rng.choice(text.split()), "changed", 1) for text in stored]
    near = {(n, n + 400) for n in range(400) if similarity(stored[n], planted[n]) >= threshold}
    assert len(near) > 100
    assert near <= pairs_of([*stored, *planted], threshold)


def test_more_than_can_be_compared_each_with_each_are_named() -> None:
    found = similar_pairs(fingerprints([f"ask me one of {n}" for n in range(300)]).shingles(), 0.3)
    assert found.crowded.size > 128
    assert found.pairs.low.size > 300


def test_no_sets_make_no_pairs() -> None:
    empty = Sets(np.empty(0, np.uint32), np.zeros(1, np.int64))
    assert similar_pairs(empty, 0.8).pairs.low.size == 0
    assert similar_pairs(fingerprints([]).shingles(), 0.8).pairs.low.size == 0
