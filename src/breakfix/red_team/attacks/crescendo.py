"""Crescendo: begins harmlessly, climbs on the model's own answers, and takes a refused step back.

Russinovich, Salem and Eldan, "The Crescendo Multi-Turn LLM Jailbreak Attack" (arXiv 2404.01833), section 3. A refused
question is dropped from the conversation and asked differently (backtracking). Without an adversary model a script
writes the questions: each quotes the sentence of the last answer that lies nearest to the goal.
"""

from collections.abc import Generator
from dataclasses import dataclass
from random import Random
from typing import Annotated, Literal

from pydantic import Field

from breakfix.protocols import Ask, Attack, Dialogue
from breakfix.records import Conversation, Goal, Message, Persona, user
from breakfix.red_team.attacks._crescendo_lines import Lines, lines, task, usable
from breakfix.red_team.refusal_cues import sounds_refused
from breakfix.red_team.single_turn import Options


def attack(
    *,
    max_turns: Annotated[int, Field(ge=2, le=8)] = 3,
    max_backtracks: Annotated[int, Field(ge=0, le=8)] = 2,
    adversary: Literal["script", "model"] = "script",
) -> Attack:
    """Climbs to the goal in `max_turns` turns (2 to 8), with `max_backtracks` refused questions taken back (0 to 8).

    With `adversary = "model"` the configured adversary writes every question but the last; where it writes nothing
    usable, the script does.
    """
    return Crescendo(max_turns=max_turns, max_backtracks=max_backtracks, adversary=adversary)


@dataclass(frozen=True, slots=True)
class Crescendo:
    """A multi-turn escalation."""

    max_turns: int
    max_backtracks: int
    adversary: Literal["script", "model"]
    name: str = "crescendo"
    family: str = "escalation"
    persona: Persona = "intermediate"
    source: str = "Russinovich, Salem and Eldan, arXiv 2404.01833, section 3"

    @property
    def options(self) -> Options:
        """Part of the id of its attempts."""
        return {
            "max_turns": self.max_turns,
            "max_backtracks": self.max_backtracks,
            "adversary": self.adversary,
        }

    @property
    def asks_adversary(self) -> bool:
        """Whether it cannot do without an adversary model."""
        return self.adversary == "model"

    def __call__(self, goal: Goal, rng: Random) -> Dialogue:
        """Begins with a harmless question about the subject."""
        return self._climb(lines(goal.text, rng))

    def _climb(self, script: Lines) -> Dialogue:
        said: Conversation = ()
        turn = again = taken_back = 0
        while turn < self.max_turns:
            asked = (*said, user((yield from self._question(script, said, turn=turn, again=again))))
            answer = yield Ask(asked)
            if sounds_refused(answer.text) and taken_back < self.max_backtracks:
                again, taken_back = again + 1, taken_back + 1
                continue
            said, turn, again = (*asked, answer), turn + 1, 0
        return said

    def _question(self, script: Lines, said: Conversation, *, turn: int, again: int) -> Generator[Ask, Message, str]:
        answer = said[-1].text if said else ""
        last = turn == self.max_turns - 1
        if self.adversary == "model" and not last:
            brief = task(script.goal, answer, turn=turn, turns=self.max_turns, refused=again > 0)
            written = yield Ask((user(brief),), to="adversary")
            if line := usable(written.text):
                return line
        return script.say("open" if turn == 0 else "last" if last else "deeper", answer, again)
