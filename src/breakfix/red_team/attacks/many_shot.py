"""Many-shot: shows a dialogue in which the assistant always answers, then asks the goal.

Anil et al., "Many-shot Jailbreaking" (NeurIPS 2024). Few and harmless shots: what is shown is the pattern of
compliance, and the whole prompt stays below 350 tokens. The dialogue is our own, in `many_shot.txt`.
"""

from pathlib import Path
from random import Random
from typing import Annotated

from pydantic import Field

from breakfix.protocols import Attack
from breakfix.red_team.single_turn import SingleTurn
from breakfix.red_team.wording import titled_texts

_TEXTS = Path(__file__).with_suffix(".txt")


def attack(*, shots: Annotated[int, Field(ge=1, le=6)] = 6) -> Attack:
    """`shots` randomly drawn questions with their answers (1 to 6), then the goal as the next question."""
    known = list(titled_texts(_TEXTS).values())

    def wrap(text: str, rng: Random) -> str:
        return "\n\n".join((*rng.sample(known, shots), f"User: {text}\nAssistant:"))

    source = "Anil et al., Many-shot Jailbreaking, NeurIPS 2024"
    return SingleTurn("many_shot", "many_shot", "intermediate", source, wrap, {"shots": shots})
