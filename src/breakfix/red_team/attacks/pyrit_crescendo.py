"""PyRIT's Crescendo: an adversary model climbs from harmless questions and takes refused ones back.

Russinovich, Salem and Eldan (arXiv 2404.01833), as PyRIT (arXiv 2410.02828) runs it, with its prompts.
"""

from typing import Annotated, Literal

from pydantic import Field

from breakfix.protocols import Attack
from breakfix.red_team.pyrit_bridge.strategies import bridged


def attack(
    *,
    max_turns: Annotated[int, Field(ge=1, le=10)] = 5,
    max_backtracks: Annotated[int, Field(ge=0, le=10)] = 3,
    scorer: Literal["model", "cues"] = "model",
) -> Attack:
    """At most `max_turns` turns (1 to 10) and `max_backtracks` refused questions taken back (0 to 10).

    `scorer = "model"` has the adversary judge refusals and task achievement by PyRIT's prompts, `"cues"` goes by our
    text cues for both. Raises MissingExtra without PyRIT.
    """
    source = "Russinovich, Salem and Eldan, arXiv 2404.01833; PyRIT, arXiv 2410.02828"
    return bridged(
        "crescendo",
        "escalation",
        "intermediate",
        source,
        scorer=scorer,
        max_turns=max_turns,
        max_backtracks=max_backtracks,
    )
