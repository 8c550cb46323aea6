"""ASSERT, bootstrapping: sets the goal in other situations and in the target's own words.

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
    """By rule everyday contexts, and quotes of how the target began when it fell for another goal.

    With `adversary = "model"` the adversary thinks of situations and of what is asked in them. What works is learnt
    from severities of `success_from` or more (`judge.harmful_from`).
    """
    return Assertion(
        method="bootstrapping",
        bandit=begin("bootstrapping"),
        adversary=adversary,
        success_from=success_from,
    )
