"""How honest the rates of a schedule are: bias, and coverage of the 95 % intervals, for `allocation.py`."""

import statistics
from collections import defaultdict
from dataclasses import dataclass, field

from allocation_worlds import World

from breakfix.red_team.drive import Planned
from breakfix.statistics.rates import rate_of


@dataclass
class Played:
    """What came of one schedule."""

    attempts: list[Planned] = field(default_factory=list[Planned])
    drawn: list[str] = field(default_factory=list[str])
    fell: list[bool] = field(default_factory=list[bool])
    calls: int = 0

    def vulnerabilities(self) -> int:
        """Distinct cells with a finding."""
        return len({cell_of(each) for each, fell in zip(self.attempts, self.fell, strict=True) if fell})


def cell_of(each: Planned) -> tuple[str, str, str]:
    """Harm, attack family and language."""
    return each.goal.harm.value, each.attack.family, each.goal.language


Truth = dict[tuple[str, ...], float]


def truths(world: World) -> Truth:
    """The share of all pairs of goal and attack on which attacks succeed by design: in all, per family, per cell.

    The uniform schedule draws each goal and each attack alike, so the pairs weigh alike.
    """
    sums: defaultdict[tuple[str, ...], list[float]] = defaultdict(list)
    family = {attack.name: attack.family for attack in world.attacks}
    for (harm, attack, language), share in world.shares.items():
        for key in ((), (family[attack],), (harm, family[attack], language)):
            sums[key].append(share)
    return {key: statistics.fmean(values) for key, values in sums.items()}


@dataclass
class Honesty:
    """Bias and coverage of one kind of rate."""

    rates: int = 0
    held: int = 0
    error: float = 0.0
    squared: float = 0.0

    def add(self, estimate: float, truth: float, *, held: bool) -> None:
        """Counts one reported rate."""
        self.rates += 1
        self.held += held
        self.error += estimate - truth
        self.squared += (estimate - truth) ** 2

    def merge(self, other: "Honesty") -> None:
        """Adds what another has counted."""
        self.rates += other.rates
        self.held += other.held
        self.error += other.error
        self.squared += other.squared

    def told(self) -> dict[str, float | int | None]:
        """As numbers; bias in percentage points with its simulation error."""
        if not self.rates:
            return {"rates": 0}
        mean = self.error / self.rates
        spread = max(self.squared / self.rates - mean**2, 0.0) / self.rates
        return {
            "rates": self.rates,
            "bias_points": round(100 * mean, 3),
            "bias_error_points": round(100 * spread**0.5, 3),
            "coverage": round(self.held / self.rates, 4),
        }


def judge_rates(played: Played, truth: Truth, *, only: str | None) -> dict[str, Honesty]:
    """Every rate of the attempts that were `drawn` so (None is all), held against the truth."""
    parts: defaultdict[tuple[str, ...], list[tuple[float, str]]] = defaultdict(list)
    for each, drawn, fell in zip(played.attempts, played.drawn, played.fell, strict=True):
        if only in (None, drawn):
            harm, family, language = cell_of(each)
            for key in ((), (family,), (harm, family, language)):
                parts[key].append((float(fell), each.goal.group))
    found = {name: Honesty() for name in ("total", "family", "cell")}
    for key, items in parts.items():
        rate = rate_of([value for value, _ in items], [group for _, group in items])
        name = ("total", "family", "", "cell")[len(key)]
        value, low, high = rate.value or 0.0, rate.low or 0.0, 1.0 if rate.high is None else rate.high
        found[name].add(value, truth[key], held=low <= truth[key] <= high)
    return found
