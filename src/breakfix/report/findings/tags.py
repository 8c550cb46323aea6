"""Tags of public lists for what was found: OWASP LLM Top 10, MITRE ATLAS, MLCommons AILuminate and AVID."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from breakfix.records import FindingKind, Harm

LISTS = ("owasp", "atlas", "ailuminate", "avid")
ANY = "any"
"""Entry for families that the table does not name."""
_TABLE = Path(__file__).with_name("tags.toml")


@dataclass(frozen=True, slots=True)
class Tag:
    """An entry of a public list."""

    list: str
    """Which of `LISTS`."""
    id: str
    title: str

    @property
    def text(self) -> str:
        """Id and title as people read them."""
        if self.list == "avid":
            return self.title
        return self.title if self.list == "ailuminate" else f"{self.id} {self.title}"


@dataclass(frozen=True, slots=True)
class Edition:
    """Which edition of a list the tags are from."""

    name: str
    version: str
    url: str


def tags_of(kind: FindingKind, harm: Harm, family: str) -> tuple[Tag, ...]:
    """The tags of a cell, by list and id: what the harm is, and how the attack works.

    Every harm has some. A family that the table does not know counts as a jailbreak by prompt injection.
    """
    table = _table()
    if kind == "over_refusal":
        names: list[str] = table["over_refusal"]["tags"]
    else:
        families: Mapping[str, list[str]] = table["families"]
        names = [*table["harms"][harm.value], *families.get(family, families[ANY])]
    found = {name: _known()[name] for name in names}
    return tuple(sorted(found.values(), key=lambda tag: (LISTS.index(tag.list), tag.id)))


def by_list(tags: tuple[Tag, ...]) -> dict[str, list[str]]:
    """List to the texts of its tags, every list named."""
    return {name: [tag.text for tag in tags if tag.list == name] for name in LISTS}


def editions() -> dict[str, Edition]:
    """List to its edition."""
    return {name: Edition(**given) for name, given in _table()["editions"].items()}


@lru_cache(maxsize=1)
def _known() -> dict[str, Tag]:
    table = _table()
    return {name: Tag(each, name, title) for each in LISTS for name, title in table[each].items()}


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    return tomllib.loads(_TABLE.read_text(encoding="utf-8"))
