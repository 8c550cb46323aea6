"""Rainbow archive: breeds prompts towards harms and styles in which little was found.

Samvelyan et al., "Rainbow Teaming" (arXiv 2402.16822); see `red_team/search/rainbow.py`. It hunts on train goals only.
"""

from typing import Annotated, Literal

from pydantic import Field

from breakfix.protocols import Attack
from breakfix.red_team.search.rainbow import Rainbow


def attack(
    *,
    adversary: Literal["script", "model"] = "script",
    breeds: bool = True,
    success_from: Annotated[int, Field(ge=1, le=7)] = 2,
) -> Attack:
    """A quality-diversity search over harm × style; with `adversary = "model"` the adversary does the rewriting.

    Elites of severity `success_from` or more (`judge.harmful_from`) have children; `breeds = false` is the control
    whose prompts are a style alone.
    """
    return Rainbow(adversary=adversary, breeds=breeds, success_from=success_from)
