"""The run's journal: what happened and when, one JSON line per event."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from breakfix.store.files import storage

NAME = "journal.jsonl"


def note(root: Path, event: str, **details: Any) -> None:
    """Appends one event; a torn last line of a killed run is closed first, so that every line stays readable."""
    path = root / NAME
    line = json.dumps({"at": now(), "event": event, **details}, ensure_ascii=False)
    with storage(path), path.open("ab+") as file:
        if file.tell() > 0:
            file.seek(-1, 2)
            if file.read(1) != b"\n":
                file.write(b"\n")
        file.write(line.encode("utf-8") + b"\n")


def events(root: Path) -> list[dict[str, Any]]:
    """All readable events, oldest first."""
    path = root / NAME
    if not path.exists():
        return []
    found: list[dict[str, Any]] = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            continue  # a line torn by a kill; the journal is for people, results live in manifests
    return found


def now() -> str:
    """The current time, UTC, in ISO 8601 to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
