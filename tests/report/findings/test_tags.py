"""Tags of public lists: every harm and every family that ships has some, and none is misspelt."""

import re
import tomllib
from pathlib import Path

import pytest

import breakfix
from breakfix import plugins
from breakfix.records import Harm
from breakfix.report.findings.tags import LISTS, by_list, editions, tags_of

TABLE = tomllib.loads((Path(breakfix.__file__).parent / "report" / "findings" / "tags.toml").read_text())
FAMILIES = sorted(
    {plugins.make("attack", name).family for name in plugins.entries("attack") if not name.startswith("pyrit_")}
)


@pytest.mark.parametrize("harm", [harm for harm in Harm if harm is not Harm.NONE])
def test_every_harm_has_a_technique_and_a_view(harm: Harm) -> None:
    found = by_list(tags_of("harmful_reply", harm, "direct"))
    assert found["atlas"] == ["AML.T0048 External Harms"]
    assert found["avid"]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_that_ships_has_its_tags(family: str) -> None:
    found = by_list(tags_of("harmful_reply", Harm.FRAUD, family))
    assert found["ailuminate"] == ["Nonviolent Crimes"]
    jailbreak = "AML.T0054 LLM Jailbreak" in found["atlas"] and "LLM01:2025 Prompt Injection" in found["owasp"]
    assert jailbreak == (family != "direct")


def test_a_family_of_the_future_counts_as_a_jailbreak() -> None:
    assert tags_of("harmful_reply", Harm.HATE, "not_invented_yet") == tags_of("harmful_reply", Harm.HATE, "any")


def test_encodings_are_obfuscation_and_privacy_is_disclosure() -> None:
    assert "AML.T0068" in {tag.id for tag in tags_of("harmful_reply", Harm.OTHER, "encoding")}
    assert "LLM02:2025" in {tag.id for tag in tags_of("harmful_reply", Harm.PRIVACY, "direct")}


def test_an_over_refusal_is_no_hazard_and_no_attack() -> None:
    found = by_list(tags_of("over_refusal", Harm.WEAPONS, "direct"))
    assert {name for name, tags in found.items() if tags} == {"avid"}


def test_every_named_tag_exists_and_ids_look_like_their_lists() -> None:
    named = {name for table in ("harms", "families") for names in TABLE[table].values() for name in names}
    known = {name for each in LISTS for name in TABLE[each]}
    assert named | set(TABLE["over_refusal"]["tags"]) <= known
    assert set(TABLE["harms"]) == {harm.value for harm in Harm}
    assert all(re.fullmatch(r"LLM(0\d|10):2025", name) for name in TABLE["owasp"])
    assert all(re.fullmatch(r"AML\.T\d{4}(\.\d{3})?", name) for name in TABLE["atlas"])
    assert all(title.startswith(f"{name}: ") for name, title in TABLE["avid"].items())
    assert not any("child" in name.casefold() for name in TABLE["ailuminate"])


def test_every_list_says_which_edition_it_is() -> None:
    assert set(editions()) == set(LISTS)
    assert all(edition.version and edition.url.startswith("https://") for edition in editions().values())
