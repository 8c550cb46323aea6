"""Goals from a data set on a hub, or from a local folder that the `datasets` library can load."""
# pyright: basic
# datasets is untyped

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import PurePath
from typing import Literal

from breakfix.errors import GoalFileError, MissingExtra
from breakfix.protocols import GoalSet
from breakfix.records import Harm, Intent
from breakfix.red_team.goal_sets import Goals
from breakfix.red_team.seed_rows import Columns, Reading, SeedRow, goals_of_rows


def goals(
    *,
    dataset: str,
    subset: str | None = None,
    part: str = "train",
    revision: str | None = None,
    cache: str | None = None,
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
    licence: str = "unknown",
) -> GoalSet:
    """The rows of a data set as goals; columns, harms and errors as for goals from a file.

    Args:
        dataset: Hub id, or a local folder with data files.
        subset: The data set's own configuration, where it has several.
        part: The data set's own split to read, or a slice of it such as `test[:500]`; breakfix makes its own splits.
        revision: Branch, tag or commit; give a commit for a run that can be repeated.
        cache: Folder for the downloaded copy; None for the library's own.
        column_text: Column of the goal; None takes the first of the usual names.
        column_harm: Column of the harm category.
        column_intent: Column that says harmful or benign.
        column_group: Column of the topic; goals of one group share a split.
        column_language: Column of the language code.
        harm: Harm of all rows, instead of a column.
        intent: Intent of rows without an intent column.
        language: Language of rows without a language column.
        unknown_harm: What an unknown or missing category is: an error, or `other` harm.
        repeated: What a goal that comes twice is: an error, or left out.
        licence: Of the goals, as it shall stand in training rows.

    Raises:
        MissingExtra: the package `datasets` is not installed.
    """
    if find_spec("datasets") is None:
        raise MissingExtra(
            "goals from a hub need the Python package 'datasets', which is not installed",
            hint="install the extra that carries it: pip install 'breakfix[hub]'",
        )
    reading = Reading(
        where=dataset,
        source=PurePath(dataset).name,
        licence=licence,
        columns=Columns(column_text, column_harm, column_intent, column_group, column_language),
        harm=harm,
        intent=intent,
        language=language,
        unknown_harm=unknown_harm,
        repeated=repeated,
    )
    return Goals(lambda: goals_of_rows(_rows(dataset, subset, part=part, revision=revision, cache=cache), reading))


def _rows(dataset: str, subset: str | None, *, part: str, revision: str | None, cache: str | None) -> Iterator[SeedRow]:
    from datasets import load_dataset

    try:
        table = load_dataset(dataset, subset, split=part, revision=revision, cache_dir=cache)
    except Exception as error:  # noqa: BLE001 - the library raises dozens of types, from ValueError to its network client's
        raise GoalFileError(
            f"the data set cannot be loaded: {str(error).splitlines()[0] if str(error) else type(error).__name__}"[
                :400
            ],
            where=dataset,
            hint="check its name, subset and part, and the network; a local folder of data files works too",
        ) from None
    for number, fields in enumerate(table, start=1):
        yield SeedRow(f"row {number}", dict(fields))
