"""Which attacks are in whose hands: every attack with every chosen persona that would use it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

from breakfix.config import nearest
from breakfix.errors import ConfigError
from breakfix.protocols import Attack, LearningAttack
from breakfix.records import content_id
from breakfix.red_team.personas import PersonaProfile
from breakfix.red_team.single_turn import Options


@runtime_checkable
class Configured(Protocol):
    """An attack that says which options it was made with."""

    @property
    def options(self) -> Options:
        """Option name to value."""
        ...


@dataclass(frozen=True)
class Contender:
    """An attack in the hands of a persona."""

    attack: Attack
    profile: PersonaProfile
    evolves: bool = False
    """The adversary model that writes for it is trained between rounds."""

    @cached_property
    def id(self) -> str:
        """Changes with the attack's name, its options and the persona; never with what the attack learnt."""
        options: Options = self.attack.options if isinstance(self.attack, Configured) else {}
        return content_id(self.attack.name, dict(options), self.profile.name)

    @property
    def learns(self) -> bool:
        """Whether it changes with what fell, so that it may hunt but never measure."""
        return self.evolves or isinstance(self.attack, LearningAttack)


def asks_adversary(attack: Attack) -> bool:
    """Whether the attack cannot do without an adversary model."""
    return bool(getattr(attack, "asks_adversary", False))


def contenders_of(
    attacks: Sequence[Attack], personas: Sequence[PersonaProfile], *, evolving: bool = False
) -> list[Contender]:
    """Every attack with every persona that uses it; raises ConfigError when two are the same.

    With an `evolving` adversary the attacks that ask it are others in every round.
    """
    found = [
        Contender(attack, profile, evolves=evolving and asks_adversary(attack))
        for profile in personas
        for attack in attacks
        if profile.uses(attack)
    ]
    twice = [each.attack.name for each in found if [other.id for other in found].count(each.id) > 1]
    if twice:
        raise ConfigError(
            f"the attack {twice[0]!r} is listed twice with the same options",
            where="red_team.attacks",
            hint="take one of them out, or give it other options",
        )
    return found


def without(contenders: Sequence[Contender], held_out_only: Sequence[str]) -> list[Contender]:
    """Those whose attacks may be trained against.

    Raises ConfigError for a name that is none of them, and for one that learns: it would meet no goal at all.
    """
    names = {each.attack.name for each in contenders}
    learning = {each.attack.name for each in contenders if each.learns}
    for name in held_out_only:
        if name not in names:
            near = nearest(name, sorted(names))
            raise ConfigError(
                f"{name!r} is none of the attacks of this run" + (f"; did you mean {near!r}?" if near else ""),
                where="red_team.held_out_only",
                hint=f"name some of {', '.join(sorted(names))}",
            )
        if name in learning:
            raise ConfigError(
                f"{name!r} learns from what fell, or its adversary does, and never meets a held-out goal",
                where="red_team.held_out_only",
                hint="take it out of red_team.held_out_only",
            )
    return [each for each in contenders if each.attack.name not in held_out_only]
