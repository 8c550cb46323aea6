"""Thompson sampling over arms that come and go, with old experience fading.

Beta-Bernoulli Thompson sampling as in Chapelle and Li (NeurIPS 2011); all counts shrink with every pull, so that the
arms are explored anew when a fix has changed the target (discounted Thompson sampling, Raj and Kalyani,
arXiv 1707.09727).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

FLOOR = 1e-2
"""No count fades below this; a Beta distribution needs both above zero."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One choice with what is known about it: a Beta distribution of its chance to succeed."""

    name: str
    text: str = ""
    """What the choice stands for, such as a template."""
    wins: float = 1.0
    losses: float = 1.0
    learnt: bool = False
    """Came from experience and may be forgotten; the others stay for good."""

    @property
    def mean(self) -> float:
        """Expected chance to succeed, 0 to 1."""
        return self.wins / (self.wins + self.losses)


@dataclass(frozen=True, slots=True)
class Bandit:
    """Arms in a fixed order; a frozen value whose size is bounded by `most_learnt`."""

    arms: tuple[Arm, ...]
    discount: float = 0.995
    """What is left of all counts after a pull, above 0 and at most 1; 1 forgets nothing. 0.995 keeps nine tenths of
    late pulls on the best arm and still finds another one after a fix; 0.99 keeps fewer (`benchmarks/search.py`)."""
    most_learnt: int = 32
    """Learnt arms that are kept."""

    def drawn(self, rng: Random, count: int = 1) -> tuple[Arm, ...]:
        """The `count` arms whose sampled chances are highest, best first."""
        sampled = [(rng.betavariate(arm.wins, arm.losses), -place) for place, arm in enumerate(self.arms)]
        return tuple(self.arms[-place] for _, place in sorted(sampled, reverse=True)[:count])

    def credited(self, names: Sequence[str], *, won: bool) -> "Bandit":
        """After one pull of the arms `names`; unknown names teach nothing, but time passes all the same."""
        fade = self.discount

        def later(arm: Arm) -> Arm:
            pulled = arm.name in names
            wins, losses = fade * arm.wins + (pulled and won), fade * arm.losses + (pulled and not won)
            return replace(arm, wins=max(FLOOR, wins), losses=max(FLOOR, losses))

        return replace(self, arms=tuple(map(later, self.arms)))

    def with_learnt(self, name: str, text: str) -> "Bandit":
        """With one more arm that has succeeded once; the least promising learnt arm makes room for it.

        A text or name that is known already changes nothing.
        """
        if any(arm.name == name or arm.text == text for arm in self.arms):
            return self
        arms = (*self.arms, Arm(name, text, wins=2.0, losses=1.0, learnt=True))
        learnt = [arm for arm in arms if arm.learnt]
        if len(learnt) <= self.most_learnt:
            return replace(self, arms=arms)
        worst = min(learnt, key=lambda arm: arm.mean)
        return replace(self, arms=tuple(arm for arm in arms if arm is not worst))
