"""Cleaning at scale: candidates stream by, their fingerprints are remembered, and then the fate of each is known.

Rows are read twice: once to see them all, once to hand out what stays. The result does not depend on their order.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from breakfix.curate.batches import Batch, batch, portions
from breakfix.curate.candidates import Candidate, of_row, why_broken
from breakfix.curate.decontaminate import Measuring
from breakfix.curate.duplicates import Fate, Seen
from breakfix.curate.minors import confirmed, suspected_among
from breakfix.records import Dropped, PreferencePair, Provenance, SftRow

_AHEAD = 4
"""Batches whose search for excluded texts may still run beside the rest. It is the one long step outside the
interpreter's lock; whole batches on two threads only wait for each other."""


@dataclass(frozen=True, slots=True)
class Examined:
    """The fate of candidates by number, in the order in which they came."""

    fates: dict[int, Fate]
    offered: int
    twins: int
    """Pairs of kept near-duplicates that differ in intent, expected behaviour, language or kind."""

    def kept(self) -> Iterator[int]:
        """The numbers of those that stay."""
        return (number for number in range(self.offered) if number not in self.fates)

    def reasons(self) -> dict[str, int]:
        """How many go, by reason."""
        return dict(sorted(Counter(fate.reason for fate in self.fates.values()).items()))


def examine(candidates: Iterable[Candidate], measuring: Measuring, near_duplicate: float) -> Examined:
    """Who stays and who goes, and why: broken, excluded, contaminated, contradictory and duplicate ones go.

    `near_duplicate`: Jaccard similarity of word 3-shingles that both the plain wish and the whole prompt must reach.
    """
    seen = Seen()
    for part, fates in _looked_at(candidates, measuring):
        seen.add(part, fates)
    resolved = seen.resolve(near_duplicate)
    return Examined(resolved.fates, len(seen), resolved.twins)


def _looked_at(candidates: Iterable[Candidate], measuring: Measuring) -> Iterator[tuple[Batch, dict[int, Fate]]]:
    """Batches in order, with the fate of those that are unfit."""
    waiting: deque[tuple[Batch, Sequence[str], Future[list[int]]]] = deque()

    def done() -> tuple[Batch, dict[int, Fate]]:
        among, wholes, suspected = waiting.popleft()
        return among, unfit(among, measuring, confirmed(wholes, suspected.result()))

    with ThreadPoolExecutor(1) as pool:
        for portion in portions(candidates):
            wholes = [candidate.whole for candidate in portion]
            suspected = suspected_among(wholes, pool)
            waiting.append((batch(portion), wholes, suspected))
            if len(waiting) > _AHEAD:
                yield done()
        while waiting:
            yield done()


def unfit(among: Batch, measuring: Measuring, excluded: Iterable[int]) -> dict[int, Fate]:
    """The fate of candidates, by their place, that must not be trained on whatever else there is.

    `excluded`: the places of those whose texts the exclusion rule refuses.
    """
    fates = {place: Fate("contaminated", how) for place, how in measuring.overlaps(among).items()}
    for place in excluded:
        fates[place] = Fate("minors", "words for minors beside words for sex")
    for place, candidate in enumerate(among.candidates):
        broken = why_broken(candidate)
        if broken is not None:
            fates[place] = Fate("malformed", broken)
    return fates


@dataclass(frozen=True, slots=True)
class Cleaning:
    """Rows of a source that can be read again and again, and what becomes of each."""

    examined: Examined
    _rows: Callable[[], Iterable[SftRow | PreferencePair]]
    _causes: dict[int, tuple[frozenset[str], frozenset[str]]]

    def results(self) -> Iterator[SftRow | PreferencePair | Dropped]:
        """Every row, in the order of the source: cleaned, or the record of why it is not there."""
        for number, row in enumerate(self._rows()):
            fate = self.examined.fates.get(number)
            if fate is not None:
                kind = "sft" if isinstance(row, SftRow) else "pair"
                yield Dropped(id=row.id, kind=kind, reason=fate.reason, detail=fate.detail, provenance=row.provenance)
            elif number in self._causes:
                yield row.model_copy(update={"provenance": united(row.provenance, *self._causes[number])})
            else:
                yield row


def clean_rows(
    rows: Callable[[], Iterable[SftRow | PreferencePair]],
    measuring: Measuring,
    near_duplicate: float,
    *,
    language: str = "",
) -> Cleaning:
    """Examines all `rows`, which are read once here and once more by `results`.

    Rows must come in the same order each time. Memory grows by a quarter of a kilobyte for a row of thirty words.
    """
    causes: dict[int, tuple[tuple[str, ...], tuple[str, ...]]] = {}

    def candidates() -> Iterator[Candidate]:
        for number, row in enumerate(rows()):
            if row.provenance.repairs or row.provenance.findings:
                causes[number] = row.provenance.repairs, row.provenance.findings
            yield of_row(row, language)

    examined = examine(candidates(), measuring, near_duplicate)
    merged: dict[int, tuple[frozenset[str], frozenset[str]]] = {}
    for number, (repairs, findings) in causes.items():
        fate = examined.fates.get(number)
        if fate is not None and fate.into is not None:
            before = merged.get(fate.into, (frozenset[str](), frozenset[str]()))
            merged[fate.into] = before[0] | set(repairs), before[1] | set(findings)
    return Cleaning(examined, rows, merged)


def united(own: Provenance, repairs: Iterable[str], findings: Iterable[str]) -> Provenance:
    """`own` with further causes."""
    return own.model_copy(
        update={
            "repairs": tuple(sorted({*own.repairs, *repairs})),
            "findings": tuple(sorted({*own.findings, *findings})),
        }
    )
