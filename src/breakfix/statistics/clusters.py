"""Values that come in clusters: items about one goal group stand or fall together and are no independent witnesses."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClusterSample:
    """A sample's mean with what its clusters say about the mean's precision."""

    size: int
    """Items, at least 1."""
    total: float
    residuals: tuple[float, ...]
    """Per cluster, in the order of its name: sum of (value - mean)."""
    binary: bool
    """Every value is 0 or 1."""

    @property
    def mean(self) -> float:
        """Mean of the values."""
        return self.total / self.size

    @property
    def clusters(self) -> int:
        """How many clusters there are."""
        return len(self.residuals)

    @property
    def singletons(self) -> bool:
        """Every cluster holds one item, so the items are independent."""
        return self.clusters == self.size

    @property
    def variance(self) -> float:
        """Variance of the mean, robust to clusters (linearisation; Cochran, Sampling Techniques, eq. 9.24).

        0 for a single cluster, which says nothing about it.
        """
        if self.clusters == 1:
            return 0.0
        between = math.fsum(residual**2 for residual in self.residuals)
        return self.clusters / (self.clusters - 1) * between / self.size**2


def cluster_sample(values: Sequence[float], clusters: Sequence[str]) -> ClusterSample:
    """The sample of `values` (at least one), of which the i-th belongs to `clusters[i]`; order is immaterial."""
    total = math.fsum(values)
    mean = total / len(values)
    members: dict[str, list[float]] = {}
    for value, cluster in zip(values, clusters, strict=True):
        members.setdefault(cluster, []).append(value - mean)
    return ClusterSample(
        size=len(values),
        total=total,
        residuals=tuple(math.fsum(members[cluster]) for cluster in sorted(members)),
        binary=all(value in (0.0, 1.0) for value in values),
    )
