"""Whether a changed text still says what the original said: the filter without which AdvGLUE would be mostly noise.

AdvGLUE (arXiv 2111.02840, section 3.3) keeps what changes at most 15 % of the words (word level) or is near by
BERTScore (sentence level), fools several surrogate models, and what four of five people still read the same label in;
nine tenths of all successful attacks fall to that. Here: the modification rate, a similarity of the surface or one that
is handed in (a sentence encoder), and readers that are handed in (models or people's stored answers) that must agree.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from breakfix.canonical import canonical
from breakfix.perturbations.greedy import MODIFIED
from breakfix.perturbations.tokens import carries_meaning, split

Level = Literal["word", "sentence", "distraction", "human"]
Similarity = Callable[[str, str], float]
Reader = Callable[[str, str], bool]
"""Original and changed text to whether this reader reads the same in both."""

_GRAM = 3
_PIECE = re.compile(r"[^\s\-–—/,.;:!?\"()]+")
"""A word with the signs in it: `b@nk` is one."""


def surface_similarity(original: str, text: str) -> float:
    """Share of the original's runs of three characters that the text has too, 0 to 1; no measure of meaning."""
    own, other = _grams(original), _grams(text)
    return sum((own & other).values()) / own.total() if own else 1.0


@dataclass(frozen=True, slots=True)
class Filter:
    """What passes."""

    most_changed: float = MODIFIED
    """Largest modification rate, 0 to 1."""
    most_added: int = 30
    """Words that may be added."""
    least_similar: float = 0.7
    """On the scale of `similarity`."""
    similarity: Similarity = surface_similarity
    readers: tuple[Reader, ...] = ()
    least_agreement: float = 0.8
    """Share of the readers that must read the same: four of five people in AdvGLUE."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What the filter found."""

    modified: float
    """Modification rate."""
    similarity: float
    agreement: float | None
    """Share of the readers that read the same; None without readers, or where something else failed before."""
    fault: str
    """Why the text does not pass; empty for a valid one."""

    @property
    def valid(self) -> bool:
        """Whether the text passes."""
        return not self.fault


USUAL = Filter()


def check(original: str, text: str, level: Level, by: Filter = USUAL) -> Checked:
    """Holds `text` against `original` by the rules of its `level`.

    A distraction and a template of people keep the original word for word. An unchanged text says the same and is no
    perturbation: it does not pass either.
    """
    modified = modification_rate(original, text, level)
    similarity = by.similarity(original, text)
    fault = _fault(original, text, level, modified=modified, similarity=similarity, by=by)
    agreement = None
    if not fault and by.readers:
        agreement = sum(reader(original, text) for reader in by.readers) / len(by.readers)
        fault = "" if agreement >= by.least_agreement else f"{agreement:.0%} of the readers read the same"
    return Checked(modified, similarity, agreement, fault)


def modification_rate(original: str, text: str, level: Level) -> float:
    """Changed words per word of the original.

    Word level: words that were exchanged, dropped or put in, in order; a word that was only cut in two counts once.
    Other levels reorder and add by design: content words of the original that the text no longer has, of all its
    content words.
    """
    if level == "word":
        return _edits(original, text) / max(len(_PIECE.findall(original)), 1)
    own, other = _content(original), _content(text)
    return sum((own - other).values()) / max(own.total(), 1)


def _fault(original: str, text: str, level: Level, *, modified: float, similarity: float, by: Filter) -> str:
    if canonical(original) == canonical(text):
        return "nothing was changed"
    if modified > by.most_changed:
        return f"{modified:.0%} of the words are changed, at most {by.most_changed:.0%} may be"
    if level in ("distraction", "human") and original.strip() not in text:
        return "the original does not stand in it word for word"
    added = len(split(text)) - len(split(original))
    if added > by.most_added:
        return f"{added} words are added, at most {by.most_added} may be"
    if not similarity >= by.least_similar:
        return f"similarity {similarity:.2f}, at least {by.least_similar:.2f} is wanted"
    return ""


def _edits(original: str, text: str) -> int:
    one, other = _PIECE.findall(original), _PIECE.findall(text)
    edits = 0
    for _, low1, high1, low2, high2 in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        before, after = one[low1:high1], other[low2:high2]
        if before != after:
            edits += len(before) if "".join(before) == "".join(after) else max(len(before), len(after))
    return edits


def _content(text: str) -> Counter[str]:
    return Counter(word.casefold() for word in split(text).all if carries_meaning(word))


def _grams(text: str) -> Counter[str]:
    plain = f" {canonical(text)} "
    return Counter(plain[start : start + _GRAM] for start in range(len(plain) - _GRAM + 1))
