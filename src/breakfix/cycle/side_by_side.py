"""Any number of measured rounds and published models side by side, each against the first.

Where both sides have the same items the change is paired item by item; where they do not, it is the difference of two
samples and says so; a paper's figure gives a bare difference, never an interval, a test or a verdict.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from breakfix.cycle.compare import COMPARABLE, benchmark_manifest, parse_side, require_alike
from breakfix.errors import ConfigError
from breakfix.records import Change, Column, Corrected, ItemScore, Line, NonInferior, Rate, SideBySide, SuiteScore
from breakfix.report.published import PREFIX, PublishedRow, PublishedTable, find_published
from breakfix.review.correct import Key, benchmark_cells, corrected_scores, correction_of
from breakfix.statistics.margins import non_inferiority
from breakfix.statistics.multiplicity import adjusted_p_values
from breakfix.statistics.paired import p_value_of_change, paired_difference
from breakfix.statistics.unpaired import unpaired_difference
from breakfix.store.manifest import Manifest
from breakfix.store.rows import read_rows
from breakfix.store.run_folder import RunFolder

_VERDICTS: Mapping[str, NonInferior] = {"pass": "non-inferior", "fail": "inferior", "inconclusive": "inconclusive"}


@dataclass(frozen=True)
class Measured:
    """A finished benchmark of a round."""

    run: RunFolder
    number: int
    split: str

    @cached_property
    def manifest(self) -> Manifest:
        """What it was made with; raises RunFolderError when there is none."""
        return benchmark_manifest(self.run, self.number)

    @cached_property
    def scores(self) -> dict[Key, SuiteScore]:
        """Its figures on the split."""
        rows = read_rows(self.run.stage(self.number, "benchmark") / "scores.jsonl", SuiteScore)
        return {(score.suite, score.metric.name): score for score in rows if score.split == self.split}

    @cached_property
    def items(self) -> dict[Key, ItemScore]:
        """Its items on the split by suite and id."""
        rows = read_rows(self.run.stage(self.number, "benchmark") / "items.jsonl", ItemScore)
        return {(item.suite, item.item): item for item in rows if item.split == self.split}

    @cached_property
    def corrected(self) -> dict[Key, Corrected]:
        """Its judged figures, corrected for the judge's errors."""
        by = correction_of(self.run)
        return corrected_scores(benchmark_cells(self.run, self.number, by, split=self.split), by)

    @property
    def column(self) -> Column:
        """How it is headed."""
        return Column(name=f"{self.run.name}@{self.number}", title=f"{self.run.name}@{self.number}")

    def made_by(self, suite: str) -> Any:
        """Version, judge, simulated user and harness of a suite; not its items, which pair one by one."""
        made = self.manifest.parts.get("suites", {}).get(suite)
        if not isinstance(made, dict):
            return {"version": made}
        return {name: value for name, value in cast("dict[str, Any]", made).items() if name != "items"}


@dataclass(frozen=True)
class Cited:
    """A model of a paper."""

    model: str
    table: PublishedTable

    @cached_property
    def rows(self) -> dict[Key, PublishedRow]:
        """Its figures by the suite and metric of ours."""
        return {(row.suite, row.metric): row for row in self.table.rows if self.rate(row) is not None}

    def rate(self, row: PublishedRow) -> Rate | None:
        """The model's value in a row."""
        return row.rate(self.table.place(self.model))

    @property
    def column(self) -> Column:
        """How it is headed, with its citation and what does not compare."""
        table = self.table
        note = f"{table.citation}, arXiv {table.arxiv}; judge: {table.judge}; items: {table.items}. "
        return Column(
            name=f"{PREFIX}{self.model}",
            title=f"{table.models[self.model]} (published)",
            published=True,
            note=f"{note}Not the same figure as ours: {table.differs}.",
        )


Side = Measured | Cited


def side(text: str, open_run: Any, *, first: bool, split: str) -> Side:
    """`RUN`, `RUN@ROUND` or `published:MODEL`; a run alone is its unfixed model if it stands first, else its last.

    `open_run` makes a run folder of a name. Raises UsageError for what is not there.
    """
    if text.startswith(PREFIX):
        model = text.removeprefix(PREFIX)
        return Cited(model, find_published(model))
    name, number = parse_side(text, 0 if first else -1)
    run: RunFolder = open_run(name)
    return Measured(run, max(run.rounds(), default=0) if number < 0 else number, split)


def side_by_side(sides: Sequence[Side], *, split: str, margin: float | None, confidence: float = 0.95) -> SideBySide:
    """All figures of `sides`, or with published ones among them those that a paper has, each against the first side.

    `margin` asks for a verdict on every paired change of a share. Raises StaleStage when rounds of one
    run were measured differently, and ConfigError for fewer than two sides.
    """
    if len(sides) < 2:  # noqa: PLR2004 - a comparison has two
        raise ConfigError("one side is nothing to compare", hint="name another run, RUN@ROUND or published:MODEL")
    notes = _notes(sides)
    lines = [_line(key, sides, margin, confidence) for key in _keys(sides)]
    return SideBySide(
        split=split,
        columns=tuple(each.column for each in sides),
        lines=tuple(_adjusted(lines)),
        notes=tuple(dict.fromkeys(notes)),
        margin=margin,
        confidence=confidence,
    )


def _keys(sides: Sequence[Side]) -> list[Key]:
    cited = [key for each in sides if isinstance(each, Cited) for key in each.rows]
    measured = [key for each in sides if isinstance(each, Measured) for key in each.scores]
    return list(dict.fromkeys(cited or measured))


def _notes(sides: Sequence[Side]) -> list[str]:
    measured = [each for each in sides if isinstance(each, Measured)]
    notes: list[str] = []
    if cited := [each for each in sides if isinstance(each, Cited)]:
        notes += [each.column.note for each in cited]
        wanted = sorted({suite for each in cited for suite, _ in each.rows})
        notes += [
            f"{each.column.name} measured none of these figures; they are of the suites {', '.join(wanted)}"
            for each in measured
            if not any(suite in wanted for suite, _ in each.scores)
        ]
    for other in measured[1:]:
        one = measured[0]
        if one.run.root == other.run.root:
            require_alike(one.manifest, other.manifest, hint="measure both with the same judge, engine and dtype")
        elif differing := _differing(one.manifest, other.manifest):
            notes.append(
                f"{one.column.name} and {other.column.name} were measured with another {', '.join(differing)}: "
                "a difference may come from there"
            )
        apart = dict.fromkeys(suite for suite, _ in one.scores if _apart(one, other, suite))
        notes += [
            f"{suite}: another version, judge, user or harness in {other.column.name}: no change" for suite in apart
        ]
    return notes


def _differing(one: Manifest, two: Manifest) -> list[str]:
    first, second = one.parts.get("target", {}), two.parts.get("target", {})
    names = [name for name in COMPARABLE if first.get(name) != second.get(name)]
    return [*names, "judge"] if one.parts.get("judge") != two.parts.get("judge") else names


def _apart(one: Measured, other: Measured, suite: str) -> bool:
    """Whether a suite's figures are not of one kind in two rounds that both have it."""
    has = any(name == suite for name, _ in other.scores)
    return has and one.made_by(suite) != other.made_by(suite)


def _line(key: Key, sides: Sequence[Side], margin: float | None, confidence: float) -> Line:
    cells = tuple(_cell(each, key) for each in sides)
    measured = [each for each in sides if isinstance(each, Measured)]
    score = next((each.scores[key] for each in measured if key in each.scores), None)
    rows = [each.rows[key] for each in sides if isinstance(each, Cited) and key in each.rows]
    changes = (_change(key, sides[0], other, margin, confidence) for other in sides[1:])
    return Line(
        suite=key[0],
        metric=score.metric if score else rows[0].own,
        cells=cells,
        corrected=tuple(each.corrected.get(key) if isinstance(each, Measured) else None for each in sides),
        judges=tuple(_judge(each, key) for each in sides),
        changes=(None, *changes),
    )


def _cell(each: Side, key: Key) -> Rate | None:
    if isinstance(each, Cited):
        return each.rate(each.rows[key]) if key in each.rows else None
    return each.scores[key].overall if key in each.scores else None


def _judge(each: Side, key: Key) -> str | None:
    if isinstance(each, Cited):
        return each.table.judge if key in each.rows else None
    return each.scores[key].judge if key in each.scores else None


def _change(key: Key, one: Side, other: Side, margin: float | None, confidence: float) -> Change | None:
    before, after = _cell(one, key), _cell(other, key)
    if before is None or after is None:
        return None
    if isinstance(one, Cited) or isinstance(other, Cited):
        bare = unpaired_difference(before, after).model_copy(update={"low": None, "high": None, "method": "none"})
        return Change(difference=bare, basis="published")
    judged = one.scores[key].judge is not None
    if _apart(one, other, key[0]) or (judged and one.manifest.parts.get("judge") != other.manifest.parts.get("judge")):
        return None
    if before.value is None or after.value is None:  # what most items do not tell, the rest of them does not either
        return Change(difference=unpaired_difference(before, after), basis="unpaired")
    paired = _paired(key, one, other, margin, confidence)
    return paired or Change(difference=unpaired_difference(before, after), basis="unpaired")


def _paired(key: Key, one: Measured, other: Measured, margin: float | None, confidence: float) -> Change | None:
    suite, name = key
    found = [
        (item.values[name], again.values[name], item.group)
        for place, item in sorted(one.items.items())
        if place[0] == suite
        and (again := other.items.get(place)) is not None
        and item.asked == again.asked
        and name in item.values
        and name in again.values
    ]
    if not any(before is not None and after is not None for before, after, _ in found):
        return None
    before, after = [each[0] for each in found], [each[1] for each in found]
    groups = [each[2] for each in found]
    metric = one.scores[key].metric
    verdict = None
    if margin is not None and metric.unit == "share" and metric.better != "zero":
        proof = non_inferiority(before, after, groups, margin=margin, better=metric.better, confidence=confidence)
        verdict = _VERDICTS[proof.verdict]
    difference = paired_difference(before, after, groups).model_copy(update={"unit": metric.unit})
    return Change(
        difference=difference, basis="paired", p_value=p_value_of_change(before, after, groups), verdict=verdict
    )


def _adjusted(lines: Sequence[Line]) -> list[Line]:
    """The same lines with p-values adjusted for all changes of the comparison."""
    changes = [change for line in lines for change in line.changes if change]
    found = iter(adjusted_p_values([change.p_value for change in changes]))
    return [
        line.model_copy(
            update={
                "changes": tuple(
                    change and change.model_copy(update={"q_value": next(found)}) for change in line.changes
                )
            }
        )
        for line in lines
    ]
