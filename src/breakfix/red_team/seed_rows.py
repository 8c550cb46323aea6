"""Rows of a seed file as goals: columns found, categories mapped, every bad row named."""

import csv
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from breakfix.errors import GoalFileError
from breakfix.exclusion import sexual_about_minors
from breakfix.records import Goal, Harm, Intent, content_id
from breakfix.red_team.splits import assign_splits

TEXT_COLUMNS = (
    "goal",
    "prompt",
    "text",
    "value",
    "behavior",
    "question",
    "instruction",
    "seed",
    "user_prompt",
    "query",
)
HARM_COLUMNS = ("harm", "category", "harm_category", "harm_categories", "semanticcategory", "type", "topic")
_HARM_WORDS: tuple[tuple[Harm, tuple[str, ...]], ...] = (
    (Harm.SELF_HARM, ("self-harm", "self_harm", "self harm", "suicide", "selfharm", "eating disorder")),
    (Harm.SEXUAL, ("sexual", "adult content", "porn")),
    (Harm.HATE, ("hate", "discriminat", "harass", "racis", "bias", "unfair")),
    (Harm.WEAPONS, ("weapon", "chemical", "biological", "explosive", "dangerous goods", "cbrn")),
    (Harm.CYBERCRIME, ("cyber", "malware", "hack", "phishing kit", "computer")),
    (Harm.FRAUD, ("fraud", "scam", "phishing", "deception", "economic harm", "financial")),
    (Harm.PRIVACY, ("privacy", "doxx", "personal data", "surveillance")),
    (Harm.MISINFORMATION, ("misinformation", "disinformation", "conspiracy", "election", "information integrity")),
    (Harm.ILLEGAL_ACTS, ("illegal", "drug", "theft", "crime", "regulated")),
    (Harm.VIOLENCE, ("violence", "physical harm", "terror", "murder", "violent")),
)
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SeedColumns:
    """Names of the columns to read; empty for the usual names."""

    text: str = ""
    harm: str = ""


@dataclass(frozen=True, slots=True)
class SeedFile:
    """A file that is read when its goals are asked for."""

    path: Path
    format: str
    columns: SeedColumns
    harm: Harm | None
    intent: Intent
    language: str
    licence: str
    encoding: str

    def goals(self) -> list[Goal]:
        """One goal a row; raises GoalFileError that names the file, the row and the column."""
        return goals_of_rows(
            self._rows(),
            where=str(self.path),
            columns=self.columns,
            harm=self.harm,
            intent=self.intent,
            language=self.language,
            licence=self.licence,
        )

    def _rows(self) -> list[dict[str, str]]:
        kinds = {".csv": "csv", ".jsonl": "jsonl", ".yaml": "yaml", ".yml": "yaml", ".txt": "text"}
        kind = kinds.get(self.path.suffix.lower(), "text") if self.format == "auto" else self.format
        readers = {"csv": _csv_rows, "jsonl": _jsonl_rows, "yaml": _yaml_rows, "text": _text_rows}
        try:
            return readers[kind](self.path.read_text(encoding=self.encoding), str(self.path))
        except FileNotFoundError:
            raise GoalFileError("no such file", where=str(self.path)) from None
        except (UnicodeDecodeError, LookupError) as error:
            raise GoalFileError(
                f"the file cannot be read as {self.encoding}: {error}",
                where=str(self.path),
                hint="name its encoding, such as encoding = 'latin-1'",
            ) from None


def goals_of_rows(
    rows: Sequence[Mapping[str, str]],
    *,
    where: str,
    columns: SeedColumns,
    harm: Harm | None,
    intent: Intent,
    language: str,
    licence: str,
) -> list[Goal]:
    """One goal per row in order, repeated texts once; excluded seeds are left out and logged, never loaded."""
    if not rows:
        raise GoalFileError("the file holds no row", where=where, hint="give a file with at least one goal")
    text_column = _column(rows[0], columns.text, TEXT_COLUMNS, where=where, what="the goal's text")
    harm_column = None if harm else _column(rows[0], columns.harm, HARM_COLUMNS, where=where, what="")
    found: dict[str, Goal] = {}
    excluded = 0
    for number, row in enumerate(rows, start=1):
        text = (row.get(text_column) or "").strip()
        if not text:
            raise GoalFileError(f"row {number} has no text in column {text_column!r}", where=where)
        if sexual_about_minors(text):
            excluded += 1
            continue
        category = harm or harm_of(row.get(harm_column or "", ""))
        goal_id = content_id(text, category, intent, language)
        group = f"{Path(where).stem}/{goal_id}"
        found.setdefault(
            goal_id,
            Goal(
                id=goal_id,
                harm=category,
                text=text,
                intent=intent,
                language=language,
                group=group,
                split="train",
                source=Path(where).name,
                licence=licence,
            ),
        )
    if excluded:
        _LOG.warning("%s: %d seeds about minors and sex were refused", where, excluded)
    return list(assign_splits(tuple(found.values())))


def harm_of(category: str) -> Harm:
    """The harm that a category of another set means; `other` when none fits."""
    folded = category.casefold().strip()
    if folded in set(Harm):
        return Harm(folded)
    for harm, words in _HARM_WORDS:
        if any(word in folded for word in words):
            return harm
    return Harm.OTHER


def _column(row: Mapping[str, str], wanted: str, usual: Sequence[str], *, where: str, what: str) -> str:
    names = {name.casefold().strip(): name for name in row}
    if wanted:
        if wanted in row:
            return wanted
        raise GoalFileError(f"there is no column {wanted!r}", where=where, hint=f"columns: {', '.join(row)}")
    for name in usual:
        if name in names:
            return names[name]
    if not what:
        return ""
    raise GoalFileError(
        f"no column looks like {what}", where=where, hint=f"name it with text_column; columns: {', '.join(row)}"
    )


def _csv_rows(text: str, where: str) -> list[dict[str, str]]:
    try:
        return [
            {str(key): value or "" for key, value in row.items() if key is not None}
            for row in csv.DictReader(text.splitlines(keepends=True), strict=True)
        ]
    except csv.Error as error:
        raise GoalFileError(f"not a CSV file: {error}", where=where) from None


def _jsonl_rows(text: str, where: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except json.JSONDecodeError as error:
            raise GoalFileError(f"line {number} is not JSON: {error.msg}", where=where) from None
        if not isinstance(value, dict):
            raise GoalFileError(f"line {number} is not a JSON object", where=where)
        rows.append(_plain(cast("dict[Any, Any]", value)))
    return rows


def _yaml_rows(text: str, where: str) -> list[dict[str, str]]:
    """PyRIT seed files: a mapping with `seeds` (or `prompts`), each with `value` and perhaps `harm_categories`."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise GoalFileError(f"not YAML: {error}", where=where) from None
    table = cast("dict[str, Any]", data) if isinstance(data, dict) else {"seeds": data}
    seeds = table.get("seeds", table.get("prompts"))
    if not isinstance(seeds, list):
        raise GoalFileError("no list `seeds` in this YAML file", where=where, hint="see PyRIT's seed data sets")
    shared = {key: value for key, value in table.items() if isinstance(value, str)}
    return [
        {**shared, **(_plain(cast("dict[Any, Any]", seed)) if isinstance(seed, dict) else {"value": str(seed)})}
        for seed in cast("list[Any]", seeds)
    ]


def _plain(seed: dict[Any, Any]) -> dict[str, str]:
    return {
        str(key): ", ".join(map(str, cast("list[Any]", value))) if isinstance(value, list) else str(value)
        for key, value in seed.items()
        if value is not None
    }


def _text_rows(text: str, where: str) -> list[dict[str, str]]:
    del where
    return [{"text": line} for line in text.splitlines() if line.strip()]
