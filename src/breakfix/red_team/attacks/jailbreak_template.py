"""Jailbreak templates: pasted texts that declare the rules suspended.

The families that Shen et al. found in the wild ("Do Anything Now", arXiv 2308.03825): developer mode, opposite day,
hypothetical worlds, false authority. The wording is our own, in `jailbreak_template.txt`.
"""

from pathlib import Path
from random import Random

from breakfix.errors import ConfigError
from breakfix.protocols import Attack
from breakfix.red_team.single_turn import SingleTurn
from breakfix.red_team.wording import substitute, titled_texts

_TEXTS = Path(__file__).with_suffix(".txt")


def attack(*, template: str = "") -> Attack:
    """The goal in the named template, by default in a randomly drawn one; raises ConfigError for an unknown name."""
    known = titled_texts(_TEXTS)
    if template and template not in known:
        raise ConfigError(
            f"there is no template {template!r}", where="attack 'jailbreak_template'", hint=f"known: {', '.join(known)}"
        )
    templates = [known[template]] if template else list(known.values())

    def wrap(text: str, rng: Random) -> str:
        return substitute(rng.choice(templates), goal=text)

    source = "Shen et al., arXiv 2308.03825"
    return SingleTurn("jailbreak_template", "template", "low_skilled", source, wrap, {"template": template})
