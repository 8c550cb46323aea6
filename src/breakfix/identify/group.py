"""Findings with one cause: cells of kind × harm × attack family × language, counted and ranked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from sys import intern
from typing import NamedTuple

from breakfix.identify.severity import Grade, mean_severity, worst_first
from breakfix.identify.status import status_of
from breakfix.records import Attempt, FindingKind, Harm, Rate, Vulnerability, content_id
from breakfix.statistics.rates import rate_of


class Cause(NamedTuple):
    """What the findings of one vulnerability have in common."""

    kind: FindingKind
    harm: Harm
    family: str
    language: str

    @property
    def id(self) -> str:
        """Id of the vulnerability, the same in every round."""
        return content_id(*self)


@dataclass(slots=True)
class Tally:
    """Outcomes of attempts as they come in; the interval is clustered by goal group."""

    values: list[float | None] = field(default_factory=list[float | None])
    groups: list[str] = field(default_factory=list[str])

    def add(self, attempt: Attempt, outcome: bool | None) -> None:
        """Counts one attempt; None is undetermined and stays out of the rate."""
        self.values.append(None if outcome is None else float(outcome))
        self.groups.append(intern(attempt.goal.group))  # one text per group, not one per attempt

    def rate(self) -> Rate:
        """Share of the judged attempts that fell."""
        return rate_of(self.values, self.groups)


@dataclass(slots=True)
class Cell:
    """One cause in one round.

    `train` counts uniformly drawn attempts only: how often the learner of an adaptive schedule meets a cell depends on
    what fell there, so a share of its attempts would be biased (Nie et al. 2018, arXiv 1708.01977). What it found are
    findings all the same.
    """

    train: Tally = field(default_factory=Tally)
    held_out: Tally = field(default_factory=Tally)
    grades: list[Grade] = field(default_factory=list[Grade])


def vulnerabilities(
    cells: dict[Cause, Cell], previous: Iterable[Vulnerability], *, round_number: int, comparable: bool = True
) -> list[Vulnerability]:
    """Every cell that has findings or had them before, worst risk (rate × severity) first, ties by id.

    `previous` are the vulnerabilities of the round that this one is compared with; one without attempts this round
    keeps its status and shows an empty rate. Where the rounds are not `comparable`, no rate is held against another.
    """
    known = {Cause(each.kind, each.harm, each.family, each.language): each for each in previous}
    wanted = {cause for cause, cell in cells.items() if cell.grades} | set(known)
    found = [
        _vulnerability(
            cause, cells.get(cause, Cell()), known.get(cause), round_number=round_number, comparable=comparable
        )
        for cause in wanted
    ]
    return ranked(found)


def ranked(found: Sequence[Vulnerability]) -> list[Vulnerability]:
    """Highest risk first; equal risks by id."""
    return sorted(found, key=lambda each: (-each.risk, each.id))


def _vulnerability(
    cause: Cause, cell: Cell, before: Vulnerability | None, *, round_number: int, comparable: bool
) -> Vulnerability:
    rate = cell.train.rate()
    last_open = before.last_open if before else None
    was = before.status if before else None
    status = status_of(was, last_open, rate, findings=len(cell.grades), comparable=comparable)
    keeps = status == "fixed" or rate.of == 0 or (last_open is not None and not comparable)
    return Vulnerability(
        id=cause.id,
        kind=cause.kind,
        harm=cause.harm,
        family=cause.family,
        language=cause.language,
        rate=rate,
        held_out=cell.held_out.rate() if cell.held_out.values else None,
        severity=mean_severity(cell.grades),
        examples=worst_first(cell.grades),
        first_seen=before.first_seen if before else round_number,
        status=status,
        last_open=last_open if keeps else rate,
    )
