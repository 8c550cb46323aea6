"""The adversaries: one data file each says which attacks a persona uses and for how many turns."""

import tomllib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from breakfix.protocols import Attack
from breakfix.records import Persona, Record

_FOLDER = Path(__file__).with_name("personas")


class PersonaProfile(Record):
    """What an adversary of one kind does."""

    name: Persona
    caption: str
    attacks_of: tuple[Persona, ...]
    """Skill levels whose attacks it uses; an attack names the level that it takes."""
    max_turns: int
    """User turns in one conversation after which it gives up."""

    def uses(self, attack: Attack) -> bool:
        """Whether this adversary would use `attack`."""
        return attack.persona in self.attacks_of


@lru_cache(maxsize=1)
def profiles() -> dict[Persona, PersonaProfile]:
    """Every persona by name, in name order."""
    found = [
        PersonaProfile.model_validate({"name": path.stem, **tomllib.loads(path.read_text(encoding="utf-8"))})
        for path in sorted(_FOLDER.glob("*.toml"))
    ]
    return {profile.name: profile for profile in found}


def chosen_profiles(names: Sequence[Persona]) -> tuple[PersonaProfile, ...]:
    """The profiles of `names`, each once, in name order."""
    return tuple(profile for name, profile in profiles().items() if name in names)
