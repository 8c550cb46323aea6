"""Reads JSON lines (plain or gzip) and turns their values into conversations, with errors that name the line."""

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from breakfix.errors import ConfigError
from breakfix.records import Conversation, Harm, Intent, Message, Provenance, assistant, user

Row = Mapping[str, Any]
_GZIP = b"\x1f\x8b"


def existing(path: Path) -> Path:
    """`path`, which must be a file; raises ConfigError otherwise, before any work starts."""
    if not path.is_file():
        raise ConfigError("no such file", where=str(path), hint="mend `path` of the source in [curate] sources")
    return path


def json_rows(path: Path) -> Iterator[tuple[int, Row]]:
    """Line number (from 1) and object of every line that is not blank; raises ConfigError that names a bad line."""
    number = 0
    try:
        with path.open("rb") as probe:
            packed = probe.read(2) == _GZIP
        with gzip.open(path, "rb") if packed else path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
                if text.strip():
                    yield number, _object(json.loads(text))
    except (UnicodeDecodeError, json.JSONDecodeError, TypeError) as error:
        raise ConfigError(
            f"not a JSON object in UTF-8: {error}", where=f"{path}, line {number}", hint="one JSON object per line"
        ) from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ConfigError(f"damaged gzip file: {error}", where=str(path), hint="fetch the file again") from None


def needed(row: Row, names: Sequence[str], where: str) -> Any:
    """The value under the first of `names` that the row has; raises ConfigError that lists the row's columns."""
    for name in names:
        if name in row:
            return row[name]
    raise ConfigError(
        f"no column {' or '.join(repr(name) for name in names)}; there are {', '.join(sorted(row)) or 'none'}",
        where=where,
        hint="rename the columns of the file or choose another source plug-in",
    )


def conversation(value: Any, where: str) -> Conversation:
    """A conversation from a string (one user turn) or a list of messages with `role` and `content` (or `text`).

    A message with another role or without text becomes an empty user turn: the row is then dropped and recorded.
    """
    if isinstance(value, str):
        return (user(value),)
    if isinstance(value, list):
        return tuple(_message(item) for item in cast("list[Any]", value))
    raise ConfigError(f"a prompt is a text or a list of messages, not {type(value).__name__}", where=where)


def reply_text(value: Any, where: str) -> str:
    """The assistant's text: the string itself, or the last message of a list."""
    turns = (assistant(value),) if isinstance(value, str) else conversation(value, where)
    return turns[-1].text if turns and turns[-1].role == "assistant" else ""


def meaning(row: Row, harm: Harm, intent: Intent, where: str) -> tuple[Harm, Intent]:
    """Harm and intent of a row: its own columns where it has them, else the given ones."""
    named, meant = row.get("harm", harm), row.get("intent", intent)
    if named not in {item.value for item in Harm}:
        raise ConfigError(f"unknown harm {named!r}", where=where, hint=f"one of {', '.join(Harm)}")
    if meant not in ("harmful", "benign"):
        raise ConfigError(f"unknown intent {meant!r}", where=where, hint="'harmful' or 'benign'")
    return Harm(named), meant


def origin(path: Path, number: int, licence: str) -> Provenance:
    """The provenance of line `number`; curation fills in the round."""
    return Provenance(
        source=path.name, row=str(number), licence=licence, operation="source", written_by="dataset", round=0
    )


def _object(value: Any) -> Row:
    if not isinstance(value, dict):
        raise TypeError(f"a {type(value).__name__}")
    return cast("dict[str, Any]", value)


def _message(item: Any) -> Message:
    if not isinstance(item, dict):
        return user("")
    fields = cast("dict[str, Any]", item)
    role, text = fields.get("role"), fields.get("content", fields.get("text"))
    if role not in ("system", "user", "assistant") or not isinstance(text, str):
        return user("")
    return Message(role=role, text=text)
