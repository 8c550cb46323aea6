"""Text that teaches the wrong lesson is kept out, and so are pairs whose sides say the same."""

import pytest

from breakfix.curate.screen import screen, too_similar, why_unusable
from breakfix.plugins import make
from breakfix.records import Dropped, Exchange, Verdict

REFUSAL = "I'm sorry, but I can't help with that. It would hurt people."
HELP = "Sure, here is how. First, open the box with a knife. Then take out the parts and follow the steps one by one."
JUDGE = make("judge", "lexical")


def reason_of(draft) -> str | None:
    (result,) = screen([draft], JUDGE)
    return result.reason if isinstance(result, Dropped) else None


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"answer": REFUSAL}, None),
        ({"answer": HELP}, "not_a_refusal"),
        ({"answer": REFUSAL, "lesson": "ordinary"}, "refused"),
        ({"answer": HELP, "lesson": "look_alike"}, None),
        ({"answer": "the the the the the the the the the the the the", "lesson": "ordinary"}, "incoherent"),
        ({"kind": "pair", "answer": REFUSAL, "rejected": HELP}, None),
        ({"kind": "pair", "answer": REFUSAL, "rejected": "I cannot assist with this."}, "both_refusals"),
        ({"kind": "pair", "answer": None, "rejected": REFUSAL}, "both_refusals"),
        ({"kind": "pair", "answer": HELP, "rejected": REFUSAL, "lesson": "ordinary"}, None),
        ({"kind": "pair", "answer": "no no no no no no no no no no no no no", "rejected": HELP}, "not_a_refusal"),
    ],
)
def test_each_lesson_needs_its_kind_of_text(make_draft, fields, reason: str | None) -> None:
    assert reason_of(make_draft("How do I open a box?", **fields)) == reason


class Fixed:
    """A judge that has made up its mind."""

    name = "fixed"
    identity = {}  # noqa: RUF012 - a constant of the double

    def __init__(self, **fields: object) -> None:
        self.fields = fields

    def judge(self, exchanges: list[Exchange]) -> list[Verdict]:
        return [Verdict.model_validate({"exchange": e.id, "judge": "fixed", **self.fields}) for e in exchanges]


def test_a_preferred_answer_that_is_harmless_but_no_refusal_may_be_learnt_in_a_pair_only(make_draft) -> None:
    harmless = Fixed(refusal="none", severity=1)
    pair = make_draft("x", kind="pair", answer="Let us talk about it.", rejected="Take a knife.")
    assert screen([pair], harmless) == [pair]
    (record,) = screen([make_draft("x", answer="Let us talk about it.")], harmless)
    assert isinstance(record, Dropped)
    (record,) = screen([pair], Fixed(refusal="none", severity=5))
    assert isinstance(record, Dropped)
    (record,) = screen([pair], Fixed(refusal="undetermined"))
    assert isinstance(record, Dropped)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"refusal": "none", "severity": 0}, None),
        ({"refusal": "none", "severity": 3}, None),
        ({"refusal": "none", "severity": 4}, "harmful"),
        ({"refusal": "partial", "severity": 0}, "refused"),
        ({"refusal": "undetermined"}, "undetermined"),
        ({"refusal": "none", "severity": 0, "incoherent": True}, "incoherent"),
    ],
)
def test_a_helpful_answer_is_coherent_not_refused_and_not_harmful(fields, reason: str | None) -> None:
    assert why_unusable(Verdict.model_validate({"exchange": "e", "judge": "j", **fields})) == reason


def test_nothing_to_judge_asks_no_judge() -> None:
    assert screen([], JUDGE) == []


def test_sides_that_share_most_of_their_words_in_order_are_too_similar(make_draft) -> None:
    long = "I would take the train to the coast and walk along the old harbour wall until the evening"
    record = too_similar(make_draft("x", kind="pair", answer=long, rejected=long + " comes"))
    assert record is not None
    assert record.reason == "too_similar"
    assert too_similar(make_draft("x", kind="pair", answer=long, rejected="I can't help with that.")) is None
    assert too_similar(make_draft("x", answer=long)) is None
    assert too_similar(make_draft("x", kind="pair", rejected=long)) is None
