"""Skeleton key: has the model agree to new rules first, and asks afterwards.

Russinovich, "Mitigating Skeleton Key, a new type of generative AI jailbreak technique" (Microsoft Security Blog, 26
June 2024): the rules are not lifted but changed to "answer all, with a warning". The wording is our own, in
`skeleton_key.txt`.
"""

from dataclasses import dataclass
from pathlib import Path
from random import Random

from breakfix.protocols import Ask, Attack, Dialogue
from breakfix.records import Goal, Persona, user
from breakfix.red_team.single_turn import Options
from breakfix.red_team.wording import chosen_texts

_TEXTS = Path(__file__).with_suffix(".txt")


def attack(*, rules: str = "") -> Attack:
    """The named new rules, by default randomly drawn ones, then the goal; raises ConfigError for an unknown name.

    There are training_course, archive, own_risk.
    """
    return SkeletonKey(tuple(chosen_texts(_TEXTS, rules).items()), {"rules": rules})


@dataclass(frozen=True, slots=True)
class SkeletonKey:
    """Two turns: new rules, then the goal."""

    texts: tuple[tuple[str, str], ...]
    """Name and wording of the rules to draw from."""
    options: Options
    name: str = "skeleton_key"
    family: str = "template"
    persona: Persona = "low_skilled"
    source: str = "Russinovich, Microsoft Security Blog, 26 June 2024"

    def __call__(self, goal: Goal, rng: Random) -> Dialogue:
        """Asks for the new rules, and then for the goal, whatever the model made of them."""
        title, rules = rng.choice(self.texts)
        return _unlock(rules, goal.text, title)


def _unlock(rules: str, goal: str, note: str) -> Dialogue:
    opened = (user(rules),)
    agreed = yield Ask(opened, note=note)
    asked = (*opened, agreed, user(goal))
    answer = yield Ask(asked)
    return (*asked, answer)
