"""Cleaned text keeps its words and loses what breaks matching."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from breakfix.judges._text import (
    MAX_CHARACTERS,
    clean,
    content_stems,
    latin,
    own_turn,
    running_share,
    sentences,
    stem,
    words,
)


def test_quotes_case_and_control_characters_are_levelled() -> None:
    assert clean("I\u00a0CAN\u2019T\x07 \u201chelp\u201d\ud800 \uff28i") == 'i can\'t  "help"  hi'


def test_line_breaks_stay() -> None:
    assert clean("a\nb\tc") == "a\nb c"


def test_a_long_text_keeps_its_beginning_and_its_end() -> None:
    text = clean("start " + "x" * 100_000 + " end")
    assert len(text) <= MAX_CHARACTERS + 1
    assert text.startswith("start")
    assert text.endswith("end")


@given(st.text(st.characters(), max_size=200))
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    once = clean(text)
    assert clean(once) == once or len(once) > MAX_CHARACTERS


@given(st.text(st.characters(), max_size=200))
def test_cleaned_text_can_be_written(text: str) -> None:
    clean(text).encode("utf-8")


def test_sentences_end_at_marks_breaks_and_colons() -> None:
    assert sentences("no. i can't! here is how:\n1. open it\n\n好。 行") == [
        "no.",
        "i can't!",
        "here is how:",
        "1.",
        "open it",
        "好。",
        "行",
    ]


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("take a pin.\nuser: thanks\nassistant: sure", "take a pin."),
        ("user: sure, take a pin.\nuser: and then?", "sure, take a pin."),
        ("the user: a study", "the user: a study"),
        ("human:", ""),
        ("", ""),
    ],
)
def test_turns_that_a_model_makes_up_are_cut_off(text: str, own: str) -> None:
    assert own_turn(text) == own


def test_forms_of_a_word_share_a_stem() -> None:
    assert {stem("steal"), stem("steals"), stem("stealing"), stem("steal's")} == {"steal"}
    assert stem("is") == "is"


def test_content_stems_leave_out_function_words() -> None:
    assert content_stems(words("how do i steal the cars of my neighbours")) == {"steal", "car", "neighbour"}


def test_running_text_has_function_words_and_noise_has_not() -> None:
    assert running_share(words("this is the way in which people talk to each other")) > 0.5
    assert running_share(words("zxkq wvrt plmn")) == 0.0
    assert running_share([]) == 0.0


def test_latin_script_is_told_from_others() -> None:
    assert latin("größe und façade")
    assert not latin("привет мир")
    assert not latin("123 !!")
