"""Keeps what is measured out of what is trained on: exact, word 8-gram and near-duplicate overlap."""

from collections import Counter, defaultdict
from collections.abc import Iterable

import numpy as np

from breakfix.canonical import canonical
from breakfix.curate.batches import Batch, batch
from breakfix.curate.candidates import of_draft
from breakfix.curate.drafts import Draft
from breakfix.curate.fingerprints import fingerprints
from breakfix.curate.hash_table import HashTable
from breakfix.curate.semantic import Semantic
from breakfix.records import Goal

NGRAM = 8
"""Shared run of words that counts as overlap (GPT-3 used 13, arXiv 2005.14165, appendix C; our goals are short)."""
_SHORTEST = 4
"""A goal of fewer words is found as a whole text only: inside other text its words would be chance."""
_ROUNDING = 1e-9


class Measuring:
    """All goals that are measured on, whatever their intent, ready to be looked for."""

    def __init__(self, goals: Iterable[Goal], near_duplicate: float, semantic: Semantic | None = None) -> None:
        """`near_duplicate`: Jaccard similarity of word 3-shingles from which two texts are the same.

        `semantic` compares by meaning too, where drafts are cleaned together.
        """
        self.semantic = semantic
        self._goals = sorted((goal for goal in goals if goal.split != "train"), key=lambda goal: goal.id)
        self._threshold = near_duplicate
        texts = [canonical(goal.text) for goal in self._goals]
        self._exact = {text: number for number, text in reversed(list(enumerate(texts)))}
        prints = fingerprints(texts)
        self._whole = HashTable(prints.whole, np.arange(len(texts)))
        self._runs: dict[int, HashTable] = {}
        length = np.minimum(prints.counts, NGRAM)
        for size in range(NGRAM, _SHORTEST - 1, -1):
            hashes, text = prints.runs(size)
            chosen = length[text] == size
            if chosen.any():
                self._runs[size] = HashTable(hashes[chosen], text[chosen])
        self._sets = prints.shingles()
        self._tokens = HashTable(
            self._sets.tokens.astype(np.uint64) << np.uint64(32), np.repeat(np.arange(len(texts)), self._sets.sizes)
        )
        self._with: dict[int, list[int]] = defaultdict(list)
        for number in range(len(texts)):
            for token in self._sets.tokens[self._sets.bounds[number] : self._sets.bounds[number + 1]].tolist():
                self._with[token].append(number)

    def overlap(self, draft: Draft) -> str | None:
        """How the draft overlaps with which goal, such as `8-gram of test/x`; None when it does not."""
        return self.overlaps(batch([of_draft(draft)])).get(0)

    def overlaps(self, among: Batch) -> dict[int, str]:
        """How candidates of a batch overlap, by their place; those that do not are left out."""
        if not self._goals:
            return {}
        found = self._shared_runs(among)
        found.update(self._near(among))
        found.update(self._same(among))
        return found

    def _same(self, among: Batch) -> dict[int, str]:
        asked = np.flatnonzero(among.asked)
        places, _ = self._whole.find(among.texts.whole[asked])
        found: dict[int, str] = {}
        for text in asked[places][::-1]:
            goal = self._exact.get(among.canonical[int(text)])
            if goal is not None:
                found[int(among.row[text])] = f"same text as {self._goals[goal].id}"
        return found

    def _near(self, among: Batch) -> dict[int, str]:
        """Only texts most of whose shingles occur in goals at all are compared with each of these goals."""
        sets = among.shingles
        present = np.zeros(sets.tokens.size, bool)
        present[self._tokens.find(sets.tokens.astype(np.uint64) << np.uint64(32))[0]] = True
        known = np.diff(np.concatenate([[0], np.cumsum(present)])[sets.bounds])
        likely = among.asked & (known >= self._threshold * sets.sizes - _ROUNDING) & (known > 0)
        found: dict[int, str] = {}
        for text in np.flatnonzero(likely)[::-1]:
            goal = self._nearest(sets.tokens[sets.bounds[text] : sets.bounds[text + 1]].tolist())
            if goal is not None:
                found[int(among.row[text])] = f"near-duplicate of {self._goals[goal].id}"
        return found

    def _nearest(self, tokens: list[int]) -> int | None:
        """The first goal whose shingles are as similar as asked."""
        shared = Counter(goal for token in tokens for goal in self._with.get(token, ()))
        sizes = self._sets.sizes
        near = (
            goal
            for goal, count in shared.items()
            if count >= self._threshold * (len(tokens) + int(sizes[goal]) - count) - _ROUNDING
        )
        return min(near, default=None)

    def _shared_runs(self, among: Batch) -> dict[int, str]:
        found: dict[int, str] = {}
        for size, table in reversed(self._runs.items()):
            hashes, text = among.texts.runs(size)
            places, goals = table.find(hashes)
            for row, goal in zip(among.row[text[places]][::-1], goals[::-1], strict=True):
                found[int(row)] = f"{size}-gram of {self._goals[int(goal)].id}"
        return found
