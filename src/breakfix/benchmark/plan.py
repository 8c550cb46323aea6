"""The work of a benchmark in its fixed order: which prompts are answered together and which choices are scored.

Chunks are cut from the whole list before any work starts, so a resumed stage makes the same batches as an undisturbed
one. A prompt that several items share is answered once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from breakfix.benchmark.sample import spread
from breakfix.errors import ConfigError
from breakfix.protocols import Suite, SuiteItem

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Placed:
    """An item in its suite."""

    suite: Suite
    item: SuiteItem

    @property
    def id(self) -> str:
        """Id of the item's exchange: `<suite>/<goal id>`."""
        return f"{self.suite.name}/{self.item.goal.id}"


@dataclass(frozen=True, slots=True)
class Prompt:
    """A text to answer, with every item that asks it."""

    text: str
    asked_by: tuple[Placed, ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Work that is done and stored as a whole: prompts to answer or choice items to score."""

    prompts: tuple[Prompt, ...] = ()
    choices: tuple[Placed, ...] = ()

    @property
    def replies(self) -> tuple[Placed, ...]:
        """The items that the prompts answer, in writing order."""
        return tuple(placed for prompt in self.prompts for placed in prompt.asked_by)

    @property
    def judged(self) -> tuple[Placed, ...]:
        """Those of `replies` whose suite reads verdicts."""
        return tuple(placed for placed in self.replies if placed.suite.judged)

    @property
    def items(self) -> int:
        """How many item scores it makes."""
        return len(self.replies) + len(self.choices)


def plan(
    suites: Sequence[Suite], *, limit: int | None, choice_limit: int | None = None, chunk: int, seed: int
) -> tuple[Chunk, ...]:
    """All work of `suites` in chunks of at most `chunk` prompts or choice items.

    `limit` is the number of items per suite and split, `choice_limit` that of suites of choices. Raises ConfigError
    when two suites have one name.
    """
    names = [suite.name for suite in suites]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"two suites are called {name!r}", where="benchmark.suites", hint="keep one of them")
    placed = [
        Placed(suite, item)
        for suite in suites
        for item in spread(suite.items, limit if suite.mode == "reply" else choice_limit, seed=seed)
    ]
    prompts = _prompts([each for each in placed if each.suite.mode == "reply"])
    choices = [each for each in placed if each.suite.mode == "choice"]
    return (
        *(Chunk(prompts=part) for part in _cut(prompts, chunk)),
        *(Chunk(choices=part) for part in _cut(choices, chunk)),
    )


def _prompts(placed: Sequence[Placed]) -> list[Prompt]:
    asked: dict[str, list[Placed]] = {}
    for each in placed:
        asked.setdefault(each.item.goal.text, []).append(each)
    return [Prompt(text, tuple(askers)) for text, askers in asked.items()]


def _cut(work: Sequence[T], size: int) -> Iterator[tuple[T, ...]]:
    for start in range(0, len(work), size):
        yield tuple(work[start : start + size])
