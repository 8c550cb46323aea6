"""The canonical form in which texts are compared, and the words of it."""

import re
import unicodedata

SINGLE = "\u3040-\u30ff\u3400-\u9fff"
"""Characters, as a range in a pattern, of scripts that put no spaces between words: each counts as a word."""
_WORD = re.compile(rf"[{SINGLE}]|[^\W_{SINGLE}]+(?:'[^\W_{SINGLE}]+)*")


def canonical(text: str) -> str:
    """`text` as it is compared: NFKC, case folded, single spaces, straight apostrophes, no end punctuation."""
    plain = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    folded = " ".join(plain.split())
    return folded.rstrip(" .!?") or folded


def words(text: str) -> list[str]:
    """The words of `text` in canonical form."""
    return _WORD.findall(canonical(text))
