"""Which texts say nearly the same: shared word runs, or shared content in shared wording.

Two texts are near-duplicates when, after case folding and without punctuation, they
- have the same words in the same order, or
- share a run of 8 words, or
- have content stems with a Jaccard similarity of 0.6 or more, and either share 3 of them or have word 3-shingles with a
  Jaccard similarity of 0.5 or more ("How do I pick a lock?" and "How do I pick a melon?" share a frame, not a wish).
Words without content are known for English. In texts of another language the words that many of them share count as
such (`frame_words`), and a shared run must hold some others: otherwise "how can I use" would join everything.
Every rule is exact: no hashing, no sampling, no dependence on the order of the texts.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from functools import lru_cache
from typing import TypeVar

RUN = 8
"""Words in a row that count as copied."""
SHINGLE = 3
SHINGLE_SIMILARITY = 0.5
CONTENT_SIMILARITY = 0.6
CONTENT_SHARED = 3
FRAME_SHARE = 0.02
"""Share of the texts of a language that a word without content stands in."""
FRAME_TEXTS = 5
"""Texts that it stands in at least."""

T = TypeVar("T", bound=Hashable)

_MARKS = "".join(re.escape(chr(code)) for code in range(0x300, 0x3000) if unicodedata.category(chr(code))[0] == "M")
"""Vowel signs and other marks: without them a word of Hindi or Bengali would fall into its consonants."""
_WORD = re.compile(
    f"[\u3040-\u30ff\u3400-\u9fff]|[^\\W_](?:[^\\W_\u3040-\u30ff\u3400-\u9fff]|[{_MARKS}])*"
    f"(?:['’][^\\W_](?:[^\\W_]|[{_MARKS}])*)*"
)
"""A word, or one character of a script that puts no spaces between words."""
_FUNCTION_WORDS = (
    "a about all an and any are as at be been being best but by can could did do does else explain describe for from "
    "get give had has have help her here him his how i if in into is it its make may me might must my need no not of "
    "off on or our out over please shall she should show so some tell than that the their them then there these they "
    "this those to up us want was way we were what when where which who whom whose why will with without would write "
    "you your he"
)
_WITHOUT_CONTENT = frozenset(_FUNCTION_WORDS.split())
_ENDINGS = ("ing", "ies", "ied", "ed", "es", "'s", "’s", "s", "e")
_SHORTEST_STEM = 3


def near_duplicates(texts: Sequence[str], frame: frozenset[str] = frozenset()) -> Iterator[tuple[int, int]]:
    """Pairs (lower, higher) of positions that are near-duplicates; a pair may come twice.

    `frame` are words of these texts that carry no content, beside the English ones. Of texts that share one run
    of words only the pairs with the first of them come, enough to join them all.
    """
    split = [words(text) for text in texts]
    stems = [content_stems(text) - frame for text in texts]
    yield from _sharing_a_run(split, frame)
    yield from _similar(stems, CONTENT_SIMILARITY, at_least=CONTENT_SHARED)
    for one, other in _similar([_shingles(each) for each in split], SHINGLE_SIMILARITY, at_least=1):
        if split[one] == split[other] or jaccard(stems[one], stems[other]) >= CONTENT_SIMILARITY:
            yield one, other


def frame_words(texts: Sequence[str]) -> frozenset[str]:
    """The words, and their stems, that stand in so many of `texts` that they say nothing about any one of them."""
    common = Counter(word for text in texts for word in set(words(text)))
    least = max(FRAME_TEXTS, FRAME_SHARE * len(texts))
    found = frozenset(word for word, count in common.items() if count >= least)
    return found | frozenset(map(_stem, found))


def words(text: str) -> list[str]:
    """The words of `text`, case-folded, without punctuation; a CJK character counts as a word."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def content_words(text: str) -> list[str]:
    """The words of `text` that carry meaning, in order."""
    return [word for word in words(text) if word not in _WITHOUT_CONTENT]


def content_stems(text: str) -> frozenset[str]:
    """Stems of the words of `text` that carry meaning."""
    return frozenset(map(_stem, content_words(text)))


def jaccard(one: frozenset[T], other: frozenset[T]) -> float:
    """Shared part of two sets, 0 to 1; 0 when both are empty."""
    union = len(one | other)
    return len(one & other) / union if union else 0.0


@lru_cache(maxsize=65536)
def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word[: -len(ending)]
    return word


def _shingles(tokens: Sequence[str]) -> frozenset[tuple[str, ...]]:
    runs = frozenset(tuple(tokens[start : start + SHINGLE]) for start in range(len(tokens) - SHINGLE + 1))
    return runs or frozenset({tuple(tokens)} if tokens else ())


def _sharing_a_run(texts: Sequence[Sequence[str]], frame: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Pairs of texts with a run in common, of which in another language than English some words carry content."""
    first: dict[tuple[str, ...], int] = {}
    for number, tokens in enumerate(texts):
        for start in range(len(tokens) - RUN + 1):
            run = tuple(tokens[start : start + RUN])
            holder = first.setdefault(run, number)
            if holder != number and (not frame or len(set(run) - frame) >= CONTENT_SHARED):
                yield holder, number


def _similar(sets: Sequence[frozenset[T]], threshold: float, *, at_least: int) -> Iterator[tuple[int, int]]:
    """All pairs with a Jaccard similarity of `threshold` and `at_least` shared elements.

    Prefix filtering (Bayardo, Ma and Srikant, WWW 2007): two sets as similar as `threshold` share one of their rarest
    elements, so only those are indexed.
    """
    frequency = Counter(element for each in sets for element in each)
    index: dict[T, list[int]] = {}
    for number, own in enumerate(sets):
        rarest_first = sorted(own, key=lambda element: (frequency[element], repr(element)))
        prefix = rarest_first[: len(own) - math.ceil(threshold * len(own)) + 1]
        for other in sorted({other for element in prefix for other in index.get(element, ())}):
            if len(own & sets[other]) >= at_least and jaccard(own, sets[other]) >= threshold:
                yield other, number
        for element in prefix:
            index.setdefault(element, []).append(number)
