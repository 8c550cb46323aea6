"""PyRIT's PAIR: streams in which an adversary model refines its prompt on the target's answers.

Chao et al., "Jailbreaking Black Box Large Language Models in Twenty Queries" (arXiv 2310.08419), as PyRIT
(arXiv 2410.02828) runs it.
"""

from typing import Annotated, Literal

from pydantic import Field

from breakfix.protocols import Attack
from breakfix.red_team.pyrit_bridge.strategies import bridged


def attack(
    *,
    tree_width: Annotated[int, Field(ge=1, le=4)] = 2,
    tree_depth: Annotated[int, Field(ge=1, le=5)] = 3,
    scorer: Literal["model", "cues"] = "model",
) -> Attack:
    """`tree_width` streams (1 to 4) of at most `tree_depth` refinements (1 to 5).

    `scorer = "model"` has the adversary fill in PyRIT's scale of task achievement (met from 0.7), `"cues"` goes by our
    text cues. Raises MissingExtra without PyRIT.
    """
    source = "Chao et al., arXiv 2310.08419; PyRIT, arXiv 2410.02828"
    return bridged(
        "pair", "search", "intermediate", source, scorer=scorer, tree_width=tree_width, tree_depth=tree_depth
    )
