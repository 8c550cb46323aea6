"""The language of a text, where it is plain to see: by its script, else by its function words (Grefenstette 1995).

It would rather not tell than be wrong, because what it tells may drop a row: short texts, mixtures and languages that
it does not know pass. A trained detector (py3langid, lingua) knows more languages and guesses at short texts too, which
is not wanted here, and would be a dependency of megabytes.
"""

import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from breakfix.canonical import canonical, words
from breakfix.records import Record

_CHARACTERS = 2_000
"""As much of a text as is looked at."""
_LETTERS = 6
"""Fewest letters of a script from which it tells; half of all letters must be of it."""
_FEWEST = 3
"""Fewest different function words that tell."""
_SHARE = 0.15
"""Least share of a text's words that are function words of its language."""
_LEAD = 1.5
"""How many times as many they must be as those of any other language."""
_KANA = 0.1
"""Share of Japanese letters from which a text in Chinese characters is Japanese."""


class Profile(Record):
    """How a language is told."""

    names: tuple[str, ...]
    """How prompts call it; whoever names it may want an answer in it."""
    words: str = ""
    script: str = ""


@dataclass(frozen=True, slots=True)
class _Known:
    names: dict[str, tuple[str, ...]]
    words: dict[str, tuple[str, ...]]
    scripts: dict[str, re.Pattern[str]]


def language(text: str) -> str | None:
    """The two-letter code of the language of `text`, None where it is not plain to see."""
    start = text[:_CHARACTERS]
    return _by_script(start) or _by_words(start)


def known_languages() -> tuple[str, ...]:
    """The two-letter codes of all languages that `language` can tell."""
    return tuple(_known().names)


def english_name(code: str) -> str:
    """What a known language is called in English, such as `Dutch`."""
    return _known().names[code][0].capitalize()


@lru_cache(maxsize=64)
def function_words(code: str) -> frozenset[str]:
    """Frequent words of a language that carry little meaning; empty where it is told by its script or not known."""
    return frozenset(word for word, codes in _known().words.items() if code in codes)


def same_language(one: str, other: str) -> bool:
    """Whether two language tags name one language: `pt` and `pt-BR` do, `sp` is an old name of `es`."""
    return _base(one) == _base(other)


def answers_in_another(prompt: str, answer: str) -> tuple[str, str] | None:
    """The two languages, if the answer is plainly in another one than the prompt, which does not name it."""
    asked, given = language(prompt), language(answer)
    if asked is None or given is None or asked == given:
        return None
    folded = canonical(prompt)
    return None if any(name in folded for name in _known().names[given]) else (asked, given)


def _base(tag: str) -> str:
    code = tag.casefold().replace("_", "-").partition("-")[0]
    return {"sp": "es", "cn": "zh", "jp": "ja"}.get(code, code)


def _by_script(text: str) -> str | None:
    letters = sum(map(str.isalpha, text))
    counts = {code: len(script.findall(text)) for code, script in _known().scripts.items()}
    counts["zh"] += counts["ja"]
    if counts["ja"] < _KANA * counts["zh"]:
        counts["ja"] = 0
    else:
        counts["ja"], counts["zh"] = counts["zh"], 0
    code, count = max(counts.items(), key=lambda item: item[1])
    return code if count >= _LETTERS and count * 2 > letters else None


def _by_words(text: str) -> str | None:
    tokens = words(text)
    counts: Counter[str] = Counter()
    different: Counter[str] = Counter()
    for token, times in Counter(tokens).items():
        for code in _known().words.get(token, ()):
            counts[code] += times
            different[code] += 1
    ranked = [*counts.most_common(2), ("", 0), ("", 0)]
    (code, first), (_, second) = ranked[0], ranked[1]
    return code if different[code] >= _FEWEST and first >= max(_SHARE * len(tokens), _LEAD * second) else None


@cache
def _known() -> _Known:
    data = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    profiles = {code: Profile.model_validate(fields) for code, fields in data.items()}
    of_word: dict[str, tuple[str, ...]] = {}
    for code, profile in profiles.items():
        for word in profile.words.split():
            of_word[word] = (*of_word.get(word, ()), code)
    return _Known(
        names={code: profile.names for code, profile in profiles.items()},
        words=of_word,
        scripts={code: re.compile(f"[{p.script}]") for code, p in profiles.items() if p.script},
    )
