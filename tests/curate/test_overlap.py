"""Texts that say the same have the same canonical form; similarity is symmetric and complete for equals."""

from hypothesis import given
from hypothesis import strategies as st

from breakfix.canonical import canonical, words
from breakfix.curate.overlap import jaccard, ngrams, shingles, similarity


def test_case_spacing_width_and_end_punctuation_do_not_matter() -> None:
    assert canonical("  How  do I\n\uff32\uff35\uff2e? ") == canonical("how do i run") == "how do i run"
    assert canonical("?!") == "?!"


def test_inner_punctuation_matters_to_equality_but_not_to_words() -> None:
    assert canonical("a+b") != canonical("a-b")
    assert words("It's a-b, C3!") == ["it's", "a", "b", "c3"]


def test_scripts_without_spaces_are_read_by_the_character() -> None:
    assert words("爆弾の作り方") == list("爆弾の作り方")


@given(st.text())
def test_canonical_form_is_stable_and_shingles_are_never_empty(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)
    assert shingles(text)
    assert similarity(text, text) == 1.0


@given(st.text(), st.text())
def test_similarity_is_symmetric_and_between_zero_and_one(one: str, other: str) -> None:
    assert 0.0 <= similarity(one, other) == similarity(other, one) <= 1.0


def test_ngrams_are_all_runs() -> None:
    assert ngrams(["a", "b", "c"], 2) == {"a b", "b c"}
    assert ngrams(["a"], 2) == frozenset()
    assert jaccard(frozenset(), frozenset()) == 1.0
