"""Personas as data: which attacks, how long, which languages."""

from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import ValidationError

from breakfix import plugins
from breakfix.protocols import Attack
from breakfix.red_team.personas import PersonaProfile, profile_file, profiles


@dataclass(frozen=True)
class Named:
    """As much of an attack as a persona looks at."""

    name: str
    family: str
    persona: str


DIRECT = Named("direct", "direct", "low_skilled")
BASE64 = Named("base64", "encoding", "intermediate")
ROT13 = Named("rot13", "encoding", "intermediate")


def profile(**fields: Any) -> PersonaProfile:
    known = {"name": "low_skilled", "caption": "x", "attacks_of": ["low_skilled"], "max_turns": 3, "max_queries": 8}
    return PersonaProfile.model_validate({**known, **fields})


def used(adversary: PersonaProfile) -> set[str]:
    return {attack.name for attack in (DIRECT, BASE64, ROT13) if adversary.uses(attack)}


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({}, {"direct"}),
        ({"also": ["base64"]}, {"direct", "base64"}),
        ({"also": ["encoding"]}, {"direct", "base64", "rot13"}),
        ({"also": ["encoding"], "never": ["rot13"]}, {"direct", "base64"}),
        ({"attacks_of": ["low_skilled", "intermediate"], "never": ["encoding"]}, {"direct"}),
        ({"never": ["direct"]}, set()),
    ],
)
def test_attacks_are_chosen_by_level_name_and_family(fields: dict[str, Any], wanted: set[str]) -> None:
    assert used(profile(**fields)) == wanted


def test_a_persona_without_languages_speaks_all(make_goal) -> None:
    dutch = make_goal("a").model_copy(update={"language": "nl"})
    assert profile().speaks(dutch)
    assert profile(languages=["en", "nl"]).speaks(dutch)
    assert not profile(languages=["en"]).speaks(dutch)


@pytest.mark.parametrize("fields", [{"max_turns": 0}, {"max_queries": 0}, {"attack": ["direct"]}, {"name": "expert"}])
def test_a_persona_file_that_makes_no_sense_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        profile(**fields)


def own_attacks() -> list[Attack]:
    """All but PyRIT's, which need PyRIT."""
    return [plugins.make("attack", name, {}) for name in plugins.entries("attack") if not name.startswith("pyrit_")]


def test_every_attack_is_used_by_exactly_one_built_in_persona() -> None:
    for attack in own_attacks():
        assert [each.name for each in profiles().values() if each.uses(attack)] == [attack.persona]


def test_what_the_built_in_files_name_exists() -> None:
    known = {called for attack in own_attacks() for called in (attack.name, attack.family)}
    for each in profiles().values():
        assert {*each.also, *each.never} <= known
        assert profile_file(each.name).is_file()
