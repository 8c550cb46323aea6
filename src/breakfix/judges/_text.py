"""Text of a reply made fit for matching: normalised, cut, decoded, split into sentences and word stems."""

import base64
import binascii
import codecs
import re
import unicodedata
from functools import lru_cache

from breakfix.judges._cues import function_words

MAX_CHARACTERS = 6000
"""A longer reply is read at its beginning and end only; a refusal or an answer shows itself well before."""
_TAIL = 1000
_QUOTES = str.maketrans("\u2019\u2018`\u00b4\u201c\u201d\u00a0", "''''\"\" ")
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_SENTENCE_END = re.compile("(?<=[.!?:\u3002\uff01\uff1f\u061f])\\s+|(?<=[\u3002\uff01\uff1f])|\n+")
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4}\s?){6,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_MIN_STEM = 3
_MIN_CONTENT = 3
_LATIN = re.compile(r"[a-zà-ÿ]")

FUNCTION_WORDS = function_words()


def clean(text: str) -> str:
    """`text` lower-cased, NFKC-normalised, with plain quotes, without control characters and lone surrogates."""
    if len(text) > MAX_CHARACTERS:
        text = text[: MAX_CHARACTERS - _TAIL] + "\n" + text[-_TAIL:]
    text = unicodedata.normalize("NFKC", text.translate(_QUOTES)).lower()
    if text.isprintable():
        return text
    return "".join(c if c == "\n" or c.isprintable() else " " for c in text)


def words(text: str) -> list[str]:
    """The words of cleaned text, in order."""
    return _WORD.findall(text)


def sentences(text: str) -> list[str]:
    """Cleaned text cut at sentence ends and line breaks; empty pieces are left out."""
    return [piece for piece in (part.strip() for part in _SENTENCE_END.split(text)) if piece]


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """A crude English stem, so that `stealing`, `steals` and `steal` count as one word."""
    word = word.removesuffix("'s")
    for suffix in ("ations", "ation", "ings", "ing", "ies", "ied", "ers", "ed", "er", "es", "ly", "s", "e"):
        if word.endswith(suffix) and len(word) - len(suffix) >= _MIN_STEM:
            return word[: -len(suffix)]
    return word


def content_stems(tokens: list[str]) -> frozenset[str]:
    """Stems of the words that carry meaning: not function words, three letters or more."""
    return frozenset(stem(word) for word in tokens if len(word) >= _MIN_CONTENT and word not in FUNCTION_WORDS)


def running_share(tokens: list[str]) -> float:
    """Share of function words among `tokens`, 0 to 1; running text has about 0.3 to 0.5."""
    return sum(token in FUNCTION_WORDS for token in tokens) / len(tokens) if tokens else 0.0


def decoded(text: str) -> str:
    """`text` itself, or what it says when it clearly is Base64 or ROT13 of running text."""
    plain = _from_base64(text)
    if plain is not None:
        return plain
    tokens = words(text.lower()[:600])
    if len(tokens) >= 6 and running_share(tokens) < 0.1:  # noqa: PLR2004 - text in clear has three times as many
        turned = codecs.decode(text, "rot13")
        if running_share(words(turned.lower()[:600])) > 0.2:  # noqa: PLR2004 - so it reads as text only when turned
            return turned
    return text


def latin(text: str) -> bool:
    """Whether most letters of cleaned text are Latin; word statistics only hold there."""
    letters = [c for c in text[:2000] if c.isalpha()]
    return bool(letters) and sum(bool(_LATIN.match(c)) for c in letters) > len(letters) / 2


def _from_base64(text: str) -> str | None:
    found = _BASE64.search(text)
    if found is None or len(found.group()) < len(text.strip()) / 2:
        return None
    packed = re.sub(r"\s", "", found.group())
    try:
        plain = base64.b64decode(packed[: len(packed) // 4 * 4], validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
    readable = sum(c.isprintable() or c in "\n\t" for c in plain)
    return plain if readable > 0.95 * len(plain) else None
