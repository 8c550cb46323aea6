"""Fingerprints of many texts at once: hashes of their words, word runs and shingle sets, as arrays.

The same words as in `overlap`, found without a loop over them: a text is an array of code points, a word is a span in
it, and every span and every run of words is hashed from prefix sums (Karp and Rabin 1987, modulo 2^64, mixed after).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from breakfix.canonical import SINGLE
from breakfix.curate.overlap import SHINGLE

Hashes = NDArray[np.uint64]
Tokens = NDArray[np.uint32]
"""Shingles as 32-bit hashes: two of a million different ones are alike in one pair of texts of a hundred thousand."""
Numbers = NDArray[np.int64]

_OTHER, _LETTER, _SINGLE, _APOSTROPHE = range(4)
_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 2**64)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_WHOLE = np.uint64(0xD6E8FEB86659FD93)
_WORD = np.uint64(0xA0761D6478BD642F)


@dataclass(frozen=True, slots=True)
class Texts:
    """The words of texts, as hashes, one after the other."""

    words: Hashes
    ends: Numbers
    """Where the words of each text end in `words`; they begin where those of the text before end."""
    whole: Hashes
    """A hash of each canonical text."""

    @property
    def counts(self) -> Numbers:
        """Words of each text."""
        return np.diff(self.ends, prepend=np.int64(0))

    def runs(self, size: int) -> tuple[Hashes, Numbers]:
        """Hashes of all runs of `size` words, and the text that each is from, in order."""
        total = self.words.size
        if total < size:
            return np.empty(0, np.uint64), np.empty(0, np.int64)
        text = np.repeat(np.arange(self.ends.size), self.counts)
        inside = np.flatnonzero(text[: total - size + 1] == text[size - 1 :])
        hashes = _spans(_prefix(self.words), inside, inside + size)
        return _mixed(hashes ^ np.uint64(size)), text[inside]

    def shingles(self, wanted: NDArray[np.bool_] | None = None) -> "Sets":
        """The shingle set of each text: all runs of three words, or the whole text if it has fewer.

        The sets of texts that are not `wanted` are empty.
        """
        hashes, text = self.runs(SHINGLE)
        short = np.flatnonzero(self.counts < SHINGLE)
        if wanted is not None:
            chosen, short = wanted[text], short[wanted[short]]
            hashes, text = hashes[chosen], text[chosen]
        tokens = np.concatenate([hashes, _mixed(self.whole[short] ^ _WHOLE)])
        return Sets.of(tokens, np.concatenate([text, short]), self.ends.size)


@dataclass(frozen=True, slots=True)
class Sets:
    """Sets of tokens, one after the other, each in ascending order."""

    tokens: Tokens
    bounds: Numbers
    """Set n lies from bounds[n] to bounds[n + 1]."""

    @classmethod
    def of(cls, hashes: Hashes, owner: Numbers, count: int) -> "Sets":
        """`count` sets out of hashes that belong to the set of that number in `owner`."""
        packed = np.sort((owner.astype(np.uint64) << np.uint64(32)) | (hashes >> np.uint64(32)))
        if packed.size:
            packed = packed[np.concatenate([[True], packed[1:] != packed[:-1]])]
        sizes = np.bincount((packed >> np.uint64(32)).astype(np.int64), minlength=count)
        return cls(packed.astype(np.uint32), np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64))

    @classmethod
    def joined(cls, parts: Sequence["Sets"]) -> "Sets":
        """All sets of `parts`, in order."""
        sizes = np.concatenate([np.empty(0, np.int64), *(part.sizes for part in parts)])
        tokens = np.concatenate([np.empty(0, np.uint32), *(part.tokens for part in parts)])
        return cls(tokens, np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64))

    @property
    def sizes(self) -> Numbers:
        """Tokens in each set."""
        return np.diff(self.bounds)

    def take(self, numbers: Numbers) -> "Sets":
        """The sets of these numbers, in the order given."""
        places, _ = spread(self.bounds[numbers], self.sizes[numbers])
        bounds = np.concatenate([[0], np.cumsum(self.sizes[numbers])]).astype(np.int64)
        return Sets(self.tokens[places], bounds)

    def digests(self) -> Hashes:
        """One hash a set, the same for equal sets."""
        sums = np.concatenate([[np.uint64(0)], np.cumsum(_mixed(self.tokens.astype(np.uint64)), dtype=np.uint64)])
        return _mixed((sums[self.bounds[1:]] - sums[self.bounds[:-1]]) ^ self.sizes.astype(np.uint64))


def fingerprints(texts: Sequence[str]) -> Texts:
    """The words of canonical `texts`; hashes are the same in every process and on every machine."""
    codes = np.frombuffer("\n".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
    text_ends = np.fromiter(accumulate(len(text) + 1 for text in texts), np.int64, len(texts)) - 1
    text_starts = np.concatenate([[0], text_ends[:-1] + 1]).astype(np.int64)[: len(texts)]
    begins, ends = _words(codes)
    sums = _prefix(codes.astype(np.uint64) + np.uint64(1))
    return Texts(
        words=_mixed(_spans(sums, begins, ends) ^ _WORD),
        ends=np.searchsorted(begins, text_ends).astype(np.int64),
        whole=_mixed(_spans(sums, text_starts, text_ends)),
    )


def spread(starts: Numbers, sizes: Numbers) -> tuple[Numbers, Numbers]:
    """All places of the spans that start at `starts` with `sizes`, and the number of the span that each is from."""
    span = np.repeat(np.arange(sizes.size), sizes)
    before = np.cumsum(sizes) - sizes
    return np.arange(span.size) - before[span] + starts[span], span


def _words(codes: NDArray[np.uint32]) -> tuple[Numbers, Numbers]:
    """Where words begin and end (exclusive)."""
    kind = _kinds()[codes]
    letter = np.concatenate([[False], kind == _LETTER, [False]])
    within = letter.copy()
    within[1:-1] |= (kind == _APOSTROPHE) & letter[:-2] & letter[2:]
    begins = within[1:-1] & ~within[:-2]
    ends = within[1:-1] & ~within[2:]
    single = kind == _SINGLE
    return np.flatnonzero(begins | single), np.flatnonzero(ends | single) + 1


@lru_cache(maxsize=1)
def _kinds() -> NDArray[np.uint8]:
    """What each code point is to a word; agrees with the pattern in `overlap`."""
    table = np.fromiter((chr(code).isalnum() for code in range(0x110000)), np.uint8, 0x110000)
    for low, high in re.findall("(.)-(.)", SINGLE):
        table[ord(low) : ord(high) + 1] = _SINGLE
    table[ord("'")] = _APOSTROPHE
    return table


def _prefix(values: Hashes) -> Hashes:
    """Sums of values times powers of the base, before each place and after the last."""
    return np.concatenate([[np.uint64(0)], np.cumsum(values * _powers(values.size, _BASE), dtype=np.uint64)])


def _spans(sums: Hashes, begins: Numbers, ends: Numbers) -> Hashes:
    """The hash of each span, wherever it stands."""
    return (sums[ends] - sums[begins]) * _powers(sums.size, _INVERSE)[begins]


def _powers(count: int, base: int) -> Hashes:
    room = 1 << max(16, (count - 1).bit_length())
    return _power_table(room, base)[:count]


@lru_cache(maxsize=4)
def _power_table(room: int, base: int) -> Hashes:
    table = np.full(room, base, np.uint64)
    table[0] = 1
    return np.multiply.accumulate(table)


def _mixed(hashes: Hashes) -> Hashes:
    """`hashes` with every bit depending on every other (the finaliser of SplitMix64, Steele, Lea and Flood 2014)."""
    hashes = (hashes ^ (hashes >> np.uint64(30))) * _FIRST
    hashes = (hashes ^ (hashes >> np.uint64(27))) * _SECOND
    return hashes ^ (hashes >> np.uint64(31))
