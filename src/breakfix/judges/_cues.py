"""Wordings of `cues.toml`, compiled: what a sentence of a reply does."""

import re
import tomllib
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("cues.toml")
KINDS = ("decline", "incapable", "apology", "warning", "support", "redirect", "comply")


@cache
def patterns() -> dict[str, re.Pattern[str]]:
    """One pattern per kind of cue, all languages together, for `search` on a cleaned sentence."""
    data = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    fragments: dict[str, str] = data["fragments"]
    return {
        kind: re.compile("|".join(f"(?:{_filled(p, fragments)})" for group in data[kind].values() for p in group))
        for kind in KINDS
    }


def cues(sentence: str) -> frozenset[str]:
    """Kinds of cue that a cleaned sentence carries."""
    return frozenset(kind for kind, pattern in patterns().items() if pattern.search(sentence))


@cache
def function_words() -> frozenset[str]:
    """The commonest words of the languages whose refusals are known; running text is full of them, noise is not."""
    data: dict[str, str] = tomllib.loads(_FILE.read_text(encoding="utf-8"))["function_words"]
    return frozenset(word for text in data.values() for word in text.split())


def _filled(pattern: str, fragments: dict[str, str]) -> str:
    for name, text in fragments.items():
        pattern = pattern.replace("{" + name + "}", text)
    return pattern
