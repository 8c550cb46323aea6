"""PyRIT's TAP: a tree of an adversary model's prompts, branched, scored and pruned.

Mehrotra et al., "Tree of Attacks: Jailbreaking Black-Box LLMs Automatically" (arXiv 2312.02119), as PyRIT
(arXiv 2410.02828) runs it.
"""

from typing import Annotated, Literal

from pydantic import Field

from breakfix.protocols import Attack
from breakfix.red_team.pyrit_bridge.strategies import bridged


def attack(
    *,
    tree_width: Annotated[int, Field(ge=1, le=3)] = 2,
    tree_depth: Annotated[int, Field(ge=1, le=4)] = 3,
    branching_factor: Annotated[int, Field(ge=1, le=3)] = 2,
    scorer: Literal["model", "cues"] = "model",
) -> Attack:
    """A tree of at most `tree_depth` levels (1 to 4): nodes branch by `branching_factor`, the best `tree_width` stay.

    `scorer = "model"` has the adversary score the answers (met from 0.7) and prune what is off topic, by PyRIT's
    prompts; `"cues"` scores by our text cues and prunes nothing as off topic. The default costs at most 40 model calls,
    more where the adversary must be asked again. Raises MissingExtra without PyRIT.
    """
    source = "Mehrotra et al., arXiv 2312.02119; PyRIT, arXiv 2410.02828"
    return bridged(
        "tap",
        "search",
        "intermediate",
        source,
        scorer=scorer,
        tree_width=tree_width,
        tree_depth=tree_depth,
        branching_factor=branching_factor,
        on_topic_checking_enabled=scorer == "model",
    )
