"""Many-shot: shows a dialogue in which the assistant always answers, then asks the goal.

Anil et al., "Many-shot Jailbreaking" (NeurIPS 2024), where success grows with the number of shots as a power law. The
shots are harmless: what is shown is the pattern of compliance. Six take a few hundred tokens, 64 ten times as many. The
dialogue is our own, in `many_shot.txt`.
"""

from pathlib import Path
from random import Random
from typing import Annotated

from pydantic import Field

from breakfix.protocols import Attack
from breakfix.red_team.single_turn import SingleTurn
from breakfix.red_team.wording import titled_texts

_TEXTS = Path(__file__).with_suffix(".txt")
_FEW = 12


def attack(*, shots: Annotated[int, Field(ge=1, le=64)] = 6) -> Attack:
    """`shots` randomly drawn questions with their answers (1 to 64, none twice), then the goal as the next question.

    Up to twelve come from the first twelve of the file, so that attempts keep what they said when it had no more.
    """
    known = list(titled_texts(_TEXTS).values())
    drawn_from = known[:_FEW] if shots <= _FEW else known

    def wrap(text: str, rng: Random) -> str:
        return "\n\n".join((*rng.sample(drawn_from, shots), f"User: {text}\nAssistant:"))

    source = "Anil et al., Many-shot Jailbreaking, NeurIPS 2024"
    return SingleTurn("many_shot", "many_shot", "intermediate", source, wrap, {"shots": shots})
