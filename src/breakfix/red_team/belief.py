"""What is believed of every arm, from its own outcomes and from those of its attack, its harm and its language.

With a few attempts for each of hundreds of arms, an arm's own outcomes say little. Its prior mean adds, in log-odds,
what its attack (drawn to its family), its harm and its language differ from all attempts together: the main effects of
a logistic model, each with a Beta posterior. How far the shares of attacks, families, harms and languages are drawn
together is estimated from how much more they differ than chance explains (empirical Bayes; Efron & Morris 1975, J. Am.
Stat. Assoc. 70, 311-319; beta-binomial moments, Kleinman 1973, J. Am. Stat. Assoc. 68, 46-54): where nothing carries
over from one harm to the next, nothing is carried over. The prior weighs `PRIOR` attempts, so an arm that differs from
its row and column soon shows it.
"""

import math
from collections.abc import Sequence
from random import Random

PRIOR = 4.0
"""Attempts that an arm's prior is worth."""
START = 0.2
"""Share of harmful replies before anything is known, worth one attempt."""
ALIKE = (0.01, 0.6)
"""Least and greatest correlation of outcomes that share an attack, a harm or a language."""
_LEAST = 0.005

Sides = tuple[int, int, int, int]
"""Contender, family, harm and language of an arm, each by number."""
Counts = list[list[int]]
"""Per attack (or harm, ...): how many attempts fell, and how many held."""


class Belief:
    """Outcomes per arm, and what follows from them."""

    def __init__(self, sides: Sequence[Sides]) -> None:
        """`sides[i]` belongs to arm `i`."""
        self._sides = sides
        self._fell, self._held = [0] * len(sides), [0] * len(sides)
        contenders = 1 + max(side[0] for side in sides)
        self._calls, self._made = [0] * contenders, [0] * contenders

    def add(self, arm: int, fell: bool | None, calls: int) -> None:
        """One more attempt; an undetermined one (None) costs, and says nothing."""
        contender = self._sides[arm][0]
        self._calls[contender] += calls
        self._made[contender] += 1
        if fell is not None:
            (self._fell if fell else self._held)[arm] += 1

    def costs(self) -> list[float]:
        """Model calls that an attempt of each contender is expected to take, at least 1."""
        usual = (1.0 + sum(self._calls)) / (1.0 + sum(self._made))
        return [max(1.0, (usual + calls) / (1.0 + made)) for calls, made in zip(self._calls, self._made, strict=True)]

    def effects(self) -> "Effects":
        """What is known now, prepared for many draws."""
        return Effects(self._sides, self._fell, self._held, self._totals())

    def _totals(self) -> tuple[Counts, Counts, Counts, Counts]:
        totals = tuple([[0, 0] for _ in range(1 + max(side[axis] for side in self._sides))] for axis in range(4))
        for side, fell, held in zip(self._sides, self._fell, self._held, strict=True):
            if fell or held:
                for axis, place in enumerate(side):
                    totals[axis][place][0] += fell
                    totals[axis][place][1] += held
        contenders, families, harms, languages = totals
        return contenders, families, harms, languages


class Effects:
    """The posteriors of the main effects as they are at one time."""

    def __init__(
        self, sides: Sequence[Sides], fell: Sequence[int], held: Sequence[int], totals: tuple[Counts, ...]
    ) -> None:
        """`totals` are the counts of contenders, families, harms and languages."""
        self._sides, self._fell, self._held, self._totals = sides, fell, held, totals
        self._overall = (START + sum(fell)) / (1.0 + sum(fell) + sum(held))
        self._weights = [(1.0 - alike) / alike for alike in (correlation(axis, self._overall) for axis in totals)]
        self._family_of = {side[0]: side[1] for side in sides}

    def draw(self, chance: Random) -> list[float]:
        """A share of harmful replies for every arm: main effects drawn from their posteriors, own outcomes weighed in.

        An arm's own share is not drawn but expected: what one attempt tells about its arm is of no use to any other,
        and an arm whose cell has a finding is done with.
        """
        level = _log_odds(self._overall)
        families = self._drawn(1, (), chance)
        towards = [families[self._family_of[number]] for number in range(len(self._totals[0]))]
        rows, harms, languages = (
            [_log_odds(share) - level for share in shares]
            for shares in (
                self._drawn(0, towards, chance),
                self._drawn(2, (), chance),
                self._drawn(3, (), chance),
            )
        )
        drawn: list[float] = []
        for (contender, _, harm, language), fell, held in zip(self._sides, self._fell, self._held, strict=True):
            mean = _share(level + rows[contender] + harms[harm] + languages[language])
            drawn.append((PRIOR * mean + fell) / (PRIOR + fell + held))
        return drawn

    def _drawn(self, axis: int, towards: Sequence[float], chance: Random) -> list[float]:
        """A share for everything on an axis; its prior has the mean `towards` (all attempts' when there is none)."""
        counts, weight = self._totals[axis], self._weights[axis]
        middles = towards or [self._overall] * len(counts)
        shares = (
            chance.betavariate(weight * middle + fell, weight * (1.0 - middle) + held)
            for (fell, held), middle in zip(counts, middles, strict=True)
        )
        return [min(max(share, _LEAST), 1.0 - _LEAST) for share in shares]


def correlation(counts: Counts, overall: float) -> float:
    """How much two outcomes within one of `counts` are alike, within `ALIKE`: 0 where all have one share.

    The moment estimate: what the shares' weighted squares exceed their expectation by chance alone.
    """
    tried = [fell + held for fell, held in counts if fell + held]
    total, spread = sum(tried), overall * (1.0 - overall)
    room = total - sum(size**2 for size in tried) / total - (len(tried) - 1) if total else 0.0
    if room <= 0.0:
        return ALIKE[0]
    squares = sum((fell - overall * (fell + held)) ** 2 / (fell + held) for fell, held in counts if fell + held)
    return min(max((squares / spread - (len(tried) - 1)) / room, ALIKE[0]), ALIKE[1])


def _log_odds(share: float) -> float:
    return math.log(share / (1.0 - share))


def _share(log_odds: float) -> float:
    return min(max(1.0 / (1.0 + math.exp(-log_odds)), _LEAST), 1.0 - _LEAST)
