"""Scripted escalation: a fixed ladder of questions, the same whatever the model answers, with the request on top.

Cheng et al., "Leveraging the Context through Multi-Round Interactions for Jailbreaking Attacks" (arXiv 2402.09177): the
context of harmless questions and of the model's own answers does the work. No adversary, no quoting, nothing taken
back: what Crescendo reaches beyond this ladder is what following the answers is worth.
"""

from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Annotated

from pydantic import Field

from breakfix.protocols import Attack
from breakfix.records import Goal
from breakfix.red_team.adversary import Task, task_for
from breakfix.red_team.multi_turn import Moment, MultiTurn
from breakfix.red_team.phased import variants_of
from breakfix.red_team.subjects import subject
from breakfix.red_team.wording import substitute, titled_texts

TEXTS = titled_texts(Path(__file__).with_suffix(".txt"))
LADDERS = tuple(dict.fromkeys(title.split("_")[0] for title in TEXTS))


@dataclass(frozen=True, slots=True)
class Ladder:
    """Questions in a fixed order; the last one holds the request."""

    rungs: tuple[str, ...]
    choice: str

    def line(self, at: Moment) -> str:
        """The rung of that turn, whatever was answered."""
        rung = self.rungs[-1] if at.last else self.rungs[at.turn]
        return substitute(rung, topic=subject(at.goal.text), goal=at.goal.text)

    def task(self, at: Moment) -> Task:
        """Never asked for: this attack has no adversary."""
        return task_for(at.goal, at.answer, turn=at.turn, turns=at.turns, refused="", texts=TEXTS, said=at.said)


def attack(*, max_turns: Annotated[int, Field(ge=2, le=5)] = 4) -> Attack:
    """Climbs a ladder drawn for each goal, in exactly `max_turns` turns (2 to 5), the request last."""
    return MultiTurn(
        name="scripted_escalation",
        family="escalation",
        source="Cheng et al., arXiv 2402.09177",
        script=script,
        max_turns=max_turns,
    )


def script(_: Goal, rng: Random) -> Ladder:
    """One of the ladders."""
    name = rng.choice(LADDERS)
    return Ladder(tuple(variants_of(TEXTS, name)), f"ladder {name}")
