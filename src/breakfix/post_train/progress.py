"""Following a job from outside: its steps file becomes a progress bar of optimiser steps per phase."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from breakfix.post_train.layout import PhaseName
from breakfix.protocols import Progress

_TITLES: Mapping[PhaseName, str] = {"sft": "post-train: SFT steps", "dpo": "post-train: DPO steps"}


class StepsBar:
    """Turns the growth of `steps.jsonl` into calls to `progress`; a bar never goes back when the file is cut."""

    def __init__(self, path: Path, totals: Mapping[PhaseName, int], progress: Progress) -> None:
        """`totals` are the planned optimiser steps of each phase, in order."""
        self._path, self._progress = path, progress
        self._waiting = list(totals.items())
        self._phase: PhaseName | None = None
        self._total = self._shown = 0
        self._known: tuple[int, Counter[str]] = (0, Counter())

    def update(self) -> None:
        """Shows what was logged since the last call."""
        counts = self._counts()
        while self._waiting and (self._phase is None or counts[self._waiting[0][0]]):
            self._begin_next()
        if self._phase is not None:
            self._show(counts[self._phase])

    def finish(self) -> None:
        """Fills every bar, after the job has ended well (dropped rows make a phase shorter than planned)."""
        while self._waiting:
            self._begin_next()
        self._show(self._total)

    def _begin_next(self) -> None:
        self._show(self._total)
        self._phase, self._total = self._waiting.pop(0)
        self._shown = 0
        self._progress.begin(_TITLES[self._phase], self._total)

    def _show(self, steps: int) -> None:
        if steps > self._shown:
            self._progress.advance(steps - self._shown)
            self._shown = steps

    def _counts(self) -> Counter[str]:
        size = self._path.stat().st_size if self._path.exists() else 0
        if size != self._known[0]:
            lines = self._path.read_bytes().split(b"\n")[:-1]
            self._known = (size, Counter(json.loads(line)["phase"] for line in lines))
        return self._known[1]
