"""Proof against a margin: pass, fail or inconclusive, from the bounds of an interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from breakfix.records import GateVerdict, Rate
from breakfix.statistics.paired import paired_difference


@dataclass(frozen=True, slots=True)
class NonInferiority:
    """Whether a change is no worse than a margin allows."""

    verdict: GateVerdict
    change: Rate
    """After minus before; its ends are one-sided bounds."""
    margin: float
    """How much worse it may get, at least 0, on the values' own scale."""


def non_inferiority(
    before: Sequence[float | None],
    after: Sequence[float | None],
    clusters: Sequence[str],
    *,
    margin: float,
    better: Literal["low", "high"],
    confidence: float = 0.95,
) -> NonInferiority:
    """Whether `after` is at most `margin` worse than `before` on the same items, where `better` is low or high.

    One-sided at `confidence` in both directions (Piaggio et al. 2012, JAMA 308, 2594-2604): pass when even the
    unfavourable bound is within the margin, fail when not even the favourable one is, inconclusive between and without
    a judged pair. Raises ValueError for a negative margin.
    """
    if margin < 0.0:
        raise ValueError("a margin says how much worse it may get and is at least 0")
    change = paired_difference(before, after, clusters, confidence=two_sided(confidence))
    verdict = at_most(change, margin) if better == "low" else at_least(change, -margin)
    return NonInferiority(verdict, change, margin)


def at_least(rate: Rate, margin: float) -> GateVerdict:
    """Pass when the whole interval is `margin` or more, fail when all of it is less, else inconclusive."""
    if rate.low is not None and rate.low >= margin:
        return "pass"
    return "fail" if rate.high is not None and rate.high < margin else "inconclusive"


def at_most(rate: Rate, margin: float) -> GateVerdict:
    """Pass when the whole interval is `margin` or less, fail when all of it is more, else inconclusive."""
    if rate.high is not None and rate.high <= margin:
        return "pass"
    return "fail" if rate.low is not None and rate.low > margin else "inconclusive"


def two_sided(confidence: float) -> float:
    """Confidence of the two-sided interval whose ends are one-sided bounds at `confidence` (0.5 to 1)."""
    return 2 * confidence - 1
