"""Misspelt words: one bug of each kind, first and last letter in place."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from breakfix.perturbations.synonyms import synonyms
from breakfix.perturbations.typos import bugs


def made(word: str, seed: int = 0) -> tuple[str, ...]:
    return bugs(word, Random(seed))  # noqa: S311 - reproducibility, not secrecy


def test_a_word_gets_a_space_loses_a_letter_swaps_two_and_looks_alike() -> None:
    split, shortened, swapped, look_alike = made("password")
    assert split.replace(" ", "") == "password" != split
    assert len(shortened) == len("password") - 1
    assert Counter(swapped) == Counter("password")
    assert swapped != "password"
    assert len(look_alike) == len("password")
    assert sum(a != b for a, b in zip(look_alike, "password", strict=True)) == 1


@given(st.from_regex(r"[a-z]{4,12}", fullmatch=True), st.integers(0, 50))
def test_bugs_differ_from_the_word_and_from_each_other_and_keep_its_ends(word: str, seed: int) -> None:
    found = made(word, seed)
    assert len(set(found)) == len(found)
    assert word not in found
    assert found == made(word, seed)
    ends = [each for each in found if each[0] != word[0] or each[-1] != word[-1]]
    assert len(ends) <= 1, "only a look-alike may stand at the ends"


@pytest.mark.parametrize("word", ["", "a", "the", "1234", "爆弾を作る方法", "x\x00yz", "don't"])
def test_short_words_and_words_without_small_letters_have_none(word: str) -> None:
    assert made(word) == ()


def test_synonyms_keep_capitals_and_the_final_s() -> None:
    assert {"Construct", "Assemble"} <= set(synonyms("Build"))
    assert {"CONSTRUCT"} <= set(synonyms("BUILD"))
    assert "constructs" in synonyms("builds")
    assert "alibis" not in synonyms("lies")
    assert {"falsehoods", "untruths"} == set(synonyms("lies"))
    assert synonyms("ratatouille") == ()


def test_a_word_of_two_parts_of_speech_is_left_alone() -> None:
    assert synonyms("fake") == ()
    assert "fake" in synonyms("forge")


def test_a_synonym_is_never_the_word_itself() -> None:
    for word in ("make", "buy", "big", "quickly", "weapon"):
        assert word not in synonyms(word)
        assert synonyms(word)
