"""Goals from a file: CSV, JSON Lines, PyRIT seed YAML or plain text, one goal a row."""

from pathlib import Path
from typing import Literal

from breakfix.protocols import GoalSet
from breakfix.records import Harm, Intent
from breakfix.red_team.seed_rows import SeedColumns, SeedFile

Format = Literal["auto", "csv", "jsonl", "yaml", "text"]


def goals(
    *,
    path: str,
    format: Format = "auto",  # noqa: A002 - the option's name for users
    text_column: str = "",
    harm_column: str = "",
    harm: Harm | None = None,
    intent: Intent = "harmful",
    language: str = "en",
    licence: str = "unknown",
    encoding: str = "utf-8-sig",
) -> GoalSet:
    """The goals in the file `path`.

    Args:
        path: The file.
        format: By default told by the suffix: .csv, .jsonl, .yaml or .yml (PyRIT seeds: a list `seeds` or `prompts`
            with `value`), .txt (one goal a line).
        text_column: Column of the goal's text; by default the first of the usual names, such as `goal` or `prompt`.
        harm_column: Column of the category; by default the first of the usual names, if any is there.
        harm: Category of all rows, instead of a column; unknown categories become `other`.
        intent: Intent of all rows.
        language: Language of all rows.
        licence: Licence of the file, kept with every training row made from it.
        encoding: How to read the file.
    """
    columns = SeedColumns(text=text_column, harm=harm_column)
    return SeedFile(
        path=Path(path).expanduser(),
        format=format,
        columns=columns,
        harm=harm,
        intent=intent,
        language=language,
        licence=licence,
        encoding=encoding,
    )
