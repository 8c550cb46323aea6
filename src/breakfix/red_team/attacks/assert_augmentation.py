"""ASSERT, augmentation: asks the goal in other words that stay near it.

Mei et al. (arXiv 2310.09624); see `red_team/search/assertion.py`. It hunts on train goals only.
"""

from typing import Annotated, Literal

from pydantic import Field

from breakfix.protocols import Attack
from breakfix.red_team.search.assertion import Assertion, begin


def attack(
    *,
    adversary: Literal["script", "model"] = "script",
    success_from: Annotated[int, Field(ge=1, le=7)] = 2,
) -> Attack:
    """By rule another frame around the same act; with `adversary = "model"` the adversary paraphrases.

    What the adversary writes must keep to the goal's words. Which frame works is learnt from
    severities of `success_from` or more (`judge.harmful_from`).
    """
    return Assertion(
        method="augmentation",
        bandit=begin("augmentation"),
        adversary=adversary,
        success_from=success_from,
    )
