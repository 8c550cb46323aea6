"""The folder of a run: where everything is, who may write, and which version wrote it."""

import fcntl
import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from breakfix.errors import RunFolderError
from breakfix.store.files import storage, write_atomic

LAYOUT = 1
"""Version of the folder's layout."""
STAGES = ("curate", "post_train", "benchmark", "red_team", "identify")
ALL_STAGES = (*STAGES, "attacker")
"""The five, and the one that only some runs have."""


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A run on disk."""

    root: Path

    @property
    def name(self) -> str:
        """The run's name."""
        return self.root.name

    def round(self, number: int) -> Path:
        """Folder of a round; 0 is the unfixed model."""
        return self.root / "rounds" / f"{number:02d}"

    def stage(self, number: int, stage: str) -> Path:
        """Folder of one stage of one round."""
        return self.round(number) / f"{ALL_STAGES.index(stage) + 1}-{stage}"

    def rounds(self) -> list[int]:
        """Numbers of the rounds that were begun."""
        return sorted(int(path.name) for path in (self.root / "rounds").glob("[0-9][0-9]"))

    def header(self) -> dict[str, Any]:
        """`cycle.json`: the resolved configuration, versions and seed."""
        return _read_header(self.root)

    @contextmanager
    def writing(self) -> Generator[None]:
        """Holds the run's lock; raises RunFolderError when another process has it."""
        with storage(self.root), (self.root / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RunFolderError(
                    "another breakfix process is working on this run",
                    where=str(self.root),
                    hint="wait for it, or give this run another name",
                ) from None
            yield


def create_run(root: Path, header: dict[str, Any]) -> RunFolder:
    """A new run folder, or the existing one; its `cycle.json` is written once and never edited."""
    if (root / "cycle.json").exists():
        return open_run(root)
    if root.exists() and any(path.name != "lock" for path in root.iterdir()):
        raise RunFolderError(
            "the folder exists but is not a run", where=str(root), hint="choose another name or empty it"
        )
    write_atomic(root / "cycle.json", json.dumps({"layout": LAYOUT, **header}, indent=1, ensure_ascii=False) + "\n")
    return RunFolder(root)


def open_run(root: Path) -> RunFolder:
    """The run in folder `root`; raises RunFolderError when it is none or of another version."""
    layout = _read_header(root).get("layout")
    if layout != LAYOUT:
        raise RunFolderError(
            f"the run has layout {layout}, this breakfix reads layout {LAYOUT}",
            where=str(root),
            hint="open it with the breakfix version named in its cycle.json",
        )
    return RunFolder(root)


def _read_header(root: Path) -> dict[str, Any]:
    try:
        return json.loads((root / "cycle.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise RunFolderError("no run here", where=str(root), hint="`breakfix status` lists the runs") from None
    except json.JSONDecodeError:
        raise RunFolderError("cycle.json is damaged", where=str(root), hint="restore it or start a new run") from None
