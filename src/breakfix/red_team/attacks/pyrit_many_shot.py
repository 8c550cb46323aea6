"""PyRIT's ManyShot: many harmful questions with their answers, from its wheel, then the goal.

Anil et al., "Many-shot Jailbreaking" (NeurIPS 2024), as PyRIT (arXiv 2410.02828) runs it. The prompt grows by about 100
tokens per example.
"""

from typing import Annotated

from pydantic import Field

from breakfix.protocols import Attack
from breakfix.red_team.pyrit_bridge.strategies import bridged


def attack(*, example_count: Annotated[int, Field(ge=1, le=400)] = 16) -> Attack:
    """The first `example_count` examples (1 to 400; PyRIT itself takes 100) that the exclusion rule lets pass.

    Raises MissingExtra without PyRIT.
    """
    source = "Anil et al., NeurIPS 2024; PyRIT, arXiv 2410.02828"
    return bridged("many_shot", "many_shot", "intermediate", source, example_count=example_count)
