"""The manifest of a finished stage: written last and atomically, so its presence means the stage is done."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from breakfix.errors import RunFolderError
from breakfix.records import Record
from breakfix.store.digest import file_digest, value_digest
from breakfix.store.files import write_atomic

NAME = "manifest.json"
RULE = 1
"""Version of the fingerprint rule below."""


class FileEntry(Record):
    """One file that a stage read or wrote."""

    path: str
    """Relative to the run folder."""
    sha256: str
    rows: int | None = None
    """Line count for row files."""


class Manifest(Record):
    """What a stage did, from what, into what."""

    rule: int
    stage: str
    stage_version: int
    fingerprint: str
    parts: dict[str, Any]
    """What the fingerprint was made of; `explain` compares these."""
    inputs: tuple[FileEntry, ...]
    outputs: tuple[FileEntry, ...]
    started: str
    seconds: float
    """Wall time spent, all sessions of the stage together where known."""
    failures: int
    summary: dict[str, Any]
    """The stage's headline numbers."""


def fingerprint(parts: dict[str, Any]) -> str:
    """What identifies a stage's work: stage, version, its settings, plug-ins with options, inputs and seed.

    Commit, machine, batch size and retries are left out on purpose: they must not change a result.
    """
    return value_digest({"rule": RULE, **parts})


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Marks the stage in `folder` as done."""
    write_atomic(folder / NAME, manifest.model_dump_json(indent=1) + "\n")


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest in `folder`; None while the stage is not finished."""
    path = folder / NAME
    if not path.exists():
        return None
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise RunFolderError(
            f"not a manifest of this version: {error.errors(include_url=False)[0]['msg']}",
            where=str(path),
            hint="read it with the breakfix version that wrote it, or start a new run",
        ) from None


def file_entry(root: Path, path: Path) -> FileEntry:
    """Digest (and, for JSONL, line count) of a file below the run folder `root`."""
    rows = None
    if path.suffix == ".jsonl":
        with path.open("rb") as file:
            rows = sum(1 for _ in file)
    return FileEntry(path=path.relative_to(root).as_posix(), sha256=file_digest(path), rows=rows)
