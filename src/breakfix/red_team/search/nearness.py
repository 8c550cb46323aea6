"""How near two texts are by their words; asks no model, so that a paraphrase which changes every word counts as far.

The share of the goal's content stems that a text keeps, and the longest common subsequence of words (ROUGE-L, Lin
2004) between texts that must differ.
"""

from collections.abc import Sequence

from breakfix.red_team.near_duplicates import content_stems, words


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


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the longest common subsequence."""
    row = [0] * (len(other) + 1)
    for word in one:
        before = row[:]
        for place, known in enumerate(other, start=1):
            row[place] = before[place - 1] + 1 if word == known else max(before[place], row[place - 1])
    return row[-1]
