"""PyRIT's PromptSending: the goal as it is, asked by way of PyRIT; the yardstick of the bridge itself.

Lopez Munoz et al., "PyRIT: A Framework for Security Risk Identification and Red Teaming in Generative AI Systems"
(arXiv 2410.02828).
"""

from breakfix.protocols import Attack
from breakfix.red_team.pyrit_bridge.strategies import bridged


def attack() -> Attack:
    """Asks once; raises MissingExtra without PyRIT."""
    return bridged("prompt_sending", "direct", "low_skilled", "Lopez Munoz et al., arXiv 2410.02828")
