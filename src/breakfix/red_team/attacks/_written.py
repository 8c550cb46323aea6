"""What an adversary model wrote, checked before it is used: no refusal, no echo of its own task."""

import re
from collections.abc import Iterator

from breakfix.red_team.near_duplicates import words
from breakfix.red_team.refusal_cues import sounds_refused

_LEAK = 6
"""Words in a row taken from its own task that make a text useless."""
_LABEL = re.compile(r"^\s*(?:\d+[.)]|[-*•]|(?:translation|question)\s*\d*\s*:)\s*", re.IGNORECASE)


def usable(text: str, instruction: str) -> bool:
    """Whether `text` says something of its own, where `instruction` is the task without what the task is about."""
    return any(map(str.isalnum, text)) and not sounds_refused(text) and not leaks(text, instruction)


def leaks(text: str, instruction: str) -> bool:
    """Whether six words in a row of `instruction` stand in `text`."""
    return not _runs(text).isdisjoint(_runs(instruction))


def clean_lines(text: str) -> Iterator[str]:
    """The lines that are not blank, without numbers, bullets, labels and quotation marks around them."""
    for line in text.splitlines():
        stripped = _LABEL.sub("", line).strip().strip("\"'“”").strip()
        if stripped:
            yield stripped


def _runs(text: str) -> frozenset[tuple[str, ...]]:
    tokens = words(text)
    return frozenset(tuple(tokens[start : start + _LEAK]) for start in range(len(tokens) - _LEAK + 1))
