"""The index finds every planted near-duplicate and nothing below its threshold."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breakfix.curate.near_index import NearIndex
from breakfix.curate.overlap import similarity

WORDS = [f"w{n}" for n in range(500)]


def texts(count: int, seed: int) -> list[str]:
    rng = random.Random(seed)  # noqa: S311 - a test
    return [" ".join(rng.choices(WORDS, k=rng.randint(10, 40))) for _ in range(count)]


def changed(text: str, rng: random.Random) -> str:
    tokens = text.split()
    tokens[rng.randrange(len(tokens))] = "changed"
    return " ".join(tokens)


@pytest.mark.parametrize("threshold", [0.5, 0.8])
def test_planted_near_duplicates_are_found(threshold: float) -> None:
    rng = random.Random(1)  # noqa: S311 - a test
    stored = texts(400, seed=2)
    index = NearIndex(threshold)
    for number, text in enumerate(stored):
        index.add(number, text)
    planted = [(n, changed(text, rng)) for n, text in enumerate(stored)]
    near = [(n, text) for n, text in planted if similarity(text, stored[n]) >= threshold]
    assert len(near) > 100
    assert sum(n in index.near(text) for n, text in near) >= 0.98 * len(near)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(alphabet="ab c", min_size=1, max_size=30), min_size=1, max_size=8), st.floats(0.05, 1.0))
def test_what_is_found_is_at_least_as_similar_as_asked(stored: list[str], threshold: float) -> None:
    index = NearIndex(threshold)
    for number, text in enumerate(stored):
        index.add(number, text)
    found = index.near(stored[0])
    assert 0 in found
    assert all(similarity(stored[n], stored[0]) >= threshold for n in found)
