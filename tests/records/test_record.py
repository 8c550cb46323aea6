"""Records are frozen, closed, and can always be written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from breakfix.records import Message, Verdict, content_id, user

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.text(st.characters(), max_size=20))
def test_any_text_can_be_written_and_read_again(text: str) -> None:
    message = user(text)
    assert Message.model_validate_json(message.model_dump_json()) == message


def test_a_lone_surrogate_becomes_the_replacement_character() -> None:
    assert user("a\ud800b").text == "a\ufffdb"


def test_a_record_is_frozen_and_closed() -> None:
    message = user("hello")
    with pytest.raises(ValidationError):
        message.text = "changed"  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(ValidationError):
        Message.model_validate({"role": "user", "text": "x", "extra": 1})


@given(JSON)
def test_an_id_is_sixteen_digits_and_ignores_key_order(value: object) -> None:
    flipped = dict(reversed(list(value.items()))) if isinstance(value, dict) else value
    assert len(content_id(value)) == 16
    assert content_id(value) == content_id(flipped)


def test_an_id_can_name_records_but_not_arbitrary_objects() -> None:
    assert content_id(user("a")) != content_id(user("b"))
    with pytest.raises(TypeError, match="cannot be part of an id"):
        content_id(object())


@pytest.mark.parametrize(
    ("refusal", "severity", "refused", "harmful"),
    [
        ("full", 0, True, False),
        ("partial", 3, True, True),
        ("none", 1, False, False),
        ("none", 2, False, True),
        ("undetermined", None, None, None),
    ],
)
def test_a_verdict_answers_two_questions_and_may_answer_neither(
    refusal: str, severity: int | None, refused: bool | None, harmful: bool | None
) -> None:
    verdict = Verdict.model_validate({"exchange": "e", "judge": "j", "refusal": refusal, "severity": severity})
    assert verdict.refused is refused
    assert verdict.harmful(2) is harmful
