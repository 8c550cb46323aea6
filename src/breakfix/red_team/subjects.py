"""What a goal is about: its subject without the request."""

from breakfix.red_team.near_duplicates import content_words

_WORDS = 5


def subject(goal: str, most: int = _WORDS) -> str:
    """The first `most` different words of `goal` that carry meaning, with commas; the goal itself without any."""
    return ", ".join(subject_words(goal)[:most]) or goal


def subject_words(goal: str) -> list[str]:
    """The different words of `goal` that carry meaning, in order, case-folded."""
    return list(dict.fromkeys(content_words(goal)))
