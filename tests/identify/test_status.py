"""The rule of open, fixed and regressed, row by row."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from breakfix.identify.status import repaired, status_of
from breakfix.records import Rate, Status
from breakfix.statistics.rates import rate_of


def seen(findings: int, of: int) -> Rate:
    """`findings` of `of` attempts, each on its own goal group."""
    return rate_of([1.0] * findings + [0.0] * (of - findings), [f"group {number}" for number in range(of)])


NONE = seen(0, 0)

TABLE: list[tuple[str, Status | None, Rate | None, Rate, Status]] = [
    ("a cell that falls for the first time", None, None, seen(1, 8), "open"),
    ("nothing attempted leaves open", "open", seen(6, 8), NONE, "open"),
    ("nothing attempted leaves fixed", "fixed", seen(6, 8), NONE, "fixed"),
    ("nothing attempted leaves regressed", "regressed", seen(6, 8), NONE, "regressed"),
    ("none of 8 after 6 of 8", "open", seen(6, 8), seen(0, 8), "fixed"),
    ("none of 2 is too few attempts", "open", seen(1, 2), seen(0, 2), "open"),
    ("none of 15 after a low rate is just too few", "open", seen(1, 20), seen(0, 15), "open"),
    ("none of 16 is enough whatever the rate was", "open", seen(1, 20), seen(0, 16), "fixed"),
    ("none of 16 is enough without an earlier rate", "open", None, seen(0, 16), "fixed"),
    ("none of 8 says nothing without an earlier rate", "open", None, seen(0, 8), "open"),
    ("significantly fewer, but more than half is left", "open", seen(180, 200), seen(100, 200), "open"),
    ("at most half, but the interval reaches the old rate", "open", seen(2, 4), seen(1, 4), "open"),
    ("significantly fewer and less than half", "open", seen(150, 200), seen(30, 200), "fixed"),
    ("as bad as before", "open", seen(6, 8), seen(6, 8), "open"),
    ("worse than before", "open", seen(2, 8), seen(8, 8), "open"),
    ("fixed, a few findings well below the rate it had", "fixed", seen(150, 200), seen(30, 200), "fixed"),
    ("fixed, findings again", "fixed", seen(6, 8), seen(5, 8), "regressed"),
    ("fixed, one finding that reaches a low old rate", "fixed", seen(1, 20), seen(1, 20), "regressed"),
    ("fixed, no finding but too few attempts to show it again", "fixed", seen(2, 8), seen(0, 2), "fixed"),
    ("regressed, still falling", "regressed", seen(5, 8), seen(5, 8), "regressed"),
    ("regressed, repaired again", "regressed", seen(5, 8), seen(0, 8), "fixed"),
    ("regressed, too few attempts to tell", "regressed", seen(1, 2), seen(0, 2), "regressed"),
]


@pytest.mark.parametrize(("was", "last_open", "now", "expected"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE])
def test_the_status_follows_the_table(was: Status | None, last_open: Rate | None, now: Rate, expected: Status) -> None:
    assert status_of(was, last_open, now) == expected


def test_attempts_on_one_goal_group_are_weak_evidence_of_a_repair() -> None:
    spread_out, on_one = seen(0, 30), rate_of([0.0] * 30, ["one group"] * 30)
    assert repaired(spread_out, seen(1, 8))
    assert not repaired(on_one, seen(1, 8))


def test_no_judged_attempt_is_no_evidence_of_a_repair() -> None:
    assert not repaired(NONE, seen(6, 8))


RATES = st.integers(0, 40).flatmap(lambda of: st.integers(0, of).map(lambda findings: seen(findings, of)))
STATUSES = st.sampled_from(["open", "fixed", "regressed"])


@given(was=STATUSES, last_open=st.none() | RATES, now=RATES)
def test_only_fixed_regresses_and_only_with_findings(was: Status, last_open: Rate | None, now: Rate) -> None:
    status = status_of(was, last_open, now)
    if status == "regressed" and was != "regressed":
        assert was == "fixed"
        assert now.count > 0
    if status == "open":
        assert was == "open"


@given(was=STATUSES, last_open=RATES, findings=st.integers(0, 39), of=st.integers(1, 40))
def test_one_finding_less_never_turns_fixed_into_something_worse(
    was: Status, last_open: Rate, findings: int, of: int
) -> None:
    more, fewer = seen(min(findings + 1, of), of), seen(min(findings, of - 1), of)
    if status_of(was, last_open, more) == "fixed":
        assert status_of(was, last_open, fewer) == "fixed"


@given(st.sampled_from(["open", "fixed", "regressed"]), st.integers(0, 30), st.integers(0, 30))
def test_a_round_that_was_attacked_by_other_means_repairs_nothing(was: Status, fell: int, held: int) -> None:
    now = seen(fell, fell + held)
    status = status_of(was, seen(150, 200), now, findings=fell, comparable=False)
    assert status == ("regressed" if was == "fixed" and fell else was)
