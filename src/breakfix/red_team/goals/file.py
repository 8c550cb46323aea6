"""Goals from a file: CSV, TSV, JSON, JSON Lines, PyRIT seed YAML or plain text, one goal a row."""

from pathlib import Path
from typing import Literal

from breakfix.protocols import GoalSet
from breakfix.records import Harm, Intent
from breakfix.red_team.goal_sets import Goals
from breakfix.red_team.seed_files import Format, read_seed_file
from breakfix.red_team.seed_rows import Columns, Reading, goals_of_rows


def goals(
    *,
    path: str,
    format: Format = "auto",  # noqa: A002 - the option's name in the configuration
    encoding: str = "utf-8",
    header: bool = True,
    column_text: str | None = None,
    column_harm: str | None = None,
    column_intent: str | None = None,
    column_group: str | None = None,
    column_language: str | None = None,
    harm: Harm | None = None,
    intent: Intent = "harmful",
    language: str = "en",
    unknown_harm: Literal["error", "other"] = "error",
    repeated: Literal["error", "drop"] = "error",
    source: str = "",
    licence: str = "unknown",
) -> GoalSet:
    """The goals in a file; its problems are GoalFileErrors that name the file, the row and the column.

    Args:
        path: The file.
        format: `auto` goes by the suffix: .csv .tsv .jsonl .ndjson .json .yaml .yml .prompt .txt.
        encoding: Of the file; a byte order mark is skipped.
        header: Whether the first line of CSV and TSV names the columns; otherwise they are called 1, 2, 3, ...
        column_text: Column of the goal; None takes the first of the usual names (goal, text, prompt, behavior, ...).
        column_harm: Column of the harm category (harm, category, harm_categories, ...); common spellings are mapped.
        column_intent: Column that says harmful or benign (unsafe or safe).
        column_group: Column of the topic: goals of one group share a split; without it each goal is its own group.
            A column `shared_group` holds groups of other sets by their whole names, as `breakfix translate` writes it.
        column_language: Column of the language code.
        harm: Harm of all rows, instead of a column.
        intent: Intent of rows without an intent column; a benign row without a harm is an ordinary prompt.
        language: Language of rows without a language column.
        unknown_harm: What an unknown or missing category is: an error, or `other` harm.
        repeated: What a goal that comes twice is: an error, or left out.
        source: Name of the set in rows and reports; empty for the file's name without its suffix.
        licence: Of the goals, as it shall stand in training rows.
    """
    file = Path(path).expanduser()
    reading = Reading(
        where=path,
        source=source or file.stem,
        licence=licence,
        columns=Columns(column_text, column_harm, column_intent, column_group, column_language),
        harm=harm,
        intent=intent,
        language=language,
        unknown_harm=unknown_harm,
        repeated=repeated,
    )
    return Goals(lambda: goals_of_rows(read_seed_file(file, form=format, encoding=encoding, header=header), reading))
