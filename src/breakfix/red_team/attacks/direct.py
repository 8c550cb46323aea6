"""Direct: asks for the goal in its own words.

The baseline of every red team, and the first thing a low-skilled adversary tries (Phi-3 Safety Post-Training,
arXiv 2407.13833, section 2.4).
"""

from breakfix.protocols import Attack
from breakfix.red_team.single_turn import DIRECT


def attack() -> Attack:
    """Asks the goal as it stands."""
    return DIRECT
