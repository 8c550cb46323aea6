"""Wordings of `cues.toml`, compiled: what a sentence of a reply does, and in which language it is."""

import re
import tomllib
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("cues.toml")
KINDS = (
    "decline",
    "no",
    "incapable",
    "apology",
    "warning",
    "support",
    "redirect",
    "comply",
    "anyway",
    "general",
    "abuse",
)
ENGLISH = "en"
_KANA = re.compile("[\u3040-\u30ff]")
_HAN = re.compile("[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class CuePattern:
    """What one kind of cue looks like."""

    kind: str
    pattern: re.Pattern[str]
    needed: tuple[str, ...]
    """Pieces of text of which any cue of the kind holds one; empty when that is not known."""

    def found_in(self, sentence: str) -> bool:
        """Whether a cleaned sentence carries the cue."""
        if self.needed and not any(piece in sentence for piece in self.needed):
            return False
        return self.pattern.search(sentence) is not None


def cues(sentence: str, patterns: tuple[CuePattern, ...]) -> frozenset[str]:
    """Kinds of cue that a cleaned sentence carries."""
    return frozenset([each.kind for each in patterns if each.found_in(sentence)])


@cache
def digest() -> str:
    """SHA-256 of the wordings."""
    return sha256(_FILE.read_bytes()).hexdigest()


@cache
def patterns_of(language: str) -> tuple[CuePattern, ...]:
    """Every kind's pattern in English and `language`: many models refuse in English whatever they are asked."""
    return tuple(_cue_pattern(kind, language) for kind in KINDS)


def _cue_pattern(kind: str, language: str) -> CuePattern:
    groups: dict[str, list[str]] = _data()[kind]
    wanted = [pattern for name in dict.fromkeys((ENGLISH, language)) for pattern in groups.get(name, [])]
    return CuePattern(
        kind=kind,
        pattern=re.compile("|".join(f"(?:{_filled(pattern)})" for pattern in wanted)),
        needed=tuple(_data()["needed"].get(kind, ())) if language == ENGLISH else (),
    )


@cache
def function_words() -> dict[str, frozenset[str]]:
    """The commonest words of each known language: running text is full of them, noise is not."""
    return {language: frozenset(text.split()) for language, text in _data()["function_words"].items()}


@cache
def word_list(name: str) -> frozenset[str]:
    """The English words listed under `name`: `imperatives` or `harm_words`."""
    return frozenset(_data()[name][ENGLISH].split())


def language_of(tokens: Collection[str], text: str) -> str | None:
    """The language that most of its own function words speak for, English first; None for one that is not known."""
    if _KANA.search(text):
        return "ja"
    if _HAN.search(text):
        return "zh"
    counts = {name: sum(map(own.__contains__, tokens)) for name, own in _own_words().items()}
    best = max(counts, key=lambda name: (counts[name], name == ENGLISH))
    return None if counts[best] == 0 and _foreign(text) else best


@cache
def _own_words() -> dict[str, frozenset[str]]:
    # Words that several languages share, such as `a` and `no`, tell none of them from the others.
    known = function_words()
    shared = Counter(word for words in known.values() for word in words)
    return {name: frozenset(word for word in words if shared[word] == 1) for name, words in known.items()}


def _foreign(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    return sum(c > "\u024f" for c in letters) > len(letters) / 2


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def _filled(pattern: str) -> str:
    for name, text in _data()["fragments"].items():
        pattern = pattern.replace("{" + name + "}", text)
    return pattern
