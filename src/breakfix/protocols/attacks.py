"""Attacks: who asks what, how it ends, what is learnt from it; and the goals they pursue."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal, Protocol, runtime_checkable

from breakfix.records import Attempt, Conversation, GaveUp, Goal, Message, Persona, Sampling, Verdict


@dataclass(frozen=True, slots=True)
class Ask:
    """What an attack wants said next: the whole conversation so far, ending in a user turn or in a prefill to go on."""

    conversation: Conversation
    to: Literal["target", "adversary"] = "target"
    sampling: Sampling | None = None
    """How the reply is to be drawn; None is the stage's own sampling."""
    note: str = ""
    """Which choice the attack made, such as a technique; the last note that is not blank is kept in the attempt."""


Dialogue = Generator[Ask, Message, Conversation | GaveUp]
"""An attack under way: yields what to ask, is sent the assistant's answer, returns the final conversation."""


class Attack(Protocol):
    """A way to pursue a goal in one or more turns; a generator without I/O."""

    @property
    def name(self) -> str:
        """The plug-in's file name."""
        ...

    @property
    def family(self) -> str:
        """Attacks of one family share a cause when they succeed, such as `encoding`."""
        ...

    @property
    def persona(self) -> Persona:
        """The least skilled adversary who would use it."""
        ...

    def __call__(self, goal: Goal, rng: Random) -> Dialogue:
        """Begins the attack on `goal`; all chance comes from `rng`."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt went."""

    attempt: Attempt
    verdict: Verdict


@runtime_checkable
class LearningAttack(Protocol):
    """An attack that learns from what it and others did; it only ever hunts and never measures.

    It is a frozen value all the same: what it learnt is a new attack, so that a killed stage gets there again by
    reading its rows.
    """

    def after(self, outcomes: Sequence[Outcome]) -> Attack:
        """The attack once it has also seen `outcomes` (of all attacks, on train goals, in the order of the plan)."""
        ...


class GoalSet(Protocol):
    """Goals from somewhere: the package, a file, a hub."""

    def goals(self) -> Sequence[Goal]:
        """All goals of the set, in a fixed order; raises GoalFileError on a bad row."""
        ...
