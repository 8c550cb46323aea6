"""Experience replay: asks the way that broke the target before, and forgets it when it stops to.

ICER (arXiv 2411.16769), adapted to text. It learns from every attack's successes on train goals and never meets
held-out goals; see `red_team/search/icer.py`.
"""

from typing import Annotated, Literal

from pydantic import Field

from breakfix.protocols import Attack
from breakfix.red_team.search.bandit import Bandit
from breakfix.red_team.search.icer import BEGIN, Icer


def attack(
    *,
    examples: Annotated[int, Field(ge=1, le=5)] = 3,
    adversary: Literal["script", "model"] = "script",
    discount: Annotated[float, Field(gt=0.0, le=1.0)] = 0.995,
    memory: Annotated[int, Field(ge=1, le=256)] = 32,
    replay: bool = True,
    success_from: Annotated[int, Field(ge=1, le=7)] = 2,
) -> Attack:
    """A bandit over ways to ask; with `adversary = "model"` the adversary rewrites after `examples` that worked.

    `discount` is what is left of experience after a pull, `memory` how many learnt ways are kept, and `success_from`
    the severity that counts as a success (`judge.harmful_from`). `replay = false` is the control that never learns.
    """
    return Icer(
        bandit=Bandit(BEGIN, discount, memory),
        examples=examples,
        adversary=adversary,
        replay=replay,
        success_from=success_from,
    )
