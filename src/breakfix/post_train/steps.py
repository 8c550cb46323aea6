"""The series of training steps: one consistent file, whatever was killed in between."""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from breakfix.post_train.alarms import PREFIX, WINDOW, check_step
from breakfix.records import TrainingStep
from breakfix.store.rows import append_rows, read_rows, write_rows

_ENDS = 5


class StepFile:
    """Appends training steps; a step that was logged before, by a killed session, cuts the file back to before it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._steps = list(read_rows(path, TrainingStep))
        if path.exists():
            write_rows(path, self._steps)  # without the torn last line of a killed session

    def __call__(self, step: TrainingStep) -> None:
        """Checks, watches and stores `step`; raises TrainingFailed when its loss is not a finite number."""
        if self._logged_before(step):
            self._steps = [old for old in self._steps if old.phase != step.phase or old.step < step.step]
            write_rows(self._path, self._steps)
        recent = [old for old in self._steps[1 - WINDOW :] if old.phase == step.phase]
        checked = check_step(recent, step)
        append_rows(self._path, [checked])
        self._steps.append(checked)

    def _logged_before(self, step: TrainingStep) -> bool:
        last = next((old for old in reversed(self._steps) if old.phase == step.phase), None)
        return last is not None and last.step >= step.step


def summarise(steps: Sequence[TrainingStep]) -> dict[str, Any]:
    """Headline numbers of one phase's steps; first and last loss are means over up to five steps each."""
    if not steps:
        return {"steps": 0}
    alarms: dict[str, int] = {}
    for step in steps:
        for name in step.values:
            if name.startswith(PREFIX):
                alarms[name.removeprefix(PREFIX)] = alarms.get(name.removeprefix(PREFIX), 0) + 1
    return {
        "steps": len(steps),
        "first_loss": round(fmean(step.loss for step in steps[:_ENDS]), 4),
        "last_loss": round(fmean(step.loss for step in steps[-_ENDS:]), 4),
        "alarms": alarms,
    }
