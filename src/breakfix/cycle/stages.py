"""Running one stage: skip what is finished, refuse what no longer matches, write the manifest last."""

import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from breakfix.errors import BreakfixError, StaleStage
from breakfix.records import canonical_json
from breakfix.store import journal
from breakfix.store.files import write_atomic
from breakfix.store.manifest import RULE, Manifest, file_entry, fingerprint, read_manifest, write_manifest
from breakfix.store.outcome import StageOutcome
from breakfix.store.run_folder import ALL_STAGES, RunFolder

_BEGUN = "begun.json"


@dataclass(frozen=True, slots=True)
class StageKey:
    """Which stage of which round."""

    round: int
    stage: str

    def __str__(self) -> str:
        """As the user types it: `1/curate`."""
        return f"{self.round}/{self.stage}"

    @property
    def order(self) -> tuple[int, int]:
        """Position in the run."""
        return (self.round, ALL_STAGES.index(self.stage))


def finish_stage(
    run: RunFolder,
    key: StageKey,
    parts: dict[str, Any],
    *,
    inputs: Sequence[Path],
    work: Callable[[Path], StageOutcome],
) -> Manifest:
    """The manifest of a stage: of the finished one if it matches `parts`, else of the work done here.

    Raises StaleStage when finished or half-finished work was made from something else than `parts`.
    """
    folder = run.stage(key.round, key.stage)
    entries = tuple(file_entry(run.root, path) for path in inputs)
    parts = {"stage": key.stage, **parts, "inputs": {entry.path: entry.sha256 for entry in entries}}
    mark = fingerprint(parts)
    done = read_manifest(folder)
    if done is not None:
        _refuse_stale(key, done.fingerprint, mark)
        return done
    _begin(folder, key, mark, parts)
    journal.note(run.root, "started", stage=str(key))
    began, clock = journal.now(), time.monotonic()
    try:
        outcome = work(folder)
    except (BreakfixError, KeyboardInterrupt) as error:
        journal.note(run.root, "failed", stage=str(key), why=str(error) or type(error).__name__)
        raise
    manifest = Manifest(
        rule=RULE,
        stage=key.stage,
        stage_version=int(parts["version"]),
        fingerprint=mark,
        parts=parts,
        inputs=entries,
        outputs=tuple(file_entry(run.root, folder / name) for name in outcome.outputs),
        started=began,
        seconds=round(time.monotonic() - clock, 1),
        failures=outcome.failures,
        summary=outcome.summary,
    )
    write_manifest(folder, manifest)
    journal.note(run.root, "finished", stage=str(key), seconds=manifest.seconds)
    return manifest


def redo_from(run: RunFolder, key: StageKey) -> list[StageKey]:
    """Puts `key` and every later stage aside (below `replaced/`), so that they run again; returns what was moved."""
    moved: list[StageKey] = []
    shelf = run.root / "replaced" / f"{len(list((run.root / 'replaced').glob('*'))):03d}"
    for number in run.rounds():
        for stage in ALL_STAGES:
            later, folder = StageKey(number, stage), run.stage(number, stage)
            if later.order >= key.order and folder.exists():
                target = shelf / f"{number:02d}" / folder.name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(folder, target)
                moved.append(later)
    if moved:
        journal.note(run.root, "redo", stages=[str(item) for item in moved], kept_in=shelf.name)
    return moved


def _begin(folder: Path, key: StageKey, mark: str, parts: dict[str, Any]) -> None:
    """Notes what half-finished work is made from, so that it is never mixed with work made from something else."""
    path = folder / _BEGUN
    text = canonical_json({"fingerprint": mark, "parts": parts})
    if path.exists():
        before = path.read_text(encoding="utf-8")
        if before != text:
            _refuse_stale(key, before, text)
        return
    write_atomic(path, text)


def begun_parts(folder: Path) -> dict[str, Any] | None:
    """What the half-finished or finished stage in `folder` was made from; None when it never began."""
    path = folder / _BEGUN
    return json.loads(path.read_text(encoding="utf-8"))["parts"] if path.exists() else None


def _refuse_stale(key: StageKey, had: str, wanted: str) -> None:
    if had != wanted:
        raise StaleStage(
            f"stage {key} was made from other settings or inputs than it would be now",
            hint=f"`breakfix explain` says what changed; `--from {key}` makes it and everything after it again",
        )
