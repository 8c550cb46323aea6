"""Candidates in batches of a million characters, with the fingerprints of their texts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from breakfix.canonical import canonical
from breakfix.curate.candidates import Candidate
from breakfix.curate.fingerprints import Numbers, Sets, Texts, fingerprints

_CHARACTERS = 1 << 20


@dataclass(frozen=True, slots=True)
class Batch:
    """Candidates and all their texts: first the wish, then the turns of the prompt, then the answers of each."""

    candidates: Sequence[Candidate]
    canonical: Sequence[str]
    texts: Texts
    row: Numbers
    """The candidate that each text is from, by its place in the batch."""
    wish: Numbers
    """The text that is the wish of each candidate."""
    turn: NDArray[np.bool_]
    """Whether a text is a turn of the prompt."""
    asked: NDArray[np.bool_]
    """Whether a text is a wish or a turn of the user."""
    plain: NDArray[np.bool_]
    """Whether a candidate's prompt is its wish and nothing else."""
    shingles: Sets
    """The shingle set of each wish and turn; empty for answers."""

    def prompts(self) -> Sets:
        """The shingles of the whole prompt of each candidate; empty for a plain one, which is its wish."""
        sizes = self.shingles.sizes
        owner = np.repeat(self.row, sizes)
        wanted = np.repeat(self.turn & ~self.plain[self.row], sizes)
        hashes = self.shingles.tokens[wanted].astype(np.uint64) << np.uint64(32)
        return Sets.of(hashes, owner[wanted], len(self.candidates))


def portions(candidates: Iterable[Candidate]) -> Iterator[list[Candidate]]:
    """All candidates in order, a batch's worth at a time; one with very long texts may be a portion of its own."""
    waiting: list[Candidate] = []
    size = 0
    for candidate in candidates:
        waiting.append(candidate)
        size += sum(len(text) for _, text in candidate.prompt) + sum(map(len, candidate.answers))
        if size >= _CHARACTERS:
            yield waiting
            waiting, size = [], 0
    if waiting:
        yield waiting


def batch(candidates: Sequence[Candidate]) -> Batch:
    """One batch of all `candidates`."""
    texts: list[str] = []
    row: list[int] = []
    wish: list[int] = []
    marks: list[tuple[bool, bool]] = []
    plain: list[bool] = []
    for number, candidate in enumerate(candidates):
        wanted = canonical(candidate.wish)
        is_plain = len(candidate.prompt) == 1 and candidate.prompt[0][1] == candidate.wish
        wish.append(len(texts))
        plain.append(is_plain)
        texts.append(wanted)
        marks.append((is_plain, True))
        if not is_plain:
            texts.extend(canonical(text) for _, text in candidate.prompt)
            marks.extend((True, role == "user") for role, _ in candidate.prompt)
        texts.extend(canonical(text) for text in candidate.answers)
        marks.extend((False, False) for _ in candidate.answers)
        row.extend([number] * (len(texts) - len(row)))
    flags = np.array(marks, bool).reshape(-1, 2)
    prints = fingerprints(texts)
    return Batch(
        candidates=candidates,
        canonical=texts,
        texts=prints,
        row=np.array(row, np.int64),
        wish=np.array(wish, np.int64),
        turn=flags[:, 0],
        asked=flags[:, 1],
        plain=np.array(plain, bool),
        shingles=prints.shingles(flags[:, 0] | flags[:, 1]),
    )
