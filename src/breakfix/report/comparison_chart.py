"""A comparison as a chart of its own: grouped bars with intervals, published figures hatched and without one."""
# pyright: basic
# matplotlib's stubs leave most artist methods partly unknown

import textwrap
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from breakfix.errors import UsageError
from breakfix.records import Column, Line, Rate, SideBySide
from breakfix.safe_text import visible

_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#b3a300", "#666666")
"""Okabe and Ito's palette, which colour-blind people can tell apart; its yellow is darker here, for white paper."""
_INK, _MUTED = "#222222", "#666666"
_BAR = 0.17
"""Height of a bar in inches."""
_LABEL = 34
"""Characters of a line's label before it is wrapped."""
_SUFFIXES = (".svg", ".png")
_NOTES = 110
_ARROWS = {"low": "↓", "high": "↑", "zero": "nearer to 0"}
"""Characters of a line of notes."""


def check_chart_file(path: Path) -> None:
    """Raises UsageError for a file that is neither SVG nor PNG."""
    if path.suffix.lower() not in _SUFFIXES:
        raise UsageError(
            f"a chart cannot be written as {path.suffix or 'a file without ending'!r}", hint="FILE.svg or .png"
        )


def write_chart(found: SideBySide, path: Path) -> None:
    """Writes the chart to `path`; a panel for shares in percent, one for every other figure on its own scale.

    Raises UsageError for another ending than .svg or .png, or where nothing was measured.
    """
    check_chart_file(path)
    import matplotlib as mpl
    from matplotlib.figure import Figure

    panels = _panels(found)
    if not panels:
        raise UsageError("no figure of the comparison has a value", hint="compare runs that share a suite")
    settings: Any = {"svg.fonttype": "none", "svg.hashsalt": "breakfix", "text.parse_math": False, "font.size": 9.0}
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing from font")
        mpl.rcdefaults()
        mpl.rcParams.update(settings)
        rows = [len(lines) * (len(found.columns) + 1.2) for lines in panels]
        notes = _notes(found)
        height = sum(rows) * _BAR + 0.75 * len(panels) + 0.55 + 0.16 * len(found.columns) + 0.15 * len(notes)
        figure = Figure(figsize=(8.2, height), layout="constrained")
        drawn = figure.subplots(len(panels), 1, squeeze=False, height_ratios=rows)[:, 0]
        for axes, lines in zip(drawn, panels, strict=True):
            _panel(axes, lines, found)
        handles, names = drawn[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside upper left", frameon=False, ncols=1)
        figure.supxlabel("\n".join(notes), fontsize=7, color=_MUTED, x=0.01, ha="left")
        metadata = {"Date": None} if path.suffix.lower() == ".svg" else {}
        figure.savefig(path, dpi=150, metadata=metadata)


def _panels(found: SideBySide) -> list[list[Line]]:
    known = [line for line in found.lines if any(cell is not None and cell.value is not None for cell in line.cells)]
    shares = [line for line in known if line.metric.unit == "share"]
    return [panel for panel in (shares, *([line] for line in known if line.metric.unit != "share")) if panel]


def _panel(axes: Any, lines: Sequence[Line], found: SideBySide) -> None:
    block, share = len(found.columns) + 1.2, lines[0].metric.unit == "share"
    for place, line in enumerate(lines):
        for row, cell in enumerate(line.cells):
            _bar(axes, cell, found.columns[row], place * block + row, _COLOURS[row % len(_COLOURS)])
    middles = [place * block + (len(found.columns) - 1) / 2 for place in range(len(lines))]
    axes.set_yticks(middles, [_label(line) for line in lines])
    axes.set_ylim(len(lines) * block - 0.6, -1.0)
    axes.set_xlim(left=min(0.0, axes.get_xlim()[0]))
    axes.set_xlabel("%" if share else "on the figure's own scale", color=_MUTED)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)


def _bar(axes: Any, cell: Rate | None, column: Column, y: float, colour: str) -> None:
    scale = 1 if cell is None or cell.unit == "number" else 100
    style = {"facecolor": "white", "edgecolor": colour, "hatch": "////"} if column.published else {"color": colour}
    value = 0.0 if cell is None or cell.value is None else scale * cell.value
    axes.barh(y, value, height=0.85, label=visible(column.title) if _first(axes, column.title) else None, **style)
    if cell is None or cell.value is None:
        axes.annotate("not measured", (0, y), (3, 0), textcoords="offset points", va="center", fontsize=7, color=_MUTED)
        return
    end = value
    if cell.low is not None and cell.high is not None:
        axes.plot([scale * cell.low, scale * cell.high], [y, y], color=_INK, linewidth=1.0, solid_capstyle="butt")
        end = max(value, scale * cell.high)
    text = f"{value:.1f}" if scale > 1 else f"{value:#.3g}"
    count = f"  n={cell.of}" if cell.of else ""
    axes.annotate(f"{text}{count}", (end, y), (4, 0), textcoords="offset points", va="center", fontsize=7, color=_INK)


def _first(axes: Any, title: str) -> bool:
    return visible(title) not in axes.get_legend_handles_labels()[1]


def _label(line: Line) -> str:
    title = textwrap.fill(visible(line.metric.title), _LABEL, max_lines=2, placeholder=" …")
    return f"{title}\n{line.suite}, {_ARROWS[line.metric.better]} better"


def _notes(found: SideBySide) -> list[str]:
    texts = [f"Bars: the {found.split} split; lines: {found.confidence:.0%} intervals.", *found.notes]
    return [part for text in texts for part in textwrap.wrap(visible(text), _NOTES)]
