"""PyRIT's RedTeaming: an adversary model talks to the target until the objective is met.

Lopez Munoz et al., "PyRIT" (arXiv 2410.02828), with PyRIT's own prompts for the adversary.
"""

from typing import Annotated, Literal

from pydantic import Field

from breakfix.protocols import Attack
from breakfix.red_team.pyrit_bridge.strategies import bridged


def attack(*, max_turns: Annotated[int, Field(ge=1, le=10)] = 5, scorer: Literal["model", "cues"] = "model") -> Attack:
    """At most `max_turns` turns (1 to 10), fewer when `scorer` finds the objective met.

    `scorer = "model"` has the adversary fill in PyRIT's scale of task achievement (met from 0.8), `"cues"` goes by our
    text cues (met from 0.7: nothing declined, and most of the goal's words taken up). Raises MissingExtra without
    PyRIT.
    """
    source = "Lopez Munoz et al., arXiv 2410.02828"
    return bridged("red_teaming", "conversation", "intermediate", source, scorer=scorer, max_turns=max_turns)
