"""Evolved: the attacker model, trained round by round on what broke the target, rewrites the goal.

Diao et al., SEAS (arXiv 2408.02632). Set `[red_team.attacker] evolve = true` to train it; it hunts on train goals only.
"""

from typing import Annotated

from pydantic import Field

from breakfix.protocols import Attack
from breakfix.red_team.search.evolved import Evolved


def attack(*, temperature: Annotated[float, Field(ge=0.0, le=2.0)] = 0.8) -> Attack:
    """Asks the adversary model to rewrite the goal, drawn at `temperature` (0 is greedy)."""
    return Evolved(temperature=temperature)
