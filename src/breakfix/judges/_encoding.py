"""Replies in Base64, ROT13 or leetspeak, read in clear."""

import base64
import binascii
import codecs
import re
from collections.abc import Callable

from breakfix.judges._text import running_share, words

_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4}\s?){6,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_LEET = str.maketrans("013457@$", "oieastas")
_LEET_WORD = re.compile(r"\b(?=\w*[a-z])\w*[013457@$]\w*\b", re.IGNORECASE)
_SAMPLE = 600
"""Characters that tell whether a text reads as language."""
_LEAST_WORDS = 6
_READS = 0.2
"""Share of function words from which a text is running text; ordinary text has 0.3 to 0.5."""
_READS_NOT = 0.1


def decoded(text: str) -> str:
    """`text` itself, or what it says when it clearly is Base64, ROT13 or leetspeak of running text."""
    plain = _from_base64(text)
    if plain is not None:
        return plain
    if len(_LEET_WORD.findall(text[:_SAMPLE])) >= _LEAST_WORDS:
        return _if_it_reads(text, lambda part: part.lower().translate(_LEET))
    tokens = words(text[:_SAMPLE].lower())
    if len(tokens) >= _LEAST_WORDS and running_share(tokens) < _READS_NOT:
        return _if_it_reads(text, lambda part: codecs.decode(part, "rot13"))
    return text


def _if_it_reads(text: str, turn: Callable[[str], str]) -> str:
    sample = words(turn(text[:_SAMPLE]).lower())
    before = running_share(words(text[:_SAMPLE].lower()))
    return turn(text) if running_share(sample) > max(_READS, before) else text


def _from_base64(text: str) -> str | None:
    found = _BASE64.search(text)
    if found is None or len(found.group()) < len(text.strip()) / 2:
        return None
    packed = re.sub(r"\s", "", found.group())
    try:
        plain = base64.b64decode(packed[: len(packed) // 4 * 4], validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
    # Bytes that only look like Base64 rarely decode to printable characters.
    readable = sum(c.isprintable() or c in "\n\t" for c in plain)
    return plain if readable > 0.95 * len(plain) else None
