"""Jailbreak templates: pasted texts that declare the rules suspended.

The families that Shen et al. found in the wild (arXiv 2308.03825): developer mode, opposite day, hypothetical worlds,
false authority. The wording is our own, in `jailbreak_template.txt`, one template a paragraph.
"""

from pathlib import Path
from random import Random

from breakfix.protocols import Attack
from breakfix.red_team.single_turn import SingleTurn
from breakfix.red_team.wording import paragraphs, substitute


def attack() -> Attack:
    """One of the templates, with the goal in its place."""
    templates = paragraphs(Path(__file__).with_suffix(".txt"))

    def wrap(text: str, rng: Random) -> str:
        return substitute(rng.choice(templates), goal=text)

    return SingleTurn("jailbreak_template", "template", "low_skilled", wrap)
