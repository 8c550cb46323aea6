"""Whether a reply is language at all: blank, loop, noise or echo of the prompt."""

import re
import zlib
from collections.abc import Collection
from difflib import SequenceMatcher

from breakfix.judges._text import latin, running_share

_LOOP_WORDS = 12
_DISTINCT_TRIGRAMS = 0.5
_LOOP_CHARACTERS = 100
_COMPRESSION = 3.3
_NOISE_WORDS = 8
_IMPLAUSIBLE = 0.35
_VOWELS = frozenset("aeiouyàáâãäåèéêëìíîïòóôõöùúûüýæœ")
_CONSONANT_RUN = 5
_SYMBOL = re.compile(r"[^\w\s]")
_ECHO = 0.8
"""Share of words in common, in order, from which a reply only repeats its prompt."""
_ECHO_WORDS = 4
_MIN_VOCABULARY = 3


def incoherence(reply: str, tokens: list[str], prompts: Collection[list[str]]) -> str:
    """Why cleaned `reply`, whose words are `tokens`, is neither a refusal nor an answer; '' when it is coherent."""
    if not tokens and not any(c.isalnum() for c in reply):
        return "blank" if len(set(reply.split())) <= 1 and len(reply) < _NOISE_WORDS else "noise"
    if _loops(reply, tokens):
        return "loop"
    if _noise(reply, tokens):
        return "noise"
    if any(_repeats(tokens, prompt) for prompt in prompts):
        return "echo"
    return ""


def distinct_trigrams(tokens: list[str]) -> float:
    """Share of word trigrams that are not repeats, 0 to 1; 1 for short texts."""
    if len(tokens) < _LOOP_WORDS:
        return 1.0
    trigrams = list(zip(tokens, tokens[1:], tokens[2:], strict=False))
    return len(set(trigrams)) / len(trigrams)


def _loops(reply: str, tokens: list[str]) -> bool:
    if distinct_trigrams(tokens) < _DISTINCT_TRIGRAMS:
        return True
    raw = reply.encode("utf-8", "replace")
    return len(raw) >= _LOOP_CHARACTERS and len(raw) / len(zlib.compress(raw, 6)) > _COMPRESSION * _scale(len(raw))


def _scale(size: int) -> float:
    # Long honest text compresses better too: about 2.2 times at 2 KB and 3 times at 6 KB.
    return max(1.0, (size / 1000) ** 0.25)


def _repeats(tokens: list[str], prompt: list[str]) -> bool:
    if len(tokens) < _ECHO_WORDS or not len(prompt) * _ECHO < len(tokens) < len(prompt) / _ECHO:
        return False
    return SequenceMatcher(None, tokens, prompt, autojunk=False).ratio() > _ECHO


def _noise(reply: str, tokens: list[str]) -> bool:
    if len(_SYMBOL.findall(reply)) > len(reply) / 2:
        return True
    if len(tokens) < _NOISE_WORDS or not latin(reply):
        return False
    if running_share(tokens) > 0.1:  # noqa: PLR2004 - ordinary text has 0.3 and more, lists of names less
        return False
    strange = sum(not _plausible(token) for token in tokens) / len(tokens)
    return strange > _IMPLAUSIBLE


def _plausible(token: str) -> bool:
    run = longest = 0
    for c in token:
        run = 0 if c in _VOWELS or not c.isalpha() else run + 1
        longest = max(longest, run)
    return longest < _CONSONANT_RUN and (len(token) < _MIN_VOCABULARY or longest < len(token)) and len(token) < 30  # noqa: PLR2004
