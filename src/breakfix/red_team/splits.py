"""Train, dev and test: a stable hash decides for whole groups, and groups that say nearly the same stay together.

A group's split follows from its name alone, so that adding groups moves no other. Groups that are near-duplicates of
one another form a unit, and the unit's lexicographically smallest group name decides for all of them: otherwise a goal
would be trained on and measured under two names.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence

from breakfix.records import Goal, Split
from breakfix.red_team.near_duplicates import content_stems, frame_words, jaccard, near_duplicates, words

_NAME_SIMILARITY = 0.5
_NAME_SHARED = 2
_NAME_WORD = re.compile(r"[^\W\d_]{3,}")
_HASH_SPACE = 2**64
_UPPER: tuple[tuple[Split, float], ...] = (("train", 0.60), ("dev", 0.74), ("test", 1.0))
"""Where each split ends on the line from 0 to 1."""


def split_of(unit: str) -> Split:
    """The split of a unit, from its name alone."""
    position = int.from_bytes(hashlib.sha256(unit.encode("utf-8", "surrogatepass")).digest()[:8]) / _HASH_SPACE
    return next(split for split, upper in _UPPER if position <= upper)


def assign_splits(goals: Sequence[Goal]) -> tuple[Goal, ...]:
    """`goals` in their order, each with the split of its unit; doing it twice, or in another order, changes nothing.

    Goal sets that are used together must be passed together, or near-duplicates across them may be torn apart.
    """
    unit_of = units(goals)
    return tuple(goal.model_copy(update={"split": split_of(unit_of[goal.group])}) for goal in goals)


def units(goals: Sequence[Goal]) -> dict[str, str]:
    """Group to unit: the smallest name among the groups that are joined by near-duplicate texts or names.

    Texts are compared with texts of the same intent: a look-alike shares its words with a harmful goal on purpose.
    """
    parent = {goal.group: goal.group for goal in goals}

    def root(group: str) -> str:
        while parent[group] != group:
            parent[group] = parent[parent[group]]
            group = parent[group]
        return group

    for one, other in linked_groups(goals):
        low, high = sorted((root(one), root(other)))
        parent[high] = low
    return {group: root(group) for group in parent}


def linked_groups(goals: Iterable[Goal]) -> Iterator[tuple[str, str]]:
    """Pairs of different groups that must share a split; a pair may come more than once."""
    goals = sorted(goals, key=lambda goal: (goal.group, goal.id))
    for intent in ("harmful", "benign"):
        same = [goal for goal in goals if goal.intent == intent]
        for language in sorted({goal.language for goal in same}):
            yield from _linked_texts([goal for goal in same if goal.language == language], language)
        yield from _same_words(same)
    yield from _linked_names(sorted({goal.group for goal in goals}))


def _linked_texts(goals: Sequence[Goal], language: str) -> Iterator[tuple[str, str]]:
    texts = [goal.text for goal in goals]
    frame = frozenset[str]() if language == "en" else frame_words(texts)
    for one, other in near_duplicates(texts, frame):
        if goals[one].group != goals[other].group:
            yield goals[one].group, goals[other].group


def _same_words(goals: Sequence[Goal]) -> Iterator[tuple[str, str]]:
    """Groups with the same text, whatever language each says that it is in."""
    first: dict[tuple[str, ...], str] = {}
    for goal in goals:
        said = tuple(words(goal.text))
        group = first.setdefault(said, goal.group)
        if said and group != goal.group:
            yield group, goal.group


def _linked_names(groups: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Groups whose names share two content words or more, with a Jaccard similarity of 0.5, name one topic."""
    by_word: dict[str, list[int]] = {}
    stems = [_name_stems(group) for group in groups]
    for number, own in enumerate(stems):
        for other in sorted({other for stem in own for other in by_word.get(stem, ())}):
            shared = len(own & stems[other])
            if shared >= _NAME_SHARED and jaccard(own, stems[other]) >= _NAME_SIMILARITY:
                yield groups[other], groups[number]
        for stem in own:
            by_word.setdefault(stem, []).append(number)


def _name_stems(group: str) -> frozenset[str]:
    name = group.rpartition("/")[2]
    return content_stems(" ".join(_NAME_WORD.findall(name)))
