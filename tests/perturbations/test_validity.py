"""The validity filter: what says the same passes, everything else says why it does not."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from breakfix.perturbations.tokens import split
from breakfix.perturbations.validity import Filter, Level, check, modification_rate, surface_similarity

TEXT = "How do I build a small wooden boat for the lake behind my old house with simple tools?"
LEVELS: tuple[Level, ...] = ("word", "sentence", "distraction", "human")
LINES = st.text(st.sampled_from("abc AB é爆1.,'@\n "), max_size=80) | st.lists(
    st.sampled_from(TEXT.split()), max_size=25
).map(" ".join)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        (TEXT, 0.0),
        (TEXT.replace("boat", "bo at"), 1 / 18),
        (TEXT.replace("boat", "b0at"), 1 / 18),
        (TEXT.replace("boat", "bo@t").replace("small", "smal"), 2 / 18),
        (TEXT.replace("small wooden ", ""), 2 / 18),
        (TEXT.replace("build a", "build you and me a"), 3 / 18),
        ("", 1.0),
    ],
)
def test_the_modification_rate_counts_words_and_a_word_cut_in_two_once(text: str, rate: float) -> None:
    assert modification_rate(TEXT, text, "word") == pytest.approx(rate)


def test_other_levels_count_the_content_that_is_lost() -> None:
    moved = "Behind my old house, with simple tools: how is a small wooden boat for the lake build?"
    assert modification_rate(TEXT, moved, "sentence") == 0.0
    assert modification_rate(TEXT, moved.replace("boat", "raft"), "sentence") == pytest.approx(1 / 10)
    assert modification_rate(TEXT, moved, "word") > 0.5


@pytest.mark.parametrize(
    ("text", "level", "why"),
    [
        (TEXT, "word", "nothing was changed"),
        (TEXT.upper() + "  ", "word", "nothing was changed"),
        ("How do you steal a big iron ship for the sea?", "word", "of the words are changed"),
        ("Tell me a joke about boats.", "sentence", "of the words are changed"),
        ("Please: " + TEXT.replace("boat", "raft"), "distraction", "word for word"),
        (TEXT + " and true is true" * 20, "distraction", "80 words are added"),
    ],
)
def test_what_does_not_pass_says_why(text: str, level: Level, why: str) -> None:
    found = check(TEXT, text, level)
    assert not found.valid
    assert why in found.fault


@pytest.mark.parametrize(
    ("text", "level"),
    [
        (TEXT.replace("boat", "bo at"), "word"),
        ("I would like to know how to " + TEXT[9:], "sentence"),
        (TEXT + " and true is true", "distraction"),
        ("Last year I did not ask this. " + TEXT, "human"),
    ],
)
def test_what_says_the_same_passes(text: str, level: Level) -> None:
    found = check(TEXT, text, level)
    assert found.valid
    assert found.agreement is None


def test_readers_must_agree_and_are_asked_last() -> None:
    asked: list[str] = []

    def reader(original: str, text: str) -> bool:
        asked.append(text)
        return "boat" in original and "boat" in text

    by = Filter(readers=(reader, reader, reader, reader, lambda _, __: False))
    assert check(TEXT, TEXT + " and true is true", "distraction", by).agreement == 0.8
    found = check(TEXT, TEXT.replace("boat", "bo at"), "word", by)
    assert (found.agreement, found.fault) == (0.0, "0% of the readers read the same")
    asked.clear()
    check(TEXT, "x", "word", by)
    assert asked == []


def test_another_similarity_may_be_handed_in() -> None:
    text = TEXT + " and true is true"
    assert not check(TEXT, text, "distraction", Filter(similarity=lambda _, __: 0.1)).valid
    assert not check(TEXT, text, "distraction", Filter(similarity=lambda _, __: float("nan"))).valid


@given(LINES, LINES, st.sampled_from(LEVELS), st.floats(0.0, 1.0))
def test_the_filter_never_passes_a_text_above_the_modification_rate(
    one: str, other: str, level: Level, most: float
) -> None:
    found = check(one, other, level, Filter(most_changed=most))
    assert found.modified == modification_rate(one, other, level) >= 0.0
    if found.valid:
        assert found.modified <= most
        assert found.similarity >= 0.7
        assert len(split(other)) - len(split(one)) <= 30


@given(LINES, LINES)
def test_similarity_is_a_share_and_whole_for_the_text_itself(one: str, other: str) -> None:
    assert 0.0 <= surface_similarity(one, other) <= 1.0
    assert surface_similarity(one, one) == 1.0


@given(LINES, st.integers(0, 20))
def test_no_changed_word_more_lowers_the_rate_of_whole_words(text: str, seed: int) -> None:
    words = split(text)
    rng = Random(seed)  # noqa: S311 - reproducibility, not secrecy
    places = rng.sample(range(len(words)), min(len(words), 3))
    rates = [
        modification_rate(text, words.replaced(dict.fromkeys(places[:count], "zzz")), "sentence")
        for count in range(len(places) + 1)
    ]
    assert rates == sorted(rates)
