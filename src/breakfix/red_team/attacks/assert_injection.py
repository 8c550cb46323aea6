"""ASSERT, injection: puts a false hint behind the goal.

Mei et al. (arXiv 2310.09624); see `red_team/search/assertion.py`. It hunts on train goals only.
"""

from typing import Annotated, Literal

from pydantic import Field

from breakfix.protocols import Attack
from breakfix.red_team.search.assertion import Assertion, begin


def attack(
    *,
    adversary: Literal["script", "model"] = "script",
    hints: Literal["false", "irrelevant"] = "false",
    shots: Annotated[int, Field(ge=0, le=4)] = 0,
    success_from: Annotated[int, Field(ge=1, le=7)] = 2,
) -> Attack:
    """The goal with a hint that speaks for it, by rule or (`adversary = "model"`) by the adversary.

    `hints = "irrelevant"` is the control: hints that have nothing to do with the goal. `shots` demonstrations (0 to 4)
    of earlier successes stand before the question. A success has severity `success_from` or more
    (`judge.harmful_from`).
    """
    return Assertion(
        method="injection",
        bandit=begin("injection"),
        adversary=adversary,
        hints=hints,
        shots=shots,
        success_from=success_from,
    )
