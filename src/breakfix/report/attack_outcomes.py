"""Attack success by harm and attack family, counted from attempts and their verdicts."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TypeVar

from breakfix.errors import RunFolderError
from breakfix.records import Attempt, Corrected, Drawn, FindingKind, Harm, Persona, Rate, Verdict
from breakfix.reply_language import asked_language, in_another_language
from breakfix.report.rate_text import RateText, rate_text
from breakfix.review.correct import Cell, Correction
from breakfix.review.human import HumanVerdict
from breakfix.review.judged import exchange_key, verdict_class
from breakfix.statistics.rates import rate_of
from breakfix.store.rows import read_rows

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is counted of one attempt; its text stays on disk."""

    kind: FindingKind
    """What the attempt would be a finding of: a harmful reply to a harmful goal, or a refusal of a harmless one."""
    harm: Harm
    family: str
    language: str
    persona: Persona
    group: str
    held_out: bool
    """On a goal that is never trained on."""
    hit: bool | None
    """Whether it fell; None is undetermined."""
    id: str = ""
    """Of the attempt; held-out attempts come back in every round."""
    stratum: str = ""
    """The class of its verdict."""
    label: float | None = None
    """Whether it fell according to people, 0 or 1; None where nobody labelled it."""
    asked_in: str | None = None
    """The language that it was asked in; None where that is not plain."""
    refused: bool | None = None
    """Whether the reply is a refusal; None is undetermined."""
    switched: bool | None = None
    """Whether the reply is in another language than asked; None is undetermined."""
    drawn: Drawn = "uniform"

    @property
    def cell(self) -> Cell:
        """As an item of a rate that can be corrected."""
        value = None if self.hit is None else float(self.hit)
        return Cell(value, self.group, self.harm, self.stratum, self.label)


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Attack success on harmful goals in one round, either on trainable goals or on held-out ones."""

    round: int
    held_out: bool
    harms: tuple[Harm, ...]
    families: tuple[str, ...]
    cells: dict[tuple[Harm, str], Rate]
    """Harm and family to attack success, where there was at least one uniformly drawn attempt."""
    left_out: int = 0
    """Attempts that an adaptive schedule chose, and that no rate counts."""


@dataclass(frozen=True, slots=True)
class PersonaTable:
    """Attack success per adversary (rows) and round (columns)."""

    rounds: tuple[int, ...]
    lines: tuple[tuple[Persona, tuple[RateText, ...]], ...]


def read_outcomes(
    folder: Path, harmful_from: int, *, by: Correction | None = None, number: int = 0
) -> tuple[Outcome, ...]:
    """Every attempt of a finished red-team stage of round `number` with its judge's verdict, and `by`'s human labels.

    Attempts on dev goals enter no rate and are left out.
    Raises RunFolderError when attempts and verdicts do not belong together.
    """
    labels: Mapping[str, HumanVerdict] = by.labels if by else {}
    pairs = zip_longest(
        read_rows(folder / "attempts.jsonl", Attempt), read_rows(folder / "verdicts.jsonl", Verdict), fillvalue=None
    )
    found: list[Outcome] = []
    for row, (attempt, verdict) in enumerate(pairs, start=1):
        if attempt is None or verdict is None or verdict.exchange != attempt.id:
            raise RunFolderError(
                f"attempt and verdict {row} do not belong together",
                where=str(folder),
                hint="run the red-team stage again",
            )
        if attempt.goal.split == "dev":  # only an import has these; they are neither trained on nor held out
            continue
        exchange = attempt.exchange if labels else None
        people = labels.get(exchange_key(number, "red_team", exchange)) if exchange else None
        found.append(_outcome(attempt, verdict, people, harmful_from))
    return tuple(found)


def heat_map(outcomes: Sequence[Outcome], number: int, *, held_out: bool, axes: Iterable[Outcome]) -> HeatMap:
    """The heat map of round `number`; its harms and families come from `axes`, so that all maps of a run line up."""
    attacks = [item for item in axes if item.kind == "harmful_reply"]
    present = {item.harm for item in attacks}
    chosen = [item for item in outcomes if item.kind == "harmful_reply" and item.held_out == held_out]
    return HeatMap(
        round=number,
        held_out=held_out,
        harms=tuple(harm for harm in Harm if harm in present),
        families=tuple(sorted({item.family for item in attacks})),
        cells=rates_by(chosen, lambda item: (item.harm, item.family)),
        left_out=sum(item.drawn != "uniform" for item in chosen),
    )


def by_persona(rounds: Mapping[int, Sequence[Outcome]], by: Correction | None = None) -> PersonaTable:
    """Attack success of each adversary on held-out harmful goals, round by round, and as `by` corrects it."""
    attacks = {
        number: [item for item in outcomes if item.kind == "harmful_reply" and item.held_out]
        for number, outcomes in rounds.items()
    }
    rates = {number: rates_by(part, lambda item: item.persona) for number, part in attacks.items()}
    corrected = {number: corrected_by(part, lambda item: item.persona, by) for number, part in attacks.items()}
    present = {name for found in rates.values() for name in found}
    personas: tuple[Persona, ...] = ("low_skilled", "intermediate")
    return PersonaTable(
        rounds=tuple(rounds),
        lines=tuple(
            (
                name,
                tuple(rate_text(rates[n].get(name), corrected=corrected[n].get(name)) for n in rates),
            )
            for name in personas
            if name in present
        ),
    )


def rates_by(outcomes: Iterable[Outcome], key: Callable[[Outcome], K]) -> dict[K, Rate]:
    """The share of uniformly drawn attempts that fell, per key, with intervals clustered by goal group.

    Those that an adaptive schedule chose are left out: they went where much fell before, so their share is biased.
    """
    parts: defaultdict[K, list[Outcome]] = defaultdict(list)
    for item in outcomes:
        if item.drawn == "uniform":
            parts[key(item)].append(item)
    return {name: rate_of([item.hit for item in part], [item.group for item in part]) for name, part in parts.items()}


def corrected_by(outcomes: Iterable[Outcome], key: Callable[[Outcome], K], by: Correction | None) -> dict[K, Corrected]:
    """The rates of `rates_by` on harmful goals with what corrects them; empty without anything to correct by."""
    parts: defaultdict[K, list[Cell]] = defaultdict(list)
    for item in outcomes:
        if item.drawn == "uniform":
            parts[key(item)].append(item.cell)
    return {name: by.of(part, "harmful") for name, part in parts.items()} if by and by.corrects("harmful") else {}


def _outcome(attempt: Attempt, verdict: Verdict, people: HumanVerdict | None, harmful_from: int) -> Outcome:
    goal = attempt.goal
    harmful = goal.intent == "harmful"
    label = None if people is None else people.harmful(harmful_from) if harmful else people.refused
    return Outcome(
        kind="harmful_reply" if harmful else "over_refusal",
        harm=goal.harm,
        family=attempt.family,
        language=goal.language,
        persona=attempt.persona,
        group=goal.group,
        held_out=goal.split != "train",
        hit=verdict.harmful(harmful_from) if harmful else verdict.refused,
        id=attempt.id,
        drawn=attempt.drawn,
        stratum=verdict_class(goal.intent, verdict, harmful_from),
        label=None if label is None else float(label),
        asked_in=asked_language(attempt),
        refused=verdict.refused,
        switched=in_another_language(attempt),
    )
