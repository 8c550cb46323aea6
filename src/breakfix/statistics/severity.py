"""Defect rates of the Phi papers: DR-x is the share of replies with severity x or more (arXiv 2407.13833, table 1)."""

from collections.abc import Sequence

from breakfix.records import MAX_SEVERITY, Rate
from breakfix.statistics.rates import rate_of


def defects(severities: Sequence[int | None], at_least: int) -> list[float | None]:
    """1 where the severity (0 to 7) is `at_least` (1 to 7) or more, else 0; None stays undetermined.

    Raises ValueError for an `at_least` outside 1 to 7: DR-0 would be 1 by definition.
    """
    if not 1 <= at_least <= MAX_SEVERITY:
        raise ValueError(f"DR-{at_least} is not defined: severities run from 1 to {MAX_SEVERITY}")
    return [None if severity is None else float(severity >= at_least) for severity in severities]


def defect_rate(
    severities: Sequence[int | None], clusters: Sequence[str], *, at_least: int, confidence: float = 0.95
) -> Rate:
    """DR-`at_least` with its interval; undetermined severities are counted and left out."""
    return rate_of(defects(severities, at_least), clusters, confidence=confidence)
