"""The same request in another sentence: frames for questions, orders and statements, from `sentences.toml`.

Rules that stand for models: SCPN (Iyyer et al., NAACL 2018) paraphrases into given syntactic templates, T3 (Wang et
al., EMNLP 2020) moves parts of the tree, AdvFever (Thorne et al., EMNLP 2019) rewrites by rules that keep the meaning.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Literal, NamedTuple

Kind = Literal["question", "order", "statement"]
Style = Literal["scpn", "adv_fever", "temporal", "negation", "numerical"]

_PRONOUN = "i|you|we|one|someone|somebody|people|they"
_QUESTION = re.compile(
    rf"(?:(?:tell me|explain|show me|describe)?\s*how (?:(?:do|can|could|would|should|might) (?:{_PRONOUN})|to)"
    r"|what is the (?:best|easiest|safest) way to)\s+(?P<act>.+)",
    re.IGNORECASE | re.DOTALL,
)
_ORDERS = (
    "write explain give tell describe list create make show provide develop teach suggest draft produce generate "
    "outline design compose help name translate summarise summarize recommend build invent"
)
_ORDER = re.compile(rf"(?:please\s+)?(?P<act>(?:{'|'.join(_ORDERS.split())})\b.+)", re.IGNORECASE | re.DOTALL)
_END = re.compile(r"[\s.?!]+$")
_PLACE = re.compile(
    r"(?P<head>.*\w\S*)\s+(?P<tail>(?:at|in|on|with|without|after|before|during|near|for|from) (?:\S+\s+){0,4}\S+)$",
    re.DOTALL,
)
_PAIR = re.compile(r"\b(?P<one>[^\W\d_]{3,}) (?P<link>and|or) (?P<other>[^\W\d_]{3,})\b")
_NUMBERS = (7, 990)


class _Read(NamedTuple):
    kind: Kind
    act: str
    """What is to be done, or is the case, without end punctuation."""


def framed(text: str, style: Style, rng: Random) -> str | None:
    """`text` in a randomly drawn frame of `style`; None for a blank text."""
    read = _read(text)
    if not read.act:
        return None
    frames = _frames()[style]
    chosen = rng.choice(list(frames.get("any", ())) or list(frames[read.kind]))
    low = rng.randint(*_NUMBERS)
    texts = {
        "text": text.strip(),
        "act": read.act,
        "Act": read.act[:1].upper() + read.act[1:],
        "low": str(low),
        "high": str(low + rng.randint(1, 9)),
    }
    return re.sub(r"\{(\w+)\}", lambda found: texts.get(found[1], found[0]), chosen)


def reordered(text: str) -> str | None:
    """`text` with its last adverbial phrase in front, or two joined words swapped; None where it has neither."""
    bare = _END.sub("", text)
    end = text[len(bare) :].strip() or "."
    found = _PLACE.fullmatch(bare)
    if found:
        head, tail = found["head"], found["tail"]
        return f"{tail[:1].upper()}{tail[1:]}, {_lowered(head)}{end}"
    swapped = _PAIR.sub(lambda pair: f"{pair['other']} {pair['link']} {pair['one']}", text, count=1)
    return swapped if swapped != text else None


def _read(text: str) -> _Read:
    bare = _END.sub("", text.strip())
    question = _QUESTION.fullmatch(bare)
    if question:
        return _Read("question", question["act"])
    order = _ORDER.fullmatch(bare)
    return _Read("order", _lowered(order["act"])) if order else _Read("statement", _lowered(bare))


def _lowered(text: str) -> str:
    """With a small first letter, unless the first word is a name, an abbreviation or `I`."""
    first = text.split(maxsplit=1)[0] if text.split() else ""
    plain = first[:1].isupper() and first[1:].islower()
    return text[:1].lower() + text[1:] if plain and first not in ("I", "I'm") else text


@cache
def _frames() -> Mapping[str, Mapping[str, Sequence[str]]]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
