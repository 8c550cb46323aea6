"""The shape of every attack that says one thing once: a goal wrapped in words, and the answer."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from breakfix.protocols import Ask, Dialogue
from breakfix.records import Conversation, Goal, Persona, assistant, user

Wrap = Callable[[str, Random], str]
"""Goal text and random stream to the text that is sent."""


@dataclass(frozen=True, slots=True)
class SingleTurn:
    """An attack whose one question is `wrap(goal)`."""

    name: str
    family: str
    persona: Persona
    wrap: Wrap

    def __call__(self, goal: Goal, rng: Random) -> Dialogue:
        """Asks once."""
        return _ask_once((user(self.wrap(goal.text, rng)),))


def _ask_once(asked: Conversation) -> Dialogue:
    answer = yield Ask(asked)
    return (*asked, assistant(answer.text))
