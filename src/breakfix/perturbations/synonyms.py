"""Words that may stand for one another, from `synonyms.toml`: what stands here for counter-fitted vectors and HowNet.

TextFooler (arXiv 1907.11932) takes neighbours in counter-fitted word vectors, SememePSO (ACL 2020, Zang et al.) words
with the same sememes in HowNet. Both are downloads of hundreds of megabytes; this table is small, written for this
project, and keeps parts of speech apart, which is what TextFooler checks of its neighbours: a word that is
listed as two parts of speech is not exchanged.
"""

import tomllib
from collections import Counter
from functools import cache
from pathlib import Path

from breakfix.perturbations.tokens import like

_ES = ("s", "x", "z", "ch", "sh")


def synonyms(word: str) -> tuple[str, ...]:
    """What may stand for `word`, with its capitals and its final s; empty for words that the table does not know."""
    folded = word.casefold()
    known = _table()
    if folded in known:
        return tuple(like(word, other) for other in known[folded])
    base = _without_s(folded)
    return tuple(like(word, _with_s(other)) for other in known.get(base, ())) if base else ()


@cache
def _table() -> dict[str, tuple[str, ...]]:
    data = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    found: dict[str, tuple[str, ...]] = {}
    kinds: Counter[str] = Counter()
    for groups in data.values():
        kinds.update({word for group in groups for word in group.split()})
        for group in groups:
            members = group.split()
            for word in members:
                others = (other for other in members if other != word)
                found[word] = tuple(dict.fromkeys((*found.get(word, ()), *others)))
    return {word: others for word, others in found.items() if kinds[word] == 1}


def _with_s(word: str) -> str:
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(_ES) else f"{word}s"


def _without_s(word: str) -> str:
    """The word whose form with s this is; empty where there is none in the table."""
    bases = (word[:-1], word[:-2], f"{word[:-3]}y")
    return next((base for base in bases if base in _table() and _with_s(base) == word), "")
