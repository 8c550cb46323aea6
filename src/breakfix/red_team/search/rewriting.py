"""Asking the adversary model for one rewritten goal, with examples of what worked."""

from collections.abc import Generator, Sequence

from breakfix.protocols import Ask
from breakfix.records import Message, user
from breakfix.red_team.adversary import read_text
from breakfix.red_team.search.nearness import kept_share, says_the_same
from breakfix.red_team.search.templates import texts
from breakfix.red_team.wording import substitute

TASKS = texts("adversary")
NEAR = 0.6
"""Share of the goal's content that a rewritten goal keeps."""
_CLIP = 300


def rewritten(goal: str, *, examples: Sequence[str], manner: str = "") -> Generator[Ask, Message, str]:
    """What the adversary makes of `goal`; '' when that strays from the goal, or repeats it or an example."""
    shown = "\n".join(f"- {each[:_CLIP]}" for each in examples)
    task = substitute(
        TASKS["rewrite"],
        goal=goal,
        manner=manner,
        examples=substitute(TASKS["rewrite_example"], list=shown) + "\n" if shown else "",
    )
    written = read_text((yield Ask((user(task),), to="adversary")).text, TASKS["rewrite"])
    if kept_share(written, goal) < NEAR or any(says_the_same(written, each) for each in (goal, *examples)):
        return ""
    return written
