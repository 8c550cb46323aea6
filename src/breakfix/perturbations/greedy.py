"""One greedy engine for all word-level methods: the most important words are exchanged first, within a budget.

Importance of a word is `I_w = f(x) − f(x without w)`, where `f` says how sure a model is of the text's own class
(TextFooler, arXiv 1907.11932, section 3; TextBugger has the same). `f` is handed in: a classifier, a chat model's
likelihoods, or, where nothing can be asked, the share of the text's content that is left (`content_left`).
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from breakfix.perturbations.tokens import Words, carries_meaning, split

Score = Callable[[Sequence[str]], Sequence[float]]
"""Texts to how much each still belongs to the class of the original, such as `f_y(x)`; one call per wave of texts."""
Space = Callable[[Words, int], Sequence[str]]
"""A text and the place of a word to what may stand there instead."""

MODIFIED = 0.15
"""Largest share of a text's words that may be changed (AdvGLUE, arXiv 2111.02840, section 3.3)."""
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Changed:
    """What a search made of a text."""

    text: str
    places: tuple[int, ...]
    """Of the changed words, ascending."""
    score: float
    """Of the new text."""
    asked: int
    """Texts that were scored."""


def budget(words: int, share: float = MODIFIED) -> int:
    """Words of a text of `words` words that may be changed, at most `share` (0 to 1) of them."""
    return math.floor(share * words + _ROUNDING)


def importances(words: Words, score: Score, own: float) -> list[float]:
    """`I_w = own − f(x without w)` of every word in order; `own` is `f(x)`."""
    return [own - left for left in score([words.without(place) for place in range(len(words))])]


def greedy(
    text: str, *, score: Score, space: Space, share: float = MODIFIED, fooled_below: float = -math.inf
) -> Changed:
    """Exchanges words from the most important on, each for what lowers the score most, as long as that lowers it.

    Ends when `share` of the words is changed, or the score is below `fooled_below`. Equally important words go from
    left to right; the same `score` and `space` give the same text.
    """
    words = split(text)
    own = best = score([text])[0]
    left, asked = budget(len(words), share), 1
    changes: dict[int, str] = {}
    if left == 0:
        return Changed(text, (), own, asked)
    weights = importances(words, score, own)
    asked += len(words)
    for place in sorted(range(len(words)), key=lambda at: (-weights[at], at)):
        if len(changes) == left or best < fooled_below:
            break
        options = list(space(words, place))
        if not options:
            continue
        scores = score([words.replaced({**changes, place: option}) for option in options])
        asked += len(options)
        low = min(range(len(options)), key=scores.__getitem__)
        if scores[low] < best:
            changes[place], best = options[low], scores[low]
    return Changed(words.replaced(changes), tuple(sorted(changes)), best, asked)


def at_random(text: str, *, score: Score, space: Space, rng: Random, share: float = MODIFIED) -> Changed:
    """The control: as many words as `greedy` may change, drawn at random, each for a random one of its space."""
    words = split(text)
    places = [place for place in range(len(words)) if space(words, place)]
    chosen = sorted(rng.sample(places, min(budget(len(words), share), len(places))))
    changes = {place: rng.choice(list(space(words, place))) for place in chosen}
    changed = words.replaced(changes)
    return Changed(changed, tuple(chosen), score([changed])[0], 1)


def content_left(text: str, language: str = "en") -> Score:
    """A score for when no model can be asked: how much of the text's content is still there, 0 to 1, by letters.

    Content words are the important ones, longer ones more so; every change of such a word is as good as any other.
    """
    own = _content(text, language)
    total = sum(own.values()) or 1

    def score(texts: Sequence[str]) -> list[float]:
        return [sum((own & _content(each, language)).values()) / total for each in texts]

    return score


def _content(text: str, language: str) -> Counter[str]:
    """Letters per content word, summed over its occurrences."""
    found: Counter[str] = Counter()
    for word in split(text).all:
        if carries_meaning(word, language):
            found[word.casefold()] += len(word)
    return found
