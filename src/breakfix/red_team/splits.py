"""Train, dev or test by goal group: fixed before round 1, and near-repeats never fall on both sides.

A group's split is a hash of its name alone, so adding groups moves no other. Groups that nearly repeat each other (two
texts that share most of their content words) form one unit, whose split is that of its smallest name.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from breakfix.records import Split

SHARES: tuple[tuple[Split, float], ...] = (("train", 0.60), ("dev", 0.14), ("test", 0.26))
NEAR = 0.6
"""Jaccard similarity of content words from which two texts nearly repeat each other."""
_STOP = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "but",
        "by",
        "can",
        "could",
        "do",
        "does",
        "for",
        "from",
        "get",
        "give",
        "have",
        "how",
        "i",
        "in",
        "into",
        "is",
        "it",
        "me",
        "my",
        "of",
        "on",
        "or",
        "our",
        "out",
        "should",
        "so",
        "some",
        "tell",
        "that",
        "the",
        "their",
        "them",
        "they",
        "this",
        "to",
        "up",
        "use",
        "was",
        "we",
        "what",
        "when",
        "where",
        "which",
        "who",
        "why",
        "will",
        "with",
        "would",
        "you",
        "your",
        "write",
        "explain",
        "describe",
        "best",
        "way",
        "someone",
        "somebody",
        "without",
    ]
)


def assign_splits(groups: Mapping[str, Sequence[str]]) -> dict[str, Split]:
    """Group name to split, given each group's texts."""
    unit = _units(groups)
    return {name: split_of(unit[name]) for name in groups}


def split_of(unit: str) -> Split:
    """The split that belongs to a unit's name."""
    place = int.from_bytes(hashlib.sha256(unit.encode()).digest()[:8], "big") / 2**64
    for split, share in SHARES:
        if place < share:
            return split
        place -= share
    return "test"


def content_words(text: str) -> frozenset[str]:
    """The words of `text` that carry meaning, in lower case."""
    return frozenset(word for word in re.findall(r"[a-z']+", text.lower()) if word not in _STOP and len(word) > 1)


def _units(groups: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Each group's unit: the smallest name among the groups that it is linked to, over any number of links."""
    parent = {name: name for name in groups}

    def root(name: str) -> str:
        while parent[name] != name:
            name = parent[name]
        return name

    for one, other in _near_pairs(groups):
        first, second = sorted((root(one), root(other)))
        parent[second] = first
    return {name: root(name) for name in groups}


def _near_pairs(groups: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    texts = [(name, content_words(text)) for name, each in groups.items() for text in each]
    holders: dict[str, list[int]] = defaultdict(list)
    pairs: list[tuple[str, str]] = []
    for number, (name, words) in enumerate(texts):
        shared: dict[int, int] = defaultdict(int)
        for word in words:
            for other in holders[word]:
                shared[other] += 1
            holders[word].append(number)
        pairs += [
            (texts[other][0], name)
            for other, count in shared.items()
            if texts[other][0] != name and count >= NEAR * len(words | texts[other][1])
        ]
    return pairs
