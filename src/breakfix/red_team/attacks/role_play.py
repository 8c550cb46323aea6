"""Role play: gives the model a character who is said to have no limits.

Persona modulation as in Shah et al., "Scalable and Transferable Black-Box Jailbreaks for Language Models via Persona
Modulation" (arXiv 2311.03348). The scenes are our own, in `role_play.txt`.
"""

from pathlib import Path
from random import Random

from breakfix.protocols import Attack
from breakfix.red_team.single_turn import SingleTurn
from breakfix.red_team.wording import substitute, titled_texts

NAMES = ("Rook", "Doctor Vale", "Max", "Old Iris", "Zero")
_TEXTS = Path(__file__).with_suffix(".txt")


def attack() -> Attack:
    """One of several scenes, with one of several names."""
    scenes = list(titled_texts(_TEXTS).values())

    def wrap(text: str, rng: Random) -> str:
        return substitute(rng.choice(scenes), name=rng.choice(NAMES), goal=text)

    return SingleTurn("role_play", "template", "low_skilled", "Shah et al., arXiv 2311.03348", wrap)
