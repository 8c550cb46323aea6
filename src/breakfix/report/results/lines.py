"""A result as the cells of a table for people, before any format escapes them."""

from dataclasses import dataclass

from breakfix.records import BETTER, Rate
from breakfix.report.rate_text import Unit, number, rate_text
from breakfix.report.results.gather import ResultRow

HEAD = ("suite", "figure", "better", "value", "95 % interval", "n", "undetermined", "judge", "corrected for its errors")
NONE = "–"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table."""

    suite: str
    title: str
    better: str
    value: str
    interval: str
    n: str
    undetermined: str
    judge: str
    corrected: str
    why_not: str

    @property
    def cells(self) -> tuple[str, ...]:
        """In the order of `HEAD`; a figure that there is not says so instead of a value."""
        return (
            *(self.suite, self.title, self.better, self.value, self.interval, self.n, self.undetermined),
            *(self.judge, self.corrected),
        )


def line_of(row: ResultRow) -> Line:
    """The line of a row."""
    score, rate = row.score, row.score.overall
    by = row.corrected.corrected if row.corrected else None
    return Line(
        suite=score.suite,
        title=score.metric.title,
        better=BETTER[score.metric.better],
        value=NONE if rate.value is None else number(rate.value, score.metric.unit),
        interval=_interval(rate, score.metric.unit),
        n=f"{rate.of:,}",
        undetermined=f"{rate.undetermined:,}",
        judge=score.judge or "none",
        corrected=NONE if by is None or by.value is None else f"{number(by.value)} {_interval(by, 'share')}".strip(),
        why_not=row.why_not,
    )


def _interval(rate: Rate, unit: Unit) -> str:
    return rate_text(rate, unit).interval or NONE
