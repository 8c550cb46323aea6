"""The fourteen methods of AdvGLUE by name, and how near to the published ones they are here.

`faithful` does what was published. `-like` keeps the search and puts something small in the place of a model or a
large download: the table of synonyms for word vectors and HowNet, rules for neural paraphrasers, whatever is handed in
for a masked language model. `templates` are our own sentences of the same kind. `data only` exists as rows of AdvGLUE
that people wrote, and makes nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Literal

from breakfix.errors import ConfigError
from breakfix.perturbations.distraction import with_noise, with_tautologies
from breakfix.perturbations.greedy import MODIFIED, Changed, Score, Space, content_left, greedy
from breakfix.perturbations.sentences import Style, framed, reordered
from breakfix.perturbations.swarm import swarm
from breakfix.perturbations.synonyms import synonyms
from breakfix.perturbations.tokens import Words, carries_meaning, split
from breakfix.perturbations.typos import bugs
from breakfix.perturbations.validity import USUAL, Filter, Level, check

Nearness = Literal["faithful", "-like", "rules", "templates", "data only"]


@dataclass(frozen=True, slots=True)
class Means:
    """What a method may use beside the text."""

    score: Score | None = None
    """None scores by the content that is left."""
    substitutes: Space | None = None
    """What a language model would put in a place; None where there is none."""
    share: float = MODIFIED
    """Of the words that may be changed."""
    fooled_below: float = -1.0
    """Score below which the text need not be changed any further."""
    language: str = "en"


Perturb = Callable[[str, Random, Means], str | None]
"""Text to the changed text; None where the method finds nothing to change."""


@dataclass(frozen=True, slots=True)
class Method:
    """One of the fourteen."""

    name: str
    level: Level
    nearness: Nearness
    mechanism: str
    source: str
    perturb: Perturb | None = None
    """None for what exists as data only."""
    asks_model: bool = False
    """Whether it does nothing without `Means.substitutes`."""

    @property
    def family(self) -> str:
        """What texts of this method have in common when they work."""
        families = {"word": "word_perturbation", "sentence": "paraphrase"}
        return families.get(self.level, "distraction")


MAX_WORDS = 500
"""Words of the longest text that is changed: weighing every word by leaving it out takes time by their square."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A method's valid text, or why there is none."""

    text: str | None
    why: str
    """What was done, or what the filter found last."""


def made(method: Method, text: str, rng: Random, means: Means, *, by: Filter = USUAL, tries: int = 4) -> Tried:
    """The first of `tries` texts of `method` that passes the filter `by`."""
    if method.perturb is None:
        raise ConfigError(
            f"{method.name!r} was written by people and exists as data only",
            where="word perturbations",
            hint=f"choose one of: {', '.join(name for name, each in METHODS.items() if each.perturb)}",
        )
    if len(split(text)) > MAX_WORDS:
        return Tried(None, f"longer than {MAX_WORDS} words")
    why = "nothing to change"
    for _ in range(tries):
        changed = method.perturb(text, rng, means)
        if changed is None:
            break
        found = check(text, changed, method.level, by)
        if found.valid:
            return Tried(changed, f"{method.name}, {found.modified:.0%} changed, similarity {found.similarity:.2f}")
        why = found.fault
    return Tried(None, why)


def _typos(words: Words, place: int, rng: Random, language: str) -> Sequence[str]:
    word = words.word(place)
    return bugs(word, rng) if carries_meaning(word, language) else ()


def _synonyms(words: Words, place: int, language: str) -> Sequence[str]:
    word = words.word(place)
    return synonyms(word) if carries_meaning(word, language) else ()


def _spaces(names: Sequence[str], rng: Random, means: Means) -> Space:
    """The union of the named spaces, in an order that `rng` draws for every word."""

    def space(words: Words, place: int) -> Sequence[str]:
        found: list[str] = []
        for name in names:
            if name == "typos":
                found += _typos(words, place, rng, means.language)
            elif name == "synonyms":
                found += _synonyms(words, place, means.language)
            elif means.substitutes is not None:
                found += means.substitutes(words, place)
        found = [each for each in dict.fromkeys(found) if each.casefold() != words.word(place).casefold()]
        rng.shuffle(found)
        return found

    return space


def _by_words(text: str, rng: Random, means: Means, *, spaces: Sequence[str], search: str = "greedy") -> str | None:
    score = means.score or content_left(text, means.language)
    space = _spaces(spaces, rng, means)
    limits = {"share": means.share, "fooled_below": means.fooled_below}
    found: Changed
    if search == "swarm":
        found = swarm(text, score=score, space=space, rng=rng, **limits)
    else:
        found = greedy(text, score=score, space=space, **limits)
    return found.text if found.places else None


def _sentence(text: str, rng: Random, _: Means, *, style: Style) -> str | None:
    return framed(text, style, rng)


def _moved(text: str, _: Random, __: Means) -> str | None:
    return reordered(text)


def _tautologies(text: str, rng: Random, _: Means) -> str | None:
    return with_tautologies(text, times=rng.choice((1, 5)), which=rng.randrange(2)) if text.strip() else None


def _noise(text: str, rng: Random, _: Means) -> str | None:
    return with_noise(text, rng) if text.strip() else None


def _people(text: str, rng: Random, _: Means) -> str | None:
    return framed(text, rng.choice(("temporal", "negation")), rng)


_TABLE = (
    Method(
        "textbugger",
        "word",
        "faithful",
        "the most important words with a space in them, a letter missing, two swapped, a look-alike, or a synonym",
        "Li et al., arXiv 1812.05271",
        partial(_by_words, spaces=("typos", "synonyms")),
    ),
    Method(
        "textfooler",
        "word",
        "-like",
        "greedy synonyms of one part of speech; a table instead of counter-fitted vectors",
        "Jin et al., arXiv 1907.11932",
        partial(_by_words, spaces=("synonyms",)),
    ),
    Method(
        "bert_attack",
        "word",
        "-like",
        "greedy substitutes that a language model writes into the gap; any model that is handed in",
        "Li et al., arXiv 2004.09984",
        partial(_by_words, spaces=("model",)),
        asks_model=True,
    ),
    Method(
        "sememe_pso",
        "word",
        "-like",
        "a particle swarm over synonyms; a table instead of HowNet",
        "Zang et al., ACL 2020, arXiv 1910.12196",
        partial(_by_words, spaces=("synonyms",), search="swarm"),
    ),
    Method(
        "sem_attack",
        "word",
        "-like",
        "one search over typos, synonyms and, where one is handed in, a model's substitutes; greedy, no gradients",
        "Wang et al., arXiv 2205.01287",
        partial(_by_words, spaces=("typos", "synonyms", "model")),
    ),
    Method(
        "scpn",
        "sentence",
        "-like",
        "another syntactic frame by rule instead of a neural paraphraser",
        "Iyyer et al., NAACL 2018, arXiv 1804.06059",
        partial(_sentence, style="scpn"),
    ),
    Method(
        "t3",
        "sentence",
        "-like",
        "parts of the sentence moved or swapped by rule instead of a tree auto-encoder",
        "Wang et al., EMNLP 2020, arXiv 1912.10375",
        _moved,
    ),
    Method(
        "adv_fever",
        "sentence",
        "rules",
        "paraphrases by rules that keep the meaning",
        "Thorne et al., EMNLP 2019, arXiv 1903.05543",
        partial(_sentence, style="adv_fever"),
    ),
    Method(
        "stress_test",
        "distraction",
        "faithful",
        "a tautology appended once or five times",
        "Naik et al., COLING 2018, arXiv 1806.00692",
        _tautologies,
    ),
    Method(
        "checklist",
        "distraction",
        "faithful",
        "a random short link or handle before or behind",
        "Ribeiro et al., ACL 2020, arXiv 2005.04118",
        _noise,
    ),
    Method(
        "checklist_templates",
        "human",
        "templates",
        "a remark about time, or one with a negation, before the text",
        "Ribeiro et al., ACL 2020, arXiv 2005.04118",
        _people,
    ),
    Method(
        "stress_test_numerical",
        "human",
        "templates",
        "a true remark that compares numbers before the text",
        "Naik et al., COLING 2018, arXiv 1806.00692",
        partial(_sentence, style="numerical"),
    ),
    Method("anli", "human", "data only", "premises that people made hard", "Nie et al., arXiv 1910.14599"),
    Method("adv_squad", "human", "data only", "distracting sentences as QNLI", "Jia and Liang, arXiv 1707.07328"),
)

METHODS: dict[str, Method] = {method.name: method for method in _TABLE}
"""Every method by name, in the order of AdvGLUE's table."""
