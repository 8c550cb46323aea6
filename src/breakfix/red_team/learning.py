"""Attacks that learn: between two chunks each becomes the attack that has also seen what fell.

They change with the model under attack, so the same attempt would mean something else in another round: they hunt on
goals of the train split and never meet a held-out goal. Attempts of one chunk share the attack as it was when the chunk
began, and what an attack learnt never changes an id.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice

from breakfix.protocols import Attack, LearningAttack, Outcome
from breakfix.red_team.drive import Planned

_GROUP = 256
"""Outcomes of earlier rounds that are told at once; the rows may be many."""


class Learners:
    """The learning attacks of a stage as they are now."""

    def __init__(self, attacks: Sequence[Attack], experience: Iterable[Outcome]) -> None:
        """`experience` are the hunting outcomes of earlier rounds; nobody reads them when no attack learns."""
        self._given = [each for each in attacks if isinstance(each, LearningAttack)]
        self._now: dict[int, Attack] = {id(each): each for each in attacks if isinstance(each, LearningAttack)}
        told = iter(experience if self._given else ())
        while group := list(islice(told, _GROUP)):
            self.learn(group)

    @property
    def names(self) -> list[str]:
        """Who learns, in name order."""
        return sorted({each.name for each in self._now.values()})

    def equip(self, planned: Sequence[Planned]) -> list[Planned]:
        """The same attempts, by the attacks as they are now."""
        if not self._now:
            return list(planned)
        return [replace(each, attack=self._now.get(id(each.attack), each.attack)) for each in planned]

    def learn(self, outcomes: Sequence[Outcome]) -> None:
        """Tells every learning attack these outcomes, once; it knows those before them already."""
        for key, attack in self._now.items():
            if isinstance(attack, LearningAttack):
                self._now[key] = attack.after(outcomes)
