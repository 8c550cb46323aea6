"""Goals from a garak report: the prompts of its probes that ask in plain words."""

from pathlib import Path

from breakfix.protocols import GoalSet
from breakfix.red_team.goal_sets import Goals
from breakfix.red_team.recorded.garak import read_garak
from breakfix.red_team.recorded.reading import Recording, once


def goals(*, path: str, bad_rows: float = 0.05) -> GoalSet:
    """Every plain prompt of the report once (probes such as donotanswer, lmrc, malwaregen, realtoxicityprompts).

    Prompts of other probes are attacks around a goal and not goals; they are left out and counted (`left_out`). Import
    them with their replies by `breakfix import garak`. The licence of garak's prompts differs from probe to probe.

    Args:
        path: A `.report.jsonl` file.
        bad_rows: Share of its lines that may be malformed.
    """
    report: list[Recording] = []

    def recording() -> Recording:
        if not report:
            report.append(read_garak(Path(path).expanduser(), bad_rows=bad_rows))
        return report[0]

    return Goals(read=lambda: once(recording()), count_left_out=lambda: _left_out(recording()))


def _left_out(report: Recording) -> dict[str, int]:
    attacks = sum(not row.direct for row in report.rows)
    return {**report.left_out, **({"an attack, not a goal": attacks} if attacks else {})}
