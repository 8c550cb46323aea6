"""A share or mean with its denominator and interval, from items of which some could not be judged."""

from collections.abc import Sequence

from breakfix.records import Rate
from breakfix.statistics.clusters import cluster_sample
from breakfix.statistics.intervals import interval


def rate_of(
    values: Sequence[float | None],
    clusters: Sequence[str],
    *,
    confidence: float = 0.95,
) -> Rate:
    """The mean of `values` with its interval; `values[i]` belongs to `clusters[i]`, None is undetermined.

    Undetermined items are counted and left out; without any determined item value and interval are None.
    """
    known = [(value, cluster) for value, cluster in zip(values, clusters, strict=True) if value is not None]
    undetermined = len(values) - len(known)
    if not known:
        return nothing(undetermined, confidence=confidence)
    sample = cluster_sample([value for value, _ in known], [cluster for _, cluster in known])
    bounds = interval(sample, confidence=confidence)
    return Rate(
        value=sample.mean,
        count=sample.total,
        of=sample.size,
        low=bounds.low,
        high=bounds.high,
        confidence=confidence,
        method=bounds.method,
        undetermined=undetermined,
    )


def nothing(undetermined: int = 0, *, confidence: float = 0.95) -> Rate:
    """The rate of no determined item at all."""
    return Rate(
        value=None,
        count=0.0,
        of=0,
        low=None,
        high=None,
        confidence=confidence,
        method="none",
        undetermined=undetermined,
    )
