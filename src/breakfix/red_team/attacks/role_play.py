"""Role play: gives the model a character who is said to have no limits.

Persona modulation as in Shen et al., "Do Anything Now" (arXiv 2308.03825). The scenes are our own, in `role_play.txt`.
"""

from pathlib import Path
from random import Random

from breakfix.protocols import Attack
from breakfix.red_team.single_turn import SingleTurn
from breakfix.red_team.wording import paragraphs, substitute

NAMES = ("Rook", "Doctor Vale", "Max", "Old Iris", "Zero")


def attack() -> Attack:
    """One of several scenes, with one of several names."""
    scenes = paragraphs(Path(__file__).with_suffix(".txt"))

    def wrap(text: str, rng: Random) -> str:
        return substitute(rng.choice(scenes), name=rng.choice(NAMES), goal=text)

    return SingleTurn("role_play", "template", "low_skilled", wrap)
