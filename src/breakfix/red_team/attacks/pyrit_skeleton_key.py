"""PyRIT's Skeleton Key: a faked exchange in which the rules are relaxed and the model agrees, then the goal.

Russinovich, "Mitigating Skeleton Key, a new type of generative AI jailbreak technique" (Microsoft, 2024); as PyRIT
(arXiv 2410.02828) runs it, with the texts of its wheel.
"""

from breakfix.protocols import Attack
from breakfix.red_team.pyrit_bridge.strategies import bridged


def attack() -> Attack:
    """Asks once, after the faked exchange; raises MissingExtra without PyRIT."""
    return bridged("skeleton_key", "template", "low_skilled", "Russinovich, Microsoft 2024; PyRIT, arXiv 2410.02828")
