"""What every goal set gives: goals read once, nothing excluded among them, split by topic."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from breakfix.exclusion import excluded
from breakfix.records import Goal
from breakfix.red_team.splits import assign_splits


@dataclass(frozen=True)
class Goals:
    """A goal set that is read when its goals are first asked for."""

    read: Callable[[], Iterable[Goal | None]]
    """All goals in a fixed order, whatever their split, None for one that was refused while reading; raises
    GoalFileError on a bad row."""
    count_left_out: Callable[[], Mapping[str, int]] = dict
    """Rows that are no goals at all, by reason."""

    @cached_property
    def left_out(self) -> Mapping[str, int]:
        """How many rows of the set were read and are no goals, by reason, such as a harmless topic."""
        return self.count_left_out()

    def goals(self) -> tuple[Goal, ...]:
        """The goals without the excluded ones; near-duplicates share a split."""
        return self._loaded[0]

    @property
    def excluded(self) -> int:
        """How many goals were refused by the exclusion rule."""
        return self._loaded[1]

    @cached_property
    def _loaded(self) -> tuple[tuple[Goal, ...], int]:
        found = list(self.read())
        kept = [goal for goal in found if goal is not None and not excluded(goal.text)]
        return assign_splits(kept), len(found) - len(kept)
