"""Results as LaTeX tables for a paper (package booktabs), every text escaped."""

from collections.abc import Iterable

from breakfix.report.results.gather import ResultRow, Results
from breakfix.report.results.lines import Line, line_of
from breakfix.safe_text import shorten

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "–": "--",
    "−": "$-$",
    "×": r"$\times$",
    "≥": r"$\geq$",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "\n": " ",
}
_LONGEST = 200
_ARROWS = {"lower": r"$\downarrow$", "higher": r"$\uparrow$"}
_HEAD = ("Suite", "Figure", "", "Value", "95\\,\\% interval", "$n$", "und.", "Judge", "Corrected")


def as_latex(results: Results) -> str:
    """One table with the five RAI rows, where there are any, and one with the rest."""
    rest = [row for row in results.rows if row not in results.rai]
    head = "% \\usepackage{booktabs}; written by breakfix " + latex(results.breakfix) + "\n"
    tables = [
        _table(rows, f"{title} of {latex(results.model)} ({latex(results.run)}, round {results.number}).", name)
        for rows, title, name in (
            (results.rai, "Responsible-AI suite", "rai"),
            (rest, "Further suites" if results.rai else "Suites", "suites"),
        )
        if rows
    ]
    return head + "\n".join(tables)


def latex(text: str) -> str:
    """`text` as LaTeX that prints it: no command, no invisible character, only ASCII where that can be said."""
    shown = "".join(_SPECIAL.get(char, char) for char in shorten(text, _LONGEST))
    return "".join(char if char.isascii() or char.isalpha() else "?" for char in shown)


def _table(rows: Iterable[ResultRow], caption: str, label: str) -> str:
    lines = [line_of(row) for row in rows]
    body = "\n".join(_row(line, lines[place - 1] if place else None) for place, line in enumerate(lines))
    unknown = "".join(
        f" {latex(line.suite)}, {latex(line.title)}: {latex(line.why_not)}." for line in lines if line.why_not
    )
    return (
        "\\begin{table}\n\\centering\n\\small\n"
        f"\\caption{{{caption} $\\downarrow$: lower is better, $0$: nearer to 0; und.: undetermined, in no "
        f"figure; corrected for the judge's errors where those are known.{unknown}}}\n\\label{{tab:{label}}}\n"
        "\\begin{tabular}{@{}llcrlrrll@{}}\n\\toprule\n"
        f"{' & '.join(_HEAD)} \\\\\n\\midrule\n{body}\n\\bottomrule\n\\end{{tabular}}\n\\end{{table}}\n"
    )


def _row(line: Line, above: Line | None) -> str:
    """A table row; a suite's name stands on its first line only."""
    name = "" if above is not None and above.suite == line.suite else latex(line.suite)
    arrow = _ARROWS.get(line.better, "$0$")
    cells = (line.value, line.interval, line.n, line.undetermined, line.judge, line.corrected)
    return " & ".join((name, latex(line.title), arrow, *map(latex, cells))) + r" \\"
