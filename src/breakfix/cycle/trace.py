"""Lineage on demand: what caused a vulnerability, finding, attempt or training row, and what came of it."""

from collections.abc import Callable, Iterator
from typing import Literal, TypeVar

from breakfix.errors import ConfigError
from breakfix.records import Attempt, Finding, PreferencePair, Rate, Record, SftRow, Verdict, Vulnerability
from breakfix.store.rows import read_rows
from breakfix.store.run_folder import RunFolder
from breakfix.store.training_table import read_table

T = TypeVar("T")
Relation = Literal["this", "cause", "effect"]
Row = SftRow | PreferencePair
SHOWN = 5
"""Findings or rows named one by one; the rest is counted."""


class Step(Record):
    """One link of a lineage."""

    relation: Relation
    kind: str
    round: int
    id: str
    text: str


def trace(run: RunFolder, wanted: str) -> list[Step]:
    """The lineage of the thing whose id is, or begins with, `wanted`; raises ConfigError when there is none."""
    if len(wanted) < 4:  # noqa: PLR2004 - fewer digits match by accident
        raise ConfigError("an id needs at least its first four digits", where=wanted)
    for look in (_vulnerability, _finding, _row, _attempt):
        steps = list(look(run, wanted))
        if steps:
            return steps
    raise ConfigError(
        f"nothing in this run has the id {wanted!r}",
        where=run.name,
        hint="ids stand in the report and in the row files below rounds/",
    )


def _vulnerability(run: RunFolder, wanted: str) -> Iterator[Step]:
    seen = [(n, item) for n, item in _in_rounds(run, _vulnerabilities) if item.id.startswith(wanted)]
    if not seen:
        return
    number, first = seen[0]
    cell = f"{first.kind} × {first.harm} × {first.family} × {first.language}"
    yield Step(relation="this", kind="vulnerability", round=number, id=first.id, text=f"{cell}, {seen[-1][1].status}")
    for n, finding in _capped(_in_rounds(run, _findings), lambda item: item.vulnerability == first.id):
        yield _finding_step("cause", n, finding)
    for n, row in _capped(_in_rounds(run, _rows), lambda item: first.id in item.provenance.repairs):
        yield _row_step("effect", n, row)
    for n, item in seen:
        yield Step(relation="effect", kind="rate", round=n, id=item.id, text=_rates(item))


def _finding(run: RunFolder, wanted: str) -> Iterator[Step]:
    for n, finding in _in_rounds(run, _findings):
        if finding.id.startswith(wanted) or finding.attempt.id.startswith(wanted):
            yield _finding_step("this", n, finding)
            yield _goal_step(n, finding.attempt)
            yield _verdict_step(n, finding.verdict)
            yield Step(
                relation="effect",
                kind="vulnerability",
                round=n,
                id=finding.vulnerability,
                text="grouped into this cell",
            )
            for later, row in _in_rounds(run, _rows):
                if finding.id in row.provenance.findings:
                    yield _row_step("effect", later, row)
            return


def _row(run: RunFolder, wanted: str) -> Iterator[Step]:
    for n, row in _in_rounds(run, _rows):
        if row.id.startswith(wanted):
            yield _row_step("this", n, row)
            for earlier, finding in _in_rounds(run, _findings):
                if finding.id in row.provenance.findings:
                    yield _finding_step("cause", earlier, finding)
            for later, item in _in_rounds(run, _vulnerabilities):
                if item.id in row.provenance.repairs:
                    relation: Relation = "cause" if later < n else "effect"
                    yield Step(relation=relation, kind="rate", round=later, id=item.id, text=_rates(item))
            return


def _attempt(run: RunFolder, wanted: str) -> Iterator[Step]:
    for n, attempt in _in_rounds(run, _attempts):
        if attempt.id.startswith(wanted):
            text = f"{attempt.attack} ({attempt.persona}) on {attempt.goal.text!r}"
            yield Step(relation="this", kind="attempt", round=n, id=attempt.id, text=text)
            yield _goal_step(n, attempt)
            for verdict in _verdicts(run, n):
                if verdict.exchange == attempt.id:
                    yield _verdict_step(n, verdict)


def _finding_step(relation: Relation, number: int, finding: Finding) -> Step:
    attempt = finding.attempt
    text = f"{finding.kind}: {attempt.attack} on {attempt.goal.text!r}"
    return Step(relation=relation, kind="finding", round=number, id=finding.id, text=text)


def _goal_step(number: int, attempt: Attempt) -> Step:
    goal = attempt.goal
    text = f"{goal.intent}, {goal.harm}, group {goal.group}, split {goal.split}, from {goal.source}"
    return Step(relation="cause", kind="goal", round=number, id=goal.id, text=text)


def _verdict_step(number: int, verdict: Verdict) -> Step:
    severity = "undetermined" if verdict.severity is None else str(verdict.severity)
    text = f"{verdict.judge}: refusal {verdict.refusal}, severity {severity}; {verdict.reason}"
    return Step(relation="effect", kind="verdict", round=number, id=verdict.exchange, text=text)


def _row_step(relation: Relation, number: int, row: Row) -> Step:
    kind = "SFT row" if isinstance(row, SftRow) else "preference pair"
    cause = row.provenance
    text = f"{cause.operation}, {row.intent}, written by {cause.written_by}: {row.prompt[-1].text!r}"
    return Step(relation=relation, kind=kind, round=number, id=row.id, text=text)


def _rates(item: Vulnerability) -> str:
    held_out = _share(item.held_out) if item.held_out else "not measured"
    return f"{item.status}, severity {item.severity:.1f}, train {_share(item.rate)}, held out {held_out}"


def _share(rate: Rate) -> str:
    return "not measurable" if rate.value is None else f"{rate.count:g} of {rate.of}"


def _capped(found: Iterator[tuple[int, T]], wanted: Callable[[T], bool]) -> Iterator[tuple[int, T]]:
    shown: dict[int, int] = {}
    for number, item in found:
        if wanted(item):
            shown[number] = shown.get(number, 0) + 1
            if shown[number] <= SHOWN:
                yield number, item


def _in_rounds(run: RunFolder, read: Callable[[RunFolder, int], Iterator[T]]) -> Iterator[tuple[int, T]]:
    for number in run.rounds():
        for item in read(run, number):
            yield number, item


def _vulnerabilities(run: RunFolder, number: int) -> Iterator[Vulnerability]:
    return read_rows(run.stage(number, "identify") / "vulnerabilities.jsonl", Vulnerability)


def _findings(run: RunFolder, number: int) -> Iterator[Finding]:
    return read_rows(run.stage(number, "identify") / "findings.jsonl", Finding)


def _attempts(run: RunFolder, number: int) -> Iterator[Attempt]:
    return read_rows(run.stage(number, "red_team") / "attempts.jsonl", Attempt)


def _verdicts(run: RunFolder, number: int) -> Iterator[Verdict]:
    return read_rows(run.stage(number, "red_team") / "verdicts.jsonl", Verdict)


def _rows(run: RunFolder, number: int) -> Iterator[Row]:
    folder = run.stage(number, "curate")
    if (folder / "sft.parquet").exists():
        yield from read_table(folder / "sft.parquet", SftRow)
    if (folder / "pairs.parquet").exists():
        yield from read_table(folder / "pairs.parquet", PreferencePair)
