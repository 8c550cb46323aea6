"""What the goal suites share: the run's dev and test goals as items, and whom to credit for them."""

from collections.abc import Callable, Sequence

from breakfix.errors import EmptyGoals
from breakfix.protocols import SuiteItem
from breakfix.records import Goal


def measured_items(suite: str, goals: Sequence[Goal], wanted: Callable[[Goal], bool]) -> tuple[SuiteItem, ...]:
    """The wanted goals of the dev and test split, in the given order; raises EmptyGoals when none is left."""
    items = tuple(SuiteItem(goal) for goal in goals if goal.split in ("dev", "test") and wanted(goal))
    if not items:
        raise EmptyGoals(
            "no goal of the dev or test split is left to measure",
            where=f"suite {suite!r}",
            hint="add goals of that kind (goals = ['packaged'] has them), or take the suite out of benchmark.suites",
        )
    return items


def sources(items: Sequence[SuiteItem]) -> str:
    """Where the items come from, each source once."""
    return ", ".join(sorted({item.goal.source for item in items}))


def licences(items: Sequence[SuiteItem]) -> str:
    """The items' licences, each once."""
    return ", ".join(sorted({item.goal.licence for item in items}))
