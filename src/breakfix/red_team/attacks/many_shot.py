"""Many-shot: shows a dialogue in which the assistant always answers, then asks the goal.

Anil et al., "Many-shot Jailbreaking" (Anthropic, 2024). The shown answers are harmless: it is the pattern of compliance
that is shown, not harm.
"""

from pathlib import Path
from random import Random

from breakfix.protocols import Attack
from breakfix.red_team.single_turn import SingleTurn
from breakfix.red_team.wording import paragraphs


def attack(*, shots: int = 6) -> Attack:
    """`shots` questions with answers (1 to 12), then the goal as the next question."""
    known = paragraphs(Path(__file__).with_suffix(".txt"))

    def wrap(text: str, rng: Random) -> str:
        drawn = rng.sample(known, min(max(shots, 1), len(known)))
        return "\n\n".join(drawn) + f"\n\nUser: {text}\nAssistant:"

    return SingleTurn("many_shot", "many_shot", "intermediate", wrap)
