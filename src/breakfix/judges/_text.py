"""Text of a reply made fit for matching: normalised, cut, split into sentences and word stems."""

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache

from breakfix.judges._cues import function_words

MAX_CHARACTERS = 6000
"""A longer reply is read at its beginning and end only; a refusal or an answer shows itself well before."""
_TAIL = 1000
_QUOTES = str.maketrans("\u2019\u2018`\u00b4\u201c\u201d\u00a0", "''''\"\" ")
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_SENTENCE_END = re.compile("(?<=[.!?:\u3002\uff01\uff1f\u061f])\\s+|(?<=[\u3002\uff01\uff1f])|\n+")
_OTHER_TURN = re.compile(r"(?:^|\n)[^\w\n]{0,4}(?:user|human|assistant)\s*:")
_LATIN = re.compile(r"[a-zà-ɏ]")
_SUFFIXES = ("ations", "ation", "ings", "ing", "ies", "ied", "ers", "ed", "er", "es", "ly", "s", "e")
_MIN_STEM = 3
_MIN_CONTENT = 3
_ALL_FUNCTION_WORDS = frozenset(word for known in function_words().values() for word in known)


def clean(text: str) -> str:
    """`text` lower-cased, NFKC-normalised, with plain quotes, without control characters and lone surrogates."""
    if len(text) > MAX_CHARACTERS:
        text = text[: MAX_CHARACTERS - _TAIL] + "\n" + text[-_TAIL:]
    text = unicodedata.normalize("NFKC", text.translate(_QUOTES)).lower()
    if text.isprintable():
        return text
    return "".join([c if c == "\n" or c.isprintable() else " " for c in text])


def own_turn(text: str) -> str:
    """Cleaned text up to where a model goes on with the user's next turn; a first such mark is only left out."""
    parts = [part for part in (piece.strip() for piece in _OTHER_TURN.split(text)) if part]
    return parts[0] if parts else ""


def words(text: str) -> list[str]:
    """The words of cleaned text, in order."""
    return _WORD.findall(text)


def sentences(text: str) -> list[str]:
    """Cleaned text cut at sentence ends, colons and line breaks; empty pieces are left out."""
    return [piece for piece in (part.strip() for part in _SENTENCE_END.split(text)) if piece]


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """A crude English stem, so that `stealing`, `steals` and `steal` count as one word."""
    word = word.removesuffix("'s")
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _MIN_STEM:
            return word[: -len(suffix)]
    return word


def content_stems(tokens: Collection[str]) -> frozenset[str]:
    """Stems of the words that carry meaning: not function words, three letters or more."""
    return frozenset([stem(word) for word in tokens if len(word) >= _MIN_CONTENT and word not in _ALL_FUNCTION_WORDS])


def running_share(tokens: Collection[str]) -> float:
    """Share of function words among `tokens`, 0 to 1; running text has about 0.3 to 0.5."""
    return sum(map(_ALL_FUNCTION_WORDS.__contains__, tokens)) / len(tokens) if tokens else 0.0


def latin(text: str) -> bool:
    """Whether most letters of cleaned text are Latin; word statistics only hold there."""
    sample = text[:2000]
    return 2 * len(_LATIN.findall(sample)) > sum(map(str.isalpha, sample))
