"""Suites: items, answers and how they are scored."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from breakfix.protocols.models import LogLikelihood
from breakfix.records import Goal, ItemScore, Metric, Rate, Reply, Verdict


@dataclass(frozen=True, slots=True)
class SuiteItem:
    """One item of a suite: a prompt to answer, or a question with choices."""

    goal: Goal
    """The prompt with its harm, group and split; for a choice item the question."""
    choices: tuple[str, ...] = ()
    answer: int | None = None
    """Index of the right choice."""
    beside: str | None = None
    """Id of the goal of the item that this one is compared with; the two are always drawn together."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A suite item with what the target made of it."""

    item: SuiteItem
    reply: Reply | None
    """None for choice items."""
    verdict: Verdict | None
    likelihoods: tuple[LogLikelihood, ...] = ()
    """One per choice."""


@dataclass(frozen=True, slots=True)
class Total:
    """A figure of a whole suite that is no mean over its items."""

    metric: Metric
    of: Callable[[Sequence[ItemScore]], Rate]
    """The items of one split to the figure."""


@dataclass(frozen=True, slots=True)
class Suite:
    """A benchmark as a frozen value."""

    name: str
    version: int
    """Goes up whenever items or scoring change."""
    caption: str
    source: str
    licence: str
    mode: Literal["reply", "choice"]
    items: tuple[SuiteItem, ...]
    metrics: tuple[Metric, ...]
    score: Callable[[Answered], dict[str, float | None]]
    """Metric name to value of one answered item; None is undetermined, and a metric that is left out is none of this
    item's. Without reply, verdict and likelihoods every value is None."""
    judged: bool = True
    """Whether `score` reads the verdict."""
    totals: tuple[Total, ...] = ()
