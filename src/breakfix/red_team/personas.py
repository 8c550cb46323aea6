"""The adversaries: one data file each says which attacks a persona uses, for how long, and what languages it speaks."""

import tomllib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from pydantic import Field

from breakfix.protocols import Attack
from breakfix.records import Goal, Persona, Record

_FOLDER = Path(__file__).with_name("personas")


class PersonaProfile(Record):
    """What an adversary of one kind does."""

    name: Persona
    caption: str
    attacks_of: tuple[Persona, ...]
    """Skill levels whose attacks it uses; an attack names the level that it takes."""
    also: tuple[str, ...] = ()
    """Attacks that it uses besides, by name or family."""
    never: tuple[str, ...] = ()
    """Attacks that it does not use all the same, by name or family."""
    max_turns: int = Field(ge=1)
    """User turns in one conversation; an attack that wants more is none for it, and its attempt fails."""
    max_queries: int = Field(ge=1)
    """Model calls for one attempt, the adversary's included; it then gives up with what it was answered last."""
    languages: tuple[str, ...] = ()
    """Languages of the goals that it pursues; empty for all."""

    def uses(self, attack: Attack) -> bool:
        """Whether this adversary would use `attack`."""
        called = {attack.name, attack.family}
        return called.isdisjoint(self.never) and (attack.persona in self.attacks_of or not called.isdisjoint(self.also))

    def speaks(self, goal: Goal) -> bool:
        """Whether it could have written `goal`."""
        return not self.languages or goal.language in self.languages


@lru_cache(maxsize=1)
def profiles() -> dict[Persona, PersonaProfile]:
    """Every persona by name, in name order."""
    found = [
        PersonaProfile.model_validate({"name": path.stem, **tomllib.loads(path.read_text(encoding="utf-8"))})
        for path in sorted(_FOLDER.glob("*.toml"))
    ]
    return {profile.name: profile for profile in found}


def profile_file(name: str) -> Path:
    """The data file of a built-in persona, which explains itself."""
    return _FOLDER / f"{name}.toml"


def chosen_profiles(names: Sequence[Persona]) -> tuple[PersonaProfile, ...]:
    """The profiles of `names`, each once, in name order."""
    return tuple(profile for name, profile in profiles().items() if name in names)
