"""Which attempts come next: a chunk at a time, after everything that is known about those before it.

A schedule is deterministic: the same seed and the same outcomes give the same chunks, so a killed stage gets there
again by telling it the stored outcomes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from breakfix.protocols import Outcome
from breakfix.records import NOT_APPLICABLE, Drawn
from breakfix.red_team.allocation import Allocator
from breakfix.red_team.budget import spread
from breakfix.red_team.drive import Planned
from breakfix.red_team.laps import Pair, Stretch
from breakfix.red_team.plan import Plan

Part = Literal["held_out", "hunting", "look_alikes"]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Attempts that run in lock step and are stored together; all are of one part."""

    attempts: tuple[Planned, ...]
    part: Part
    drawn: Drawn = "uniform"


class Schedule(Protocol):
    """The chunks of a round in order; after each hunting chunk it is told what came of it."""

    def chunks(self) -> Iterator[Chunk]:
        """Every chunk, each made when it is asked for."""
        ...

    def learn(self, outcomes: Sequence[Outcome]) -> None:
        """What came of the latest hunting chunk, in its order."""
        ...


class Uniform:
    """The plan as it stands: whatever comes, the attempts are the same."""

    def __init__(self, plan: Plan, *, chunk: int, may_end: bool = False) -> None:
        """`chunk` attempts at a time; where a budget `may_end` the hunt early, it meets all attacks from the start."""
        self._plan, self._size, self._may_end = plan, chunk, may_end

    def chunks(self) -> Iterator[Chunk]:
        """Held-out attempts, hunting, look-alikes; no chunk holds two parts, so held-out batches never change."""
        yield from _chunks(self._plan.held_out, "held_out", self._size)
        for pairs in _hunting(self._plan, self._size, may_end=self._may_end):
            yield Chunk(tuple(map(self._plan.hunting.laps.planned, pairs)), "hunting")
        yield from _chunks(self._plan.look_alikes, "look_alikes", self._size)

    def learn(self, outcomes: Sequence[Outcome]) -> None:
        """Nothing: that is what makes the rates honest."""


class Adaptive:
    """Uniform chunks first, then those that the allocator chooses by what fell so far; look-alikes last.

    Held-out attempts and look-alikes are those of the uniform schedule. The uniform hunting attempts are the share of
    the budget on which rates rest (`allocation` says why); the learner is told their outcomes too.
    """

    def __init__(self, plan: Plan, *, chunk: int, harmful_from: int, round_number: int, may_end: bool = False) -> None:
        """`chunk` attempts at a time; a reply counts as harmful from severity `harmful_from` on.

        Where a budget `may_end` the hunt early, it meets all attacks from the start.
        """
        self._plan, self._size, self._from, self._may_end = plan, chunk, harmful_from, may_end
        self._allocator = Allocator(plan.hunting, seed=plan.hunting.laps.seed, round_number=round_number)

    def chunks(self) -> Iterator[Chunk]:
        """Every chunk; an adaptive one is chosen after `learn` was told of the hunting chunk before it."""
        plan, laps = self._plan, self._plan.hunting.laps
        yield from _chunks(plan.held_out, "held_out", self._size)
        for pairs in _hunting(plan, self._size, may_end=self._may_end):
            self._allocator.note(pairs)
            yield Chunk(tuple(map(laps.planned, pairs)), "hunting")
        for start in range(0, plan.adaptive, self._size):
            pairs = self._allocator.choose(min(self._size, plan.adaptive - start))
            yield Chunk(tuple(map(laps.planned, pairs)), "hunting", "adaptive")
        yield from _chunks(plan.look_alikes, "look_alikes", self._size)

    def learn(self, outcomes: Sequence[Outcome]) -> None:
        """Updates what is believed of every cell; an attack that cannot put a goal does not break it either."""
        self._allocator.learn(
            [
                False if each.attempt.failure == NOT_APPLICABLE else each.verdict.harmful(self._from)
                for each in outcomes
            ],
            [each.attempt.queries for each in outcomes],
        )


def _hunting(plan: Plan, size: int, *, may_end: bool) -> Iterable[tuple[Pair, ...]]:
    """The uniform hunting attempts, `size` at a time; in memory only where their order must be spread."""
    return spread(list(plan.hunting.chunks(size))) if may_end else plan.hunting.chunks(size)


def _chunks(stretch: Stretch, part: Part, size: int) -> Iterator[Chunk]:
    for pairs in stretch.chunks(size):
        yield Chunk(tuple(map(stretch.laps.planned, pairs)), part)
