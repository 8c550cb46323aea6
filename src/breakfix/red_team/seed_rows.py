"""Rows of somebody's seed set as goals: columns found, categories mapped, every bad row named."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, cast

from breakfix.config import nearest
from breakfix.errors import GoalFileError
from breakfix.exclusion import excluded
from breakfix.records import Goal, Harm, Intent, content_id, harm_of

_USUAL: dict[str, tuple[str, ...]] = {
    "text": (
        *("goal", "text", "prompt", "behavior", "behaviour", "question", "query", "instruction", "value"),
        *("forbidden_prompt", "user_prompt", "request", "content", "seed"),
    ),
    "harm": ("harm", "harm_category", "harm_categories", "category", "semanticcategory", "harms", "hazard", "topic"),
    "intent": ("intent",),
    "group": ("group", "group_id"),
    "language": ("language", "lang"),
}
"""Usual column names in order of preference; case does not matter."""
SHARED_GROUP = "shared_group"
"""Column of a group's whole name, of whatever set: the row shares the split of that group's other goals."""
_INTENTS: dict[str, Intent] = {
    "harmful": "harmful",
    "unsafe": "harmful",
    "malicious": "harmful",
    "benign": "benign",
    "safe": "benign",
    "harmless": "benign",
}


@dataclass(frozen=True, slots=True)
class SeedRow:
    """One row as it was read."""

    place: str
    """Where it stands in its file, such as `line 7`."""
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds what; None takes the first of the usual names that is there."""

    text: str | None = None
    harm: str | None = None
    intent: str | None = None
    group: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """How rows become goals."""

    where: str
    """File or data set, for error messages."""
    source: str
    """Name of the set in rows and reports."""
    licence: str
    columns: Columns
    harm: Harm | None
    """Harm of all rows; None reads it from a column."""
    intent: Intent
    """Intent of rows without an intent column."""
    language: str
    """Language of rows without a language column."""
    unknown_harm: Literal["error", "other"]
    repeated: Literal["error", "drop"]

    @classmethod
    def of_harmful_set(cls, where: str, *, source: str, licence: str) -> Self:
        """How a published set is read whose rows all ask for harm: in which harm, group and language, each row says."""
        return cls(
            where=where,
            source=source,
            licence=licence,
            columns=Columns("text", "harm", None, "group", "language"),
            harm=None,
            intent="harmful",
            language="en",
            unknown_harm="error",
            repeated="drop",
        )


def goals_of_rows(rows: Iterable[SeedRow], reading: Reading) -> Iterator[Goal | None]:
    """One goal per row, in order, None for an excluded one; raises GoalFileError for the first bad row, or for no row.

    The split is only a place holder: whoever uses the goals assigns splits over all of them.
    """
    columns: Columns | None = None
    places: dict[str, str] = {}
    for row in rows:
        columns = columns or _found(row, reading)
        if excluded(" ".join((*_all(row, columns.harm), *_all(row, columns.text)))):
            yield None
            continue
        goal = _goal(row, columns, reading)
        if goal.id not in places:
            places[goal.id] = row.place
            yield goal
        elif reading.repeated == "error":
            raise GoalFileError(
                f"the same goal as in {places[goal.id]}",
                where=f"{reading.where}, {row.place}",
                hint='remove one of them, or set repeated = "drop"',
            )
    if columns is None:
        raise GoalFileError("there is no row in it", where=reading.where, hint="give a set with at least one goal")


def _found(row: SeedRow, reading: Reading) -> Columns:
    """The columns of this set; raises when a named one, or any for the text, is missing."""
    names = {name.strip().casefold(): name for name in row.fields}
    found: dict[str, str | None] = {}
    for what, usual in _USUAL.items():
        wanted: str | None = getattr(reading.columns, what)
        if wanted is not None and wanted not in row.fields:
            raise _no_column(wanted, row, reading)
        found[what] = wanted or next((names[name] for name in usual if name in names), None)
    if found["text"] is None:
        listed = ", ".join(repr(name) for name in row.fields) or "none"
        raise GoalFileError(
            f"no column looks like the text of a goal; the columns are {listed}"[:400],
            where=reading.where,
            hint="name it with column_text; for a file without a header line set header = false and column_text = '1'",
        )
    return Columns(**found)


def _no_column(wanted: str, row: SeedRow, reading: Reading) -> GoalFileError:
    near = nearest(wanted, list(row.fields))
    listed = ", ".join(repr(name) for name in row.fields)
    return GoalFileError(
        f"there is no column {wanted!r}" + (f"; did you mean {near!r}?" if near else ""),
        where=f"{reading.where}, {row.place}",
        hint=f"the columns are {listed}"[:400],
    )


def _goal(row: SeedRow, columns: Columns, reading: Reading) -> Goal:
    text = _text(row, columns, reading)
    intent = _intent(row, columns, reading)
    harm = _harm(row, columns, reading, intent=intent)
    language = _first(row, columns.language) or reading.language
    own = content_id(text, harm, intent, language)
    return Goal(
        id=own,
        harm=harm,
        text=text,
        intent=intent,
        language=language,
        group=_first(row, SHARED_GROUP) or f"{reading.source}/{_first(row, columns.group) or own}",
        split="train",
        source=reading.source,
        licence=reading.licence,
    )


def _text(row: SeedRow, columns: Columns, reading: Reading) -> str:
    value = row.fields.get(columns.text or "")
    if not isinstance(value, str):
        raise _bad("there is no text" if value is None else "not a text", row, columns.text, reading)
    if not value.strip():
        raise _bad("the text is empty", row, columns.text, reading)
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        raise _bad("the text holds half a character (a lone surrogate)", row, columns.text, reading)
    return value.strip()


def _intent(row: SeedRow, columns: Columns, reading: Reading) -> Intent:
    name = _first(row, columns.intent)
    if not name:
        return reading.intent
    if name.casefold() not in _INTENTS:
        raise _bad(f"unknown intent {name!r}", row, columns.intent, reading, hint=f"known: {', '.join(_INTENTS)}")
    return _INTENTS[name.casefold()]


def _harm(row: SeedRow, columns: Columns, reading: Reading, *, intent: Intent) -> Harm:
    if reading.harm is not None:
        return reading.harm
    names = _all(row, columns.harm)
    known = next((harm for harm in map(harm_of, names) if harm is not None), None)
    if known is not None and not (known is Harm.NONE and intent == "harmful"):
        return known
    if not names and intent == "benign":
        return Harm.NONE
    if reading.unknown_harm == "other":
        return Harm.OTHER
    raise _bad(
        f"unknown harm {', '.join(names)!r}" if names else "no harm is given",
        row,
        columns.harm,
        reading,
        hint=f'set unknown_harm = "other", or harm = ... for all rows; known: {", ".join(Harm)}',
    )


def _first(row: SeedRow, column: str | None) -> str:
    return next(iter(_all(row, column)), "")


def _all(row: SeedRow, column: str | None) -> tuple[str, ...]:
    """The non-empty texts in a field that holds a text, a number or a list of them."""
    value = None if column is None else row.fields.get(column)
    parts = cast("list[Any]", value) if isinstance(value, list | tuple) else [value]
    return tuple(text for text in (str(part).strip() for part in parts if part is not None) if text)


def _bad(what: str, row: SeedRow, column: str | None, reading: Reading, hint: str | None = None) -> GoalFileError:
    place = f"{reading.where}, {row.place}" + (f", column {column!r}" if column else "")
    return GoalFileError(what, where=place, hint=hint or "mend or remove the row")
