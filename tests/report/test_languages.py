"""The table by language: who was asked, refused and answered in which language."""

from breakfix.records import Harm
from breakfix.report.attack_outcomes import Outcome
from breakfix.report.languages import COLUMNS, NOT_TOLD, by_language
from breakfix.report.page import render
from breakfix.store.run_folder import RunFolder


def outcome(place: int, asked: str | None, *, refused: bool | None, switched: bool | None, **fields) -> Outcome:
    usual = {"kind": "harmful_reply", "held_out": True, "hit": None if refused is None else not refused}
    return Outcome(
        **{
            **usual,
            "harm": Harm.FRAUD,
            "family": "direct",
            "language": "nl",
            "persona": "low_skilled",
            "group": f"g{place}",
            "asked_in": asked,
            "refused": refused,
            "switched": switched,
            **fields,
        }
    )


OUTCOMES = (
    *(outcome(place, "nl", refused=True, switched=place < 3) for place in range(6)),
    *(outcome(place, "nl", refused=False, switched=False) for place in range(6, 10)),
    outcome(10, "nl", refused=None, switched=None),
    outcome(11, None, refused=True, switched=None),
    outcome(12, "en", refused=True, switched=False),
    outcome(13, "nl", refused=True, switched=True, held_out=False),
    outcome(14, "nl", refused=True, switched=True, kind="over_refusal"),
)


def test_refusals_in_another_language_are_reported_apart() -> None:
    english, dutch, untold = by_language([(0, OUTCOMES)])
    assert [line.language for line in (english, dutch, untold)] == ["en", "nl", NOT_TOLD]
    assert dutch.attempts == 11
    assert dutch.another.line.startswith("30.0 % [")
    assert dutch.another.line.endswith("n=10 (+1 undetermined)")
    assert dutch.refused_in_another.line.startswith("50.0 % [")
    assert dutch.refused_in_another.n == "n=6"
    assert dutch.refused.value == "60.0 %"
    assert dutch.harmful.value == "40.0 %"


def test_what_is_asked_in_no_plain_language_has_no_language_to_reply_in() -> None:
    untold = by_language([(0, OUTCOMES)])[-1]
    assert untold.attempts == 1
    assert untold.another.value == untold.refused_in_another.value == "not measured"
    assert untold.refused.value == "100.0 %"


def test_every_round_has_its_line_and_no_attempts_have_none() -> None:
    assert [line.round for line in by_language([(0, OUTCOMES), (1, OUTCOMES)]) if line.language == "nl"] == [0, 1]
    assert by_language([(0, ())]) == ()


def test_the_page_has_the_table(small: RunFolder) -> None:
    page = render(small)
    assert 'id="languages"' in page
    assert all(f">{name}</th>" in page for name in COLUMNS)
