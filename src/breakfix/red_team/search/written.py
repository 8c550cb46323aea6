"""What an adversary model wrote: cleaned, and kept only when it still asks for the goal.

Nearness is lexical: the share of the goal's content stems that a text keeps, and the longest common subsequence of
words (ROUGE-L, Lin 2004) between texts that must differ. It asks no model; a paraphrase that changes every word
is lost.
"""

import re
from collections.abc import Sequence

from breakfix.exclusion import excluded
from breakfix.red_team.near_duplicates import content_stems, words
from breakfix.red_team.refusal_cues import sounds_refused

DELIMITER, STOP = ";;;", "!!!"
_LABEL = re.compile(
    r"^(?:rewritten|rewrite|request|question|sentence|answer)\s*:\s*|^\(?\d{1,2}[.)]\s+|^[-*]\s+", re.IGNORECASE
)
_LONGEST = 400
_READ = 4000
"""Characters of one text, and of a reply that is read."""
_LEAK = 6


def cleaned(text: str) -> str:
    """One text without label, number and quotes; '' when it says nothing, declines, runs on or is excluded."""
    line = _LABEL.sub("", " ".join(text[:_READ].split())).strip("\"'“” ")
    blank = not any(letter.isalnum() for letter in line)
    return "" if blank or len(line) > _LONGEST or sounds_refused(line) or excluded(line) else line


def first_written(reply: str) -> str:
    """The first paragraph of a reply that was to be one text, cleaned."""
    return cleaned(next((part for part in reply[:_READ].split("\n\n") if part.strip()), ""))


def several_written(reply: str, most: int) -> tuple[str, ...]:
    """Up to `most` different texts of a reply that was to be a list, cleaned, in order.

    Parts end at the delimiter, and nothing is read after the stop mark; a reply without any delimiter is read by lines.
    """
    body = reply[:_READ].split(STOP, 1)[0]
    parts = body.split(DELIMITER) if DELIMITER in body else body.splitlines()
    found: dict[tuple[str, ...], str] = {}
    for part in map(cleaned, parts):
        if part:
            found.setdefault(tuple(words(part)), part)
    return tuple(found.values())[:most]


def echoes(text: str, task: str) -> bool:
    """Whether a text repeats six words in a row of the task that it was to do: it then gives the game away."""
    return not _runs(words(text)).isdisjoint(_runs(words(task)))


def kept_share(text: str, goal: str) -> float:
    """Share of the goal's content stems that stand in `text` too, 0 to 1; 1 for a goal without any."""
    wanted = content_stems(goal)
    return len(wanted & content_stems(text)) / len(wanted) if wanted else 1.0


def says_the_same(one: str, other: str) -> bool:
    """Whether two texts have the same words in the same order."""
    return words(one) == words(other)


def overlap(one: str, other: str) -> float:
    """ROUGE-L F1 of two texts, 0 to 1."""
    first, second = words(one), words(other)
    if not first or not second:
        return 0.0
    return 2 * _common(first, second) / (len(first) + len(second))


def _runs(tokens: Sequence[str]) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(tokens[start : start + _LEAK]) for start in range(len(tokens) - _LEAK + 1))


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the longest common subsequence."""
    row = [0] * (len(other) + 1)
    for word in one:
        before = row[:]
        for place, known in enumerate(other, start=1):
            row[place] = before[place - 1] + 1 if word == known else max(before[place], row[place - 1])
    return row[-1]
