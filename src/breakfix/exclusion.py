"""Refuses anything sexual about minors: no such goal is loaded, no such prompt is sent.

The rule is coarse on purpose: a word for a minor near a word for sex is enough, whatever the text says about them.
Losing a harmless goal costs little. What is refused is counted, never shown, never rewritten or translated.
"""

import re
import tomllib
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from pathlib import Path

NEAR = 200
"""Characters within which a word for a minor and a word for sex count as belonging together."""
EXCLUDED = "excluded: sexual content about minors is never loaded, sent or generated"
"""Reason on what was refused; says nothing of the text."""

_TERMS = Path(__file__).with_name("exclusion_terms.toml")
_NUMBERS = "|".join(
    (
        *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
        *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
    )
)
_AGE = rf"(?:[1-9]|1[0-7]|{_NUMBERS})"
_AGES = (
    rf"\b{_AGE}[\s-]*(?:years?|yrs?)[\s-]*olds?\b|\b(?:[1-9]|1[0-7]) ?y/?o\b|\baged? {_AGE}\b|"
    rf"\b(?:[1-9]|1[0-7])[- ]jahr\w*|\b(?:[1-9]|1[0-7]) ?(?:岁|歳|才|лет)|"
    rf"\b(?:[1-9]|1[0-7]) (?:ans|anos|anni|jaar)\b"
)
_WORD = re.compile(r"\w+")
_NOT_SEXUAL = ("sexis",)
_LEET = str.maketrans("013457@$!", "oieastasi")
_LEET_LETTERS = re.compile("[013457@$!]")
_SPACED_OUT = re.compile(r"\b\w([\s.\-_*])(?:\w\1)+\w\b")
_SEPARATORS = re.compile(r"[\s.\-_*]")
_LONGEST_KNOWN = 32
_MOST_KNOWN = 1 << 16
_MARKS = frozenset({"Mn", "Mc", "Me", "Cf"})
"""Categories of accents and other marks, and of characters that format."""

Span = tuple[int, int]


def excluded(text: str) -> bool:
    """Whether `text` is refused; also looks through leetspeak, spaced-out letters, accents and invisible characters."""
    plain = _plain(text)
    joined = _SPACED_OUT.sub(lambda found: _SEPARATORS.sub("", found.group()), plain)
    spelt = joined.translate(_LEET) if _LEET_LETTERS.search(joined) else joined
    return any(_hit(form) for form in dict.fromkeys((plain, joined, spelt)))


def readings(text: str) -> str:
    """`text` as it is looked at, plainly and, if that differs, as leetspeak."""
    plain = _plain(text)
    spelt = plain.translate(_LEET)
    return plain if spelt == plain else f"{plain}\n{spelt}"


@lru_cache(maxsize=1)
def suspicious() -> str:
    """An RE2 expression that is found in the `readings` of every text that is refused, and of some others."""
    tables = tomllib.loads(_TERMS.read_text(encoding="utf-8"))
    words, phrases = (
        [re.escape(_plain(term).rstrip("*")) for name in ("alone", "sexual") for term in tables[name][kind]]
        for kind in ("words", "phrases")
    )
    letter = r"[\pL\pN_]"
    spaced_out = rf"{letter}[\s.\-_*]{letter}[\s.\-_*]{letter}"
    return rf"(?:^|[^\pL\pN_])(?:{'|'.join(words)}|{spaced_out}(?:[^\pL\pN_]|$))|{'|'.join(phrases)}"


@dataclass(frozen=True, slots=True)
class Terms:
    """A list of terms, ready to be found fast."""

    whole: frozenset[str]
    beginnings: tuple[str, ...]
    texts: tuple[str, ...]
    """What `phrases` is made of, an expression for ages left out."""
    ascii_texts: tuple[str, ...]
    phrases: re.Pattern[str]

    def holds(self, word: str) -> bool:
        """Whether `word` is one of the terms."""
        return word in self.whole or word.startswith(self.beginnings)

    def spans(self, text: str, words: Iterable[re.Match[str]]) -> Iterator[Span]:
        """Where a term stands in `text`, whose words are given."""
        for word in words:
            if self.holds(word.group()):
                yield word.span()
        for found in self.phrases.finditer(text):
            yield found.span()


def _hit(text: str) -> bool:
    return _worth_a_look(text) and _looked_at(text)


def _worth_a_look(text: str) -> bool:
    """Whether any term stands in `text` without which nothing is refused; most texts hold none."""
    alone, _, sexual = _terms()
    if any(map(_ALARMING.__getitem__, _WORD.findall(text))):
        return True
    if text.isascii():
        return any(phrase in text for terms in (alone, sexual) for phrase in terms.ascii_texts)
    return any(phrase in text for terms in (alone, sexual) for phrase in terms.texts)


class _Alarming(dict[str, bool]):
    """Word to whether it is refused alone or names sex; the words of a language come again and again."""

    def __missing__(self, word: str) -> bool:
        alone, _, sexual = _terms()
        found = not word.startswith(_NOT_SEXUAL) and (alone.holds(word) or sexual.holds(word))
        if len(word) <= _LONGEST_KNOWN and len(self) < _MOST_KNOWN:  # longer ones are no words and do not come again
            self[word] = found
        return found


_ALARMING = _Alarming()


def _looked_at(text: str) -> bool:
    alone, minor, sexual = _terms()
    words = [word for word in _WORD.finditer(text) if not word.group().startswith(_NOT_SEXUAL)]
    if any(alone.spans(text, words)):
        return True
    places = sorted(sexual.spans(text, words))
    return bool(places) and _near(minor.spans(text, words), places)


def _near(spans: Iterable[Span], places: Sequence[Span]) -> bool:
    """Whether one of `spans` lies within NEAR of one of `places`, which are sorted; both may be very many."""
    begins = [begin for begin, _ in places]
    furthest = list(accumulate((end for _, end in places), max))
    for begin, end in spans:
        before = bisect_right(begins, end + NEAR)
        if before and furthest[before - 1] + NEAR >= begin:
            return True
    return False


def _plain(text: str) -> str:
    """Case-folded, compatibility forms resolved, without accents and invisible characters."""
    if text.isascii():
        return text.lower()
    letters = unicodedata.normalize("NFKD", text.casefold())
    if letters.isascii():
        return letters
    invisible = [letter for letter in set(letters) if unicodedata.category(letter) in _MARKS]
    return letters.translate(dict.fromkeys(map(ord, invisible))) if invisible else letters


@lru_cache(maxsize=1)
def _terms() -> tuple[Terms, Terms, Terms]:
    """What is refused alone, what names a minor, what names sex."""
    tables = tomllib.loads(_TERMS.read_text(encoding="utf-8"))
    return (
        _compiled(**tables["alone"]),
        _compiled(**tables["minor"], pattern=_AGES),
        _compiled(**tables["sexual"]),
    )


def _compiled(words: Sequence[str], phrases: Sequence[str], pattern: str = "") -> Terms:
    plain = [_plain(word) for word in words]
    texts = tuple(map(_plain, phrases))
    alternatives = list(map(re.escape, texts))
    return Terms(
        whole=frozenset(word for word in plain if not word.endswith("*")),
        beginnings=tuple(word.removesuffix("*") for word in plain if word.endswith("*")),
        texts=texts,
        ascii_texts=tuple(filter(str.isascii, texts)),
        phrases=re.compile("|".join([*alternatives, pattern] if pattern else alternatives)),
    )
