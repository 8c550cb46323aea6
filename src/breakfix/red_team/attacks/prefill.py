"""Prefill: begins the assistant's turn with agreement and lets the model go on in it.

Andriushchenko, Croce and Flammarion, "Jailbreaking Leading Safety-Aligned LLMs with Simple Adaptive Attacks"
(arXiv 2404.02151): safety training acts on the first words of a reply, and here they are given. Only a target that goes
on in an assistant turn can be asked so, such as a local one; any other leaves a failed attempt that says why.
"""

from dataclasses import dataclass
from random import Random
from typing import Annotated

from pydantic import Field

from breakfix.protocols import Ask, Attack, Dialogue
from breakfix.records import Conversation, Goal, Persona, assistant, user
from breakfix.red_team.attacks.prefix_injection import PREFIX
from breakfix.red_team.single_turn import Options


def attack(
    *, opening: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^\S(?s:.*\S)?$")] = PREFIX
) -> Attack:
    """The goal, answered with `opening` already (1 to 200 characters, no space at its ends: templates drop it)."""
    return Prefill(opening)


@dataclass(frozen=True, slots=True)
class Prefill:
    """One question with the beginning of its answer."""

    opening: str
    name: str = "prefill"
    family: str = "prefill"
    persona: Persona = "intermediate"
    source: str = "Andriushchenko, Croce and Flammarion, arXiv 2404.02151"

    @property
    def options(self) -> Options:
        """Part of the id of its attempts."""
        return {"opening": self.opening}

    def __call__(self, goal: Goal, rng: Random) -> Dialogue:
        """Asks once; the reply is the opening and what the model makes of it."""
        del rng
        return _go_on((user(goal.text),), self.opening)


def _go_on(asked: Conversation, opening: str) -> Dialogue:
    continuation = yield Ask((*asked, assistant(opening)))
    return (*asked, assistant(opening + continuation.text))
