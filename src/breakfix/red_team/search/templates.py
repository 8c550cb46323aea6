"""Prompts that worked, turned inside out: what stands around the goal is a template for the next one."""

from collections.abc import Mapping
from pathlib import Path

from breakfix.exclusion import excluded
from breakfix.records import Attempt
from breakfix.red_team.wording import substitute, titled_texts

PLACE = "{goal}"
LONGEST = 600
"""Characters of a template; longer ones are not learnt, so that no state grows with what models write."""
_FOLDER = Path(__file__).parent


def texts(name: str) -> Mapping[str, str]:
    """The titled texts of a file of this folder."""
    return titled_texts(_FOLDER / f"{name}.txt")


STYLES: Mapping[str, str] = texts("styles")
"""Style name to template: what the archive is divided by, and what experience replay begins with."""


def prompt_of(attempt: Attempt) -> str | None:
    """The question of an attempt that asked one thing once; None for any other."""
    turns = attempt.conversation
    if turns is None or [message.role for message in turns] != ["user", "assistant"]:
        return None
    return turns[0].text


def template_of(attempt: Attempt) -> str | None:
    """What the attempt put around its goal; None when the goal does not stand in it once, word for word."""
    prompt, goal = prompt_of(attempt), attempt.goal.text
    if prompt is None or not goal.strip() or prompt.count(goal) != 1 or PLACE in prompt:
        return None
    template = prompt.replace(goal, PLACE)
    return template if len(template) <= LONGEST and not excluded(template) else None


def filled(template: str, goal: str) -> str:
    """`template` around `goal`."""
    return substitute(template, goal=goal)
