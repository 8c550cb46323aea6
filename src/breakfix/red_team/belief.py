"""What is believed of every arm: a Beta posterior whose prior is made of what its attack, harm and language did.

With a few attempts for each of hundreds of arms, an arm's own outcomes say little. Its prior mean adds, in log-odds,
what its attack (drawn to its family), its harm and its language differ from all attempts together: the main effects of
a logistic model, estimated by shrunk shares (empirical Bayes; Efron & Morris 1975, J. Am. Stat. Assoc. 70, 311-319).
The prior weighs `PRIOR` attempts, so an arm that differs from its row and column soon shows it.
"""

import math
from collections.abc import Sequence
from random import Random

PRIOR = 2.0
"""Attempts that an arm's prior is worth."""
SHRINKAGE = 4.0
"""Attempts by which the share of an attack, harm or language is drawn to what stands above it."""
START = 0.2
"""Share of harmful replies before anything is known, worth one attempt."""
_LEAST = 0.005

Sides = tuple[int, int, int, int]
"""Contender, family, harm and language of an arm, each by number."""


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

    def draw(self, chance: Random) -> list[float]:
        """A share of harmful replies for every arm, from its posterior."""
        return [
            chance.betavariate(PRIOR * mean + fell, PRIOR * (1.0 - mean) + held)
            for mean, fell, held in zip(self.means(), self._fell, self._held, strict=True)
        ]

    def means(self) -> list[float]:
        """The prior mean of every arm."""
        totals = [[[0, 0] for _ in range(1 + max(side[axis] for side in self._sides))] for axis in range(4)]
        for side, fell, held in zip(self._sides, self._fell, self._held, strict=True):
            for axis, place in enumerate(side):
                totals[axis][place][0] += fell
                totals[axis][place][1] += held
        fell, held = sum(self._fell), sum(self._held)
        overall = (START + fell) / (1.0 + fell + held)
        families, harms, languages = ([_shrunk(each, overall) for each in axis] for axis in totals[1:])
        family_of = {side[0]: side[1] for side in self._sides}
        contenders = [_shrunk(each, families[family_of[number]]) for number, each in enumerate(totals[0])]
        level = _log_odds(overall)
        rows, harm_effects, language_effects = (
            [_log_odds(share) - level for share in axis] for axis in (contenders, harms, languages)
        )
        return [
            _share(level + rows[contender] + harm_effects[harm] + language_effects[language])
            for contender, _, harm, language in self._sides
        ]


def _shrunk(counts: Sequence[int], towards: float) -> float:
    return (SHRINKAGE * towards + counts[0]) / (SHRINKAGE + counts[0] + counts[1])


def _log_odds(share: float) -> float:
    return math.log(share / (1.0 - share))


def _share(log_odds: float) -> float:
    return min(max(1.0 / (1.0 + math.exp(-log_odds)), _LEAST), 1.0 - _LEAST)
