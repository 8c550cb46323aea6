"""The verdict in words and the headline table: every measured figure, before and after each round."""

from collections.abc import Sequence
from dataclasses import dataclass

from breakfix.records import Better, Check, GateDecision, SuiteScore
from breakfix.report.benchmark_scores import ROLES, Role, baseline_key
from breakfix.report.rate_text import RateText, Unit, number, rate_text, unit_of
from breakfix.report.read import RoundData, RunData

REDUCTION = "harmful_reduction"
"""Name of the gate's check whose change is a relative fall; all other changes are differences."""
_LEVELS = (REDUCTION, "over_refusal")
"""Checks whose margin is a share; the margins of the others are differences of shares."""


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric of one suite through all rounds."""

    key: tuple[str, str]
    """Suite and metric name."""
    role: Role | None
    title: str
    better: Better
    judge: str | None
    cells: tuple[RateText, ...]
    """One per measured round."""
    baseline: tuple[RateText, ...] | None
    """The keyword baseline's figure on the same replies; None where it has none."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one round's gate said, in a sentence."""

    round: int
    verdict: str
    sentence: str
    kept: bool


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One check of the gate as a table row."""

    round: int
    title: str
    verdict: str
    before: RateText
    after: RateText
    change: RateText
    margin: str
    p_value: str
    reason: str


def metric_rows(rounds: Sequence[RoundData]) -> tuple[MetricRow, ...]:
    """One row per suite and metric on the test split, the headline figures first."""
    scores = {(score.suite, score.metric.name): score for part in rounds for score in part.scores.suites}
    order = list(ROLES)
    rows = [_metric_row(score, rounds) for score in scores.values()]
    return tuple(sorted(rows, key=lambda row: order.index(row.key) if row.key in order else len(order)))


def verdicts(data: RunData) -> tuple[Verdict, ...]:
    """One sentence per decided round."""
    if data.gate is None:
        return ()
    return tuple(
        Verdict(decision.round, decision.verdict, _sentence(decision), decision.round == data.gate.best)
        for decision in data.gate.decisions
    )


def check_rows(data: RunData) -> tuple[CheckRow, ...]:
    """Every check of every decided round."""
    decisions = data.gate.decisions if data.gate else ()
    return tuple(_check_row(decision.round, check) for decision in decisions for check in decision.checks)


def reductions(data: RunData) -> dict[int, RateText]:
    """Round to relative fall of the harmful-response rate, as the gate measured it."""
    decisions = data.gate.decisions if data.gate else ()
    return {
        decision.round: rate_text(check.change)
        for decision in decisions
        for check in decision.checks
        if check.name == REDUCTION
    }


def _metric_row(score: SuiteScore, rounds: Sequence[RoundData]) -> MetricRow:
    found = [part.scores.find(score.suite, score.metric.name) for part in rounds]
    unit, key = score.metric.unit, baseline_key(score)
    baseline = [part.scores.baseline.get(key) for part in rounds] if key else []
    return MetricRow(
        key=(score.suite, score.metric.name),
        role=ROLES.get((score.suite, score.metric.name)),
        title=score.metric.title,
        better=score.metric.better,
        judge=score.judge,
        cells=tuple(rate_text(each.overall if each else None, unit) for each in found),
        baseline=tuple(rate_text(rate) for rate in baseline) if any(baseline) else None,
    )


def _sentence(decision: GateDecision) -> str:
    """Why the round came out as it did: the checks that decided it, or the first one when all passed."""
    if not decision.checks:
        return "No check was made."
    if decision.verdict == "pass":
        first = decision.checks[0]
        return f"All {len(decision.checks)} checks pass. {first.title}: {first.reason}."
    deciding = [check for check in decision.checks if check.verdict == decision.verdict]
    return " ".join(f"{check.title}: {check.reason}." for check in deciding)


def _check_row(round_number: int, check: Check) -> CheckRow:
    unit = unit_of([check.before, check.after])
    change: Unit = "share" if check.name == REDUCTION else "points" if unit == "share" else "number"
    return CheckRow(
        round=round_number,
        title=check.title,
        verdict=check.verdict,
        before=rate_text(check.before, unit),
        after=rate_text(check.after, unit),
        change=rate_text(check.change, change),
        margin=number(check.margin, "share" if check.name in _LEVELS else change),
        p_value="–" if check.p_value is None else "< 0.001" if check.p_value < 0.001 else f"{check.p_value:.3f}",  # noqa: PLR2004 - smallest p shown
        reason=check.reason,
    )
