"""PyRIT's jailbreak templates: some 650 texts pasted around the goal, read from PyRIT's wheel.

Shen et al., "Do Anything Now" (arXiv 2308.03825) collected the group `in_the_wild`; the wheel of PyRIT (arXiv
2410.02828) names who wrote the others. Many have no clear licence, so none is part of this package.
"""

from random import Random

from breakfix.protocols import Attack
from breakfix.red_team.pyrit_bridge.shipped import TemplateGroup, filled, templates
from breakfix.red_team.single_turn import SingleTurn


def attack(*, template: str = "", group: TemplateGroup = "classic") -> Attack:
    """The goal in the named template, by default in one drawn from `group`.

    Groups: `classic` (90, mostly from jailbreakchat), `Arth_Singh` (30), `pliny` (42), `in_the_wild` (488), `all`.
    Templates that the exclusion rule refuses are never drawn. Raises MissingExtra without PyRIT, ConfigError for an
    unknown or refused template.
    """
    known = templates(template, group).texts

    def wrap(text: str, rng: Random) -> str:
        return filled(rng.choice(known), text)

    source = "PyRIT, arXiv 2410.02828; Shen et al., arXiv 2308.03825"
    return SingleTurn("pyrit_template", "template", "low_skilled", source, wrap, {"template": template, "group": group})
