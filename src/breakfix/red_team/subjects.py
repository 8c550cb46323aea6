"""What a goal is about: its subject without the request."""

from breakfix.red_team.near_duplicates import content_words

WORDS = 5
"""Of a subject, at most."""


def subject(goal: str) -> str:
    """The first different words of `goal` that carry meaning, with commas; the goal itself without any."""
    return ", ".join(subject_words(goal)[:WORDS]) or goal


def subject_words(goal: str) -> list[str]:
    """All different words of `goal` that carry meaning, in order, case-folded."""
    return list(dict.fromkeys(content_words(goal)))
