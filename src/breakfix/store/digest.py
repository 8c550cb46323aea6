"""SHA-256 of files, folders and values."""

import hashlib
from pathlib import Path
from typing import Any

from breakfix.records import canonical_json


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_digest(folder: Path, patterns: tuple[str, ...] = ("*",)) -> str:
    """SHA-256 over the names and digests of the files of `folder` that match a pattern, in name order."""
    paths = sorted({path for pattern in patterns for path in folder.glob(pattern) if path.is_file()})
    return value_digest([(path.name, file_digest(path)) for path in paths])


def value_digest(value: Any) -> str:
    """SHA-256 of a value's canonical JSON; key order does not matter."""
    return hashlib.sha256(canonical_json(value).encode("utf-8", "surrogatepass")).hexdigest()
