"""The shape of every attack that says one thing once: a goal wrapped in words, and the answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from breakfix.protocols import Ask, Dialogue
from breakfix.records import Conversation, Goal, Persona, user

Options = Mapping[str, str | int | float | bool | None]
"""An attack's options by name; part of the id of its attempts."""


class Noted(NamedTuple):
    """What is sent, and which choice was made."""

    text: str
    note: str


Wrap = Callable[[str, Random], str | Noted]
"""Goal text and random stream to the text that is sent."""


@dataclass(frozen=True, slots=True)
class SingleTurn:
    """An attack whose one question is `wrap(goal)`."""

    name: str
    family: str
    persona: Persona
    source: str
    """Who described it."""
    wrap: Wrap
    options: Options = field(default_factory=dict[str, str | int | float | bool | None])

    def __call__(self, goal: Goal, rng: Random) -> Dialogue:
        """Asks once."""
        wrapped = self.wrap(goal.text, rng)
        said = wrapped if isinstance(wrapped, Noted) else Noted(wrapped, "")
        return ask_once((user(said.text),), said.note)


def ask_once(asked: Conversation, note: str = "") -> Dialogue:
    """One question to the target, and its answer."""
    answer = yield Ask(asked, note=note)
    return (*asked, answer)


def _as_it_is(text: str, _: Random) -> str:
    return text


DIRECT = SingleTurn(
    name="direct",
    family="direct",
    persona="low_skilled",
    source="Phi-3 Safety Post-Training (arXiv 2407.13833), section 2.4",
    wrap=_as_it_is,
)
"""Asks for the goal in its own words; look-alikes are asked this way whatever attacks are chosen."""
