"""An index of texts that finds near-duplicates.

MinHash with banded locality-sensitive hashing (Broder 1997; Leskovec, Rajaraman and Ullman, Mining of Massive Datasets,
section 3.4) proposes them; an exact comparison decides, so that an estimate never drops a row.
"""
# pyright: basic, reportAttributeAccessIssue=false
# rensa ships no types

from collections.abc import Iterable
from typing import Any

import rensa

from breakfix.curate.overlap import jaccard, shingles

_SIGNATURE = 120
_SEED = 42
_RECALL = 0.99


class NearIndex:
    """Texts by number, to be asked for those that are at least `threshold` similar to a given one."""

    def __init__(self, threshold: float) -> None:
        """`threshold`: Jaccard similarity of word 3-shingles, above 0 and at most 1."""
        self._threshold = threshold
        bands = _bands(threshold)
        size = bands * (_SIGNATURE // bands)
        self._lsh = rensa.RMinHashLSH(threshold=threshold, num_perm=size, num_bands=bands)
        self._size = size
        self._texts: dict[int, str] = {}

    def add(self, number: int, text: str) -> None:
        """Remembers `text` under `number`."""
        self._texts[number] = text
        self._lsh.insert(number, self._signature(shingles(text)))

    def near(self, text: str) -> list[int]:
        """Numbers of all remembered texts that are near-duplicates of `text`, lowest first."""
        own = shingles(text)
        found: Iterable[int] = self._lsh.query(self._signature(own))
        return sorted(n for n in found if jaccard(own, shingles(self._texts[n])) >= self._threshold)

    def _signature(self, tokens: frozenset[str]) -> Any:
        signature = rensa.RMinHash(num_perm=self._size, seed=_SEED)
        signature.update(sorted(tokens))
        return signature


def _bands(threshold: float) -> int:
    """The fewest bands that find a pair of just that similarity with a probability of 0.99."""
    for rows in (12, 10, 8, 6, 5, 4, 3, 2):
        bands = _SIGNATURE // rows
        if 1.0 - (1.0 - threshold**rows) ** bands >= _RECALL:
            return bands
    return _SIGNATURE
