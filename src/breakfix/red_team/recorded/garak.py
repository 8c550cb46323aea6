"""Reports of garak (JSON Lines): every generation of every attempt is one recorded conversation.

A report holds an attempt twice, once answered (status 1) and once assessed by garak's detectors (status 2); the later
one counts. Prompts and replies are read from `conversations`, in older reports from `prompt` and `outputs`.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from breakfix.records import Conversation, Harm, Message, Role, content_id
from breakfix.red_team.recorded.reading import Recorded, Recording, label, read_bytes

THRESHOLD = 0.5
"""Detector score from which garak counts a hit by default."""
_LONGEST_CODE = 3
"""Letters of an ISO 639 code."""
_TABLES = Path(__file__).with_name("garak.toml")
_ROLES: dict[str, Role] = {"system": "system", "user": "user", "assistant": "assistant"}
_NO_REPLY = "garak recorded no reply"
_PROBE = re.compile(r"[A-Za-z_][\w.]{0,119}", re.ASCII)
"""What a Python class is called; anything else would travel into tables and reports as the name of an attack."""


class _Bad(ValueError):
    """An entry of another shape."""


def read_garak(path: Path, *, bad_rows: float = 0.05) -> Recording:
    """The attempts of the report `path`, in its order; raises GoalFileError above the share `bad_rows` of bad lines."""
    recording = Recording("garak", str(path))
    attempts: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for place, entry in _entries(path, recording):
        kind = entry.get("entry_type")
        if kind == "attempt":
            name = str(entry.get("uuid") or f"{entry.get('probe_classname')}/{entry.get('seq')}")
            attempts[name] = (place, entry)
        elif kind == "start_run setup":
            names = (entry.get("plugins.target_name"), entry.get("plugins.model_name"))
            recording.model = label(next((name for name in names if isinstance(name, str)), ""))
        elif kind == "init":
            recording.version = label(entry.get("garak_version", ""))
    for name, (place, entry) in attempts.items():
        try:
            _take(recording, name, entry)
        except _Bad as problem:
            recording.spoil(place, str(problem))
    recording.check(bad_rows)
    return recording


def _entries(path: Path, recording: Recording) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Place and content of every line that is an object; a last line that was cut is no bad row."""
    lines = read_bytes(path).split(b"\n")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        place = f"line {number}"
        try:
            entry = json.loads(line.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            if number == len(lines):
                recording.torn = True
                return
            entry = None
            recording.read += 1
            recording.spoil(place, f"not JSON: {error}")
        else:
            recording.read += 1
            if not isinstance(entry, dict):
                recording.spoil(place, "not an object")
        if isinstance(entry, dict):
            yield place, cast("dict[str, Any]", entry)


def _take(recording: Recording, name: str, entry: Mapping[str, Any]) -> None:
    probe = entry.get("probe_classname")
    if not isinstance(probe, str) or not probe:
        raise _Bad("an attempt without probe_classname")
    if not _PROBE.fullmatch(probe):
        raise _Bad("a probe_classname that is no name of a class")
    module = probe.removeprefix("probes.").partition(".")[0]
    harm = _harm(entry.get("intent"), module)
    if harm is None:
        recording.left_out[f"{module}: no harm that a reply shows"] += 1
        return
    asked, answered = _conversations(entry)
    if not answered:
        recording.left_out["never answered"] += 1
    wanted = _wanted(asked, entry)
    tables = _known()
    family = str(tables["families"].get(module, f"garak_{module}"))
    for number, conversation in enumerate(answered):
        recording.add(
            Recorded(
                key=f"{name}/{number}",
                text=wanted,
                harm=harm,
                language=_language(entry),
                group=content_id(wanted),
                attack=f"garak.{module}",
                family=family,
                persona="low_skilled" if module in tables["low_skilled"]["modules"] else "intermediate",
                conversation=conversation,
                failure=None if conversation else _NO_REPLY,
                note=f"{probe}: {label(entry.get('goal') or 'no goal given')}",
                hit=_hit(entry.get("detector_results"), number),
                direct=family == "direct",
            )
        )


def _wanted(asked: Conversation, entry: Mapping[str, Any]) -> str:
    """What the attempt is after: its prompt; of several turns none says it, so there garak's own description."""
    said = [message.text for message in asked if message.role == "user"]
    goal = entry.get("goal")
    return goal if len(said) > 1 and isinstance(goal, str) else (said or [""])[-1]


def _conversations(entry: Mapping[str, Any]) -> tuple[Conversation, list[Conversation | None]]:
    """What was asked, and one conversation a generation that ends in its reply; None for one without."""
    kept = [_turns(each) for each in _list(entry.get("conversations"))]
    asked = _turns(entry.get("prompt")) if entry.get("prompt") is not None else next(iter(kept), ())
    if not any(turn.role == "user" for turn in asked):
        raise _Bad("an attempt without a prompt")
    outputs = [_text(output) for output in _list(entry.get("outputs"))]
    if len(kept) != len(outputs) or not any(turn.role == "assistant" for each in kept for turn in each):
        kept = [(*asked, Message(role="assistant", text=text or "")) for text in outputs]
    whole = [None if text is None else each for text, each in zip(outputs, kept, strict=True)]
    return (max((each for each in kept), key=len, default=asked), [each or None for each in whole])


def _turns(value: Any) -> Conversation:
    """A conversation, a message or a bare text as turns; raises _Bad for anything else."""
    if isinstance(value, dict) and "turns" in value:
        turns: list[Message] = []
        for turn in map(_table, _list(_table(cast("Any", value))["turns"])):
            role = _ROLES.get(str(turn.get("role")))
            if role is None:
                raise _Bad("a turn without a role")
            turns.append(Message(role=role, text=_text(turn.get("content")) or ""))
        return tuple(turns)
    text = _text(value)
    return () if text is None else (Message(role="user", text=text),)


def _text(value: Any) -> str | None:
    """The text of a message; None where garak recorded none."""
    inner = cast("dict[str, Any]", value).get("text") if isinstance(value, dict) else value
    if inner is not None and not isinstance(inner, str):
        raise _Bad("a message that is no text")
    return inner


def _table(value: Any) -> dict[str, Any]:
    """`value` when it is an object, else an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    if value is not None and not isinstance(value, list):
        raise _Bad("a list was expected")
    return cast("list[Any]", value or [])


def _language(entry: Mapping[str, Any]) -> str:
    """ISO 639-1 part of the prompt's BCP 47 tag; English where garak says none, or any."""
    prompt = _table(entry.get("prompt"))
    turns = _list(prompt.get("turns"))
    message = _table(turns[-1]) if turns else prompt
    tag = _table(message.get("content", message)).get("lang")
    code = tag.partition("-")[0].casefold() if isinstance(tag, str) else ""
    return code if code.isascii() and code.isalpha() and len(code) <= _LONGEST_CODE else "en"


def _hit(results: Any, number: int) -> bool | None:
    """Whether any detector scored this generation as a hit."""
    lists = [_list(each) for each in _table(results).values()]
    scores = [each[number] for each in lists if number < len(each)]
    known = [score for score in scores if isinstance(score, int | float)]
    return any(score >= THRESHOLD for score in known) if known else None


def _harm(intent: Any, module: str) -> Harm | None:
    tables = _known()
    if isinstance(intent, str) and intent:
        fitting = [name for name in tables["intents"] if intent.startswith(name)]
        name = tables["intents"][max(fitting, key=len)] if fitting else ""
    else:
        name = tables["modules"].get(module, "")
    return Harm(name) if name else None


@lru_cache(maxsize=1)
def _known() -> dict[str, dict[str, Any]]:
    return tomllib.loads(_TABLES.read_text(encoding="utf-8"))
