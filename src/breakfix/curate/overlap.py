"""When two texts say the same: shingles, word n-grams and their overlap."""

from collections.abc import Sequence

from breakfix.canonical import canonical, words

SHINGLE = 3
"""Words per shingle."""


def shingles(text: str) -> frozenset[str]:
    """All runs of three words of `text`; a shorter text is its own single shingle."""
    return ngrams(words(text), SHINGLE) or frozenset({canonical(text)})


def ngrams(tokens: Sequence[str], size: int) -> frozenset[str]:
    """All runs of `size` words; empty for fewer words."""
    return frozenset(" ".join(tokens[start : start + size]) for start in range(len(tokens) - size + 1))


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """Shared part of two sets, 0 to 1; 1 for two empty ones."""
    union = len(one | other)
    return len(one & other) / union if union else 1.0


def similarity(one: str, other: str) -> float:
    """Jaccard similarity of the word 3-shingles of two texts, 0 to 1."""
    return jaccard(shingles(one), shingles(other))
