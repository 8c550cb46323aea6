"""Goals from a data set on a hub, or from a local folder that the `datasets` library can load."""
# pyright: basic
# the datasets library is untyped

from dataclasses import dataclass
from importlib.util import find_spec

from breakfix.errors import GoalFileError, MissingExtra
from breakfix.protocols import GoalSet
from breakfix.records import Goal, Harm, Intent
from breakfix.red_team.seed_rows import SeedColumns, goals_of_rows


def goals(
    *,
    dataset: str,
    config: str | None = None,
    split: str = "train",
    revision: str | None = None,
    text_column: str = "",
    harm_column: str = "",
    harm: Harm | None = None,
    intent: Intent = "harmful",
    language: str = "en",
    licence: str = "unknown",
) -> GoalSet:
    """The rows of the data set `dataset` (a hub id or a local folder) as goals; columns as for `file`."""
    if find_spec("datasets") is None:
        raise MissingExtra(
            "goals from a hub need the package `datasets`", hint="install it: pip install 'breakfix[hub]'"
        )
    columns = SeedColumns(text=text_column, harm=harm_column)
    return HubGoals(dataset, config, split, revision, columns, harm, intent, language, licence)


@dataclass(frozen=True, slots=True)
class HubGoals:
    """A data set that is loaded when its goals are asked for."""

    dataset: str
    config: str | None
    split: str
    revision: str | None
    columns: SeedColumns
    harm: Harm | None
    intent: Intent
    language: str
    licence: str

    def goals(self) -> list[Goal]:
        """One goal a row; raises GoalFileError when the data set cannot be loaded or lacks a column."""
        from datasets import load_dataset

        try:
            rows = load_dataset(self.dataset, self.config, split=self.split, revision=self.revision)
        except Exception as error:  # noqa: BLE001 - the library raises everything from ValueError to its own errors
            raise GoalFileError(
                f"the data set cannot be loaded: {error}",
                where=self.dataset,
                hint="check the name, the split and the network; a local folder works too",
            ) from None
        return goals_of_rows(
            [{str(name): str(value) for name, value in dict(row).items() if value is not None} for row in rows],
            where=self.dataset,
            columns=self.columns,
            harm=self.harm,
            intent=self.intent,
            language=self.language,
            licence=self.licence,
        )
