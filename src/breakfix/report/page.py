"""The report: a run folder becomes one HTML file that opens offline, on a phone and on paper."""

from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from breakfix.records import BETTER, TITLES
from breakfix.report import headline, lineage
from breakfix.report.attack_outcomes import by_persona
from breakfix.report.candidates import COLUMNS, choices
from breakfix.report.figures import CHANGES, curve_figures, harm_figures, heat_maps, tradeoff_figures
from breakfix.report.languages import COLUMNS as LANGUAGE_COLUMNS
from breakfix.report.languages import by_language
from breakfix.report.method import method
from breakfix.report.panel import panel_rows
from breakfix.report.rate_text import counted, rate_text
from breakfix.report.read import Notes, RunData, read_run
from breakfix.report.severity_ladder import severity_ladder
from breakfix.report.suite_tables import read_measured, suite_tables
from breakfix.safe_text import plain, shorten
from breakfix.store.files import write_atomic
from breakfix.store.run_folder import RunFolder

TRACED = 15
"""Vulnerabilities with a section of their own."""
_TEMPLATES = Path(__file__).parent / "templates"


def write_report(run: RunFolder) -> Path:
    """Writes `report/index.html` of `run`, finished or not, and returns its path.

    What is missing or damaged is named on the page. Raises RunFolderError only when `run` has no `cycle.json`.
    """
    path = run.root / "report" / "index.html"
    write_atomic(path, render(run))
    return path


def render(run: RunFolder) -> str:
    """The whole page of `run`; the same folder always gives the same text."""
    notes = Notes(run.root)
    data = read_run(run, run.header(), notes)
    lives = lineage.lives(data, notes, most=TRACED)
    read: dict[str, Any] = {"lives": lives, "ladder": severity_ladder(data, notes), "panel": panel_rows(data, notes)}
    chosen = choices(data, notes)
    measured = notes.attempt(lambda: read_measured(run), None)
    read |= {"measured_model": measured, "suite_tables": suite_tables(data, measured)}
    page = environment().get_template("measured.html.j2" if measured else "page.html.j2")
    return page.render(**_sections(data), **read, choices=chosen, problems=notes.problems)


@cache
def environment() -> Any:
    """The template engine: escapes everything, spells out what cannot be seen, and fails on an undefined name."""
    import jinja2

    engine: Any = jinja2.Environment(  # whose filter and global tables are typed by jinja's own entries
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=plain,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    engine.filters |= {"shorten": shorten, "rate": rate_text, "counted": counted}
    engine.globals |= {"harm_titles": TITLES, "better_words": BETTER, "traced": TRACED, "candidate_columns": COLUMNS}
    return engine


def _sections(data: RunData) -> dict[str, Any]:
    """What each part of the page is made from, in reading order."""
    measured = [part for part in data.rounds if part.scores.suites]
    metrics = headline.metric_rows(measured)
    return {
        "data": data,
        "version": metadata.version("breakfix"),
        "verdicts": headline.verdicts(data),
        "reductions": headline.reductions(data),
        "measured": measured,
        "metrics": metrics,
        "bases": headline.bases(metrics, measured),
        "harms": harm_figures(data),
        "tradeoffs": tradeoff_figures(data),
        "maps": heat_maps(data),
        "changes": CHANGES,
        "personas": by_persona({part.number: part.outcomes for part in data.rounds if part.outcomes}, data.correction),
        "languages": by_language([(part.number, part.outcomes) for part in data.rounds]),
        "language_columns": LANGUAGE_COLUMNS,
        "checks": headline.check_rows(data),
        "curves": curve_figures(data),
        "method": method(data),
    }
