"""Keeps what is measured out of what is trained on: exact, word 8-gram and near-duplicate overlap."""

from collections.abc import Iterable, Sequence

from breakfix.curate.drafts import Draft
from breakfix.curate.near_index import NearIndex
from breakfix.curate.overlap import canonical, ngrams, words
from breakfix.records import Goal

NGRAM = 8
"""Shared run of words that counts as overlap (GPT-3 used 13, arXiv 2005.14165, appendix C; our goals are short)."""
_SHORTEST = 4
"""A goal of fewer words is found as a whole text only: inside other text its words would be chance."""


class Measuring:
    """All goals that are measured on, whatever their intent, ready to be looked for."""

    def __init__(self, goals: Iterable[Goal], near_duplicate: float) -> None:
        """`near_duplicate`: Jaccard similarity of word 3-shingles from which two texts are the same."""
        self._goals = sorted((goal for goal in goals if goal.split != "train"), key=lambda goal: goal.id)
        self._exact: dict[str, str] = {}
        self._runs: dict[int, dict[str, str]] = {}
        self._near = NearIndex(near_duplicate)
        for number, goal in enumerate(self._goals):
            self._exact.setdefault(canonical(goal.text), goal.id)
            self._near.add(number, goal.text)
            tokens = words(goal.text)
            size = min(NGRAM, len(tokens))
            if size >= _SHORTEST:
                for run in ngrams(tokens, size):
                    self._runs.setdefault(size, {}).setdefault(run, goal.id)

    def overlap(self, draft: Draft) -> str | None:
        """How the draft overlaps with which goal, such as `8-gram of test/x`; None when it does not."""
        asked = [draft.goal.text, *(turn.text for turn in draft.prompt if turn.role == "user")]
        answered = [turn.text for turn in draft.prompt if turn.role != "user"]
        answered += [text for text in (draft.answer, draft.rejected) if text is not None]
        return self._same(asked) or self._shared_run([*asked, *answered])

    def _same(self, texts: Sequence[str]) -> str | None:
        for text in dict.fromkeys(texts):
            goal = self._exact.get(canonical(text))
            if goal is not None:
                return f"same text as {goal}"
            near = self._near.near(text)
            if near:
                return f"near-duplicate of {self._goals[near[0]].id}"
        return None

    def _shared_run(self, texts: Sequence[str]) -> str | None:
        for text in dict.fromkeys(texts):
            tokens = words(text)
            for size, runs in self._runs.items():
                for start in range(len(tokens) - size + 1):
                    goal = runs.get(" ".join(tokens[start : start + size]))
                    if goal is not None:
                        return f"{size}-gram of {goal}"
        return None
