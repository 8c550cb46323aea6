"""The life of a vulnerability: what fell, which rows were made of it, which checkpoint they made, what still falls."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from breakfix.records import Finding, FindingKind, Harm, Rate, Status, Vulnerability, content_id
from breakfix.report.attack_outcomes import Outcome, rates_by
from breakfix.report.read import Notes, RoundData, RunData
from breakfix.report.training_data import Repair
from breakfix.store.rows import read_rows

FIRST_EXAMPLES = 3
"""Findings shown from the round in which a vulnerability was first seen."""
LATER_EXAMPLES = 1
"""Findings shown from every later round."""
Standing = Status | Literal["later"]
"""Status in the reference round; `later`: seen only after it, in a round that is not kept."""
_RANKS: dict[Standing, int] = {"regressed": 0, "open": 1, "fixed": 2, "later": 3}

CellKey = tuple[FindingKind, Harm, str, str]
"""What makes two rounds' vulnerabilities the same: kind, harm, attack family, language."""


@dataclass(frozen=True, slots=True)
class Stop:
    """One round in the life of a vulnerability."""

    round: int
    trained: Repair | None
    """Rows of this round that repair it."""
    base: int | None
    """Round whose findings those rows were made from."""
    checkpoint: str | None
    train: Rate | None
    """Its rate afterwards on goals that may be trained on."""
    held_out: Rate | None
    """Its rate afterwards on goals that are never trained on."""
    seen: Vulnerability | None
    """As the round's identify stage recorded it."""
    examples: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Life:
    """A vulnerability through all rounds."""

    id: str
    """Of the vulnerability, the same in every round."""
    anchor: str
    """Its section's name on the page."""
    kind: FindingKind
    harm: Harm
    family: str
    language: str
    standing: Standing
    risk: float
    """In the reference round or the last before it that could judge it; of a fixed one when it was first seen."""
    severity: float
    first_seen: int
    stops: tuple[Stop, ...]

    def at(self, number: int) -> Stop:
        """Its part in round `number`."""
        return next(stop for stop in self.stops if stop.round == number)

    @property
    def rows(self) -> int:
        """Training rows that repair it, all rounds together."""
        return sum(stop.trained.sft + stop.trained.pairs for stop in self.stops if stop.trained)


def lives(data: RunData, notes: Notes, *, most: int) -> tuple[Life, ...]:
    """Every vulnerability of the run: regressed, then open, then fixed ones, each by falling risk.

    Only the first `most` carry examples; findings that cannot be read are noted in `notes`.
    """
    by_round = {part.number: {_key(item): item for item in part.vulnerabilities} for part in data.rounds}
    keys = {key for found in by_round.values() for key in found}
    reference = data.reference.number if data.reference else 0
    rates = {(part.number, held): _rates(part.outcomes, held) for part in data.rounds for held in (False, True)}
    ranked = sorted((_life(key, data, by_round, reference, rates) for key in keys), key=_rank)
    wanted = {
        part.number: {name for life in ranked[:most] for name in _example_ids(life, part.number)}
        for part in data.rounds
    }
    texts: dict[int, dict[str, Finding]] = {}
    for number, names in wanted.items():
        place = data.run.stage(number, "identify")
        texts[number] = notes.attempt(lambda place=place, names=names: _findings(place, names), {})
    return tuple(_with_examples(life, texts) for life in ranked)


def _life(
    key: CellKey,
    data: RunData,
    by_round: Mapping[int, Mapping[CellKey, Vulnerability]],
    reference: int,
    rates: Mapping[tuple[int, bool], Mapping[CellKey, Rate]],
) -> Life:
    seen = {number: found[key] for number, found in by_round.items() if key in found}
    first, current = seen[min(seen)], seen.get(reference)
    # A cell that the reference round no longer lists had no finding in it.
    standing: Standing = current.status if current else "fixed" if min(seen) < reference else "later"
    told = first if standing == "fixed" else _last_measured(seen, reference) or first
    kind, harm, family, language = key
    names = {item.id for item in seen.values()}
    return Life(
        id=first.id,
        anchor=f"v-{content_id(*key)}",
        kind=kind,
        harm=harm,
        family=family,
        language=language,
        standing=standing,
        risk=told.risk,
        severity=told.severity,
        first_seen=first.first_seen,
        stops=tuple(
            _stop(
                part,
                seen.get(part.number),
                names,
                rates[part.number, False].get(key),
                rates[part.number, True].get(key),
            )
            for part in data.rounds
        ),
    )


def _last_measured(seen: Mapping[int, Vulnerability], reference: int) -> Vulnerability | None:
    """The vulnerability in the latest round up to `reference` that could judge it: an unjudged one is not harmless."""
    rounds = [number for number, item in seen.items() if number <= reference and item.rate.of > 0]
    return seen[max(rounds)] if rounds else None


def _stop(
    part: RoundData, seen: Vulnerability | None, names: set[str], train: Rate | None, held_out: Rate | None
) -> Stop:
    repairs = [part.mix.repairs[name] for name in sorted(names) if name in part.mix.repairs] if part.mix else []
    return Stop(
        round=part.number,
        trained=repairs[0] if repairs else None,
        base=part.base,
        checkpoint=part.checkpoint,
        train=seen.rate if seen else train,
        held_out=seen.held_out if seen else held_out,
        seen=seen,
        examples=(),
    )


def _with_examples(life: Life, texts: Mapping[int, Mapping[str, Finding]]) -> Life:
    stops = tuple(
        replace(
            stop,
            examples=tuple(
                texts[stop.round][name] for name in _example_ids(life, stop.round) if name in texts[stop.round]
            ),
        )
        for stop in life.stops
    )
    return replace(life, stops=stops)


def _example_ids(life: Life, number: int) -> tuple[str, ...]:
    """Ids of the findings to show from round `number`, worst first."""
    for stop in life.stops:
        if stop.round == number and stop.seen is not None:
            first = all(earlier.seen is None for earlier in life.stops if earlier.round < number)
            return stop.seen.examples[: FIRST_EXAMPLES if first else LATER_EXAMPLES]
    return ()


def _findings(folder: Path, wanted: set[str]) -> dict[str, Finding]:
    """The wanted findings of a round; the file is read one row at a time because it may hold many long replies."""
    if not wanted:
        return {}
    return {item.id: item for item in read_rows(folder / "findings.jsonl", Finding) if item.id in wanted}


def _rates(outcomes: Iterable[Outcome], held_out: bool) -> dict[CellKey, Rate]:
    chosen = [item for item in outcomes if item.held_out == held_out]
    return rates_by(chosen, lambda item: (item.kind, item.harm, item.family, item.language))


def _key(item: Vulnerability) -> CellKey:
    return item.kind, item.harm, item.family, item.language


def _rank(life: Life) -> tuple[int, float, str]:
    return _RANKS[life.standing], -life.risk, life.anchor
