"""Goals from the seed sets in PyRIT's wheel: AdvBench, the sets of Microsoft's AI red team, garak's payloads and more.

AdvBench is of Zou et al. (arXiv 2307.15043). Nothing is downloaded.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import Field

from breakfix.protocols import GoalSet
from breakfix.records import Goal, Harm, Intent
from breakfix.red_team.goal_sets import Goals
from breakfix.red_team.pyrit_bridge.shipped import licence_of, seed_set, seeds
from breakfix.red_team.seed_rows import Columns, Reading, SeedRow, goals_of_rows


def goals(
    *,
    datasets: Annotated[Sequence[str], Field(min_length=1)] = ("adv_bench",),
    harm: Harm | None = None,
    intent: Intent = "harmful",
    language: str = "en",
    licence: str = "",
) -> GoalSet:
    """The single-turn text seeds of `datasets`, in their order; a seed that comes twice counts once.

    Raises MissingExtra without PyRIT, ConfigError for an unknown set.

    Args:
        datasets: Names of sets, such as `adv_bench`, `airt/violence`, `garak/doctor`; an error lists them all.
        harm: Harm of all rows; None maps each seed's own categories, and what is not known is `other`.
        intent: Of all rows.
        language: Of seeds that name none.
        licence: As it shall stand in training rows; empty for what is stated upstream, else `unknown`.
    """
    for name in datasets:
        seed_set(name)

    def read() -> Iterator[Goal | None]:
        for name in datasets:
            reading = Reading(
                where=f"PyRIT's {name}",
                source=name,
                licence=licence or licence_of(name),
                columns=Columns(text="value"),
                harm=harm,
                intent=intent,
                language=language,
                unknown_harm="other",
                repeated="drop",
            )
            yield from goals_of_rows((SeedRow(place, fields) for place, fields in seeds(name)), reading)

    return Goals(read)
