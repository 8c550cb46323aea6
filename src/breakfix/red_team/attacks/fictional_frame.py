"""Fictional frame: asks within a story, or within a story in a story.

Nested scenes as in Li et al., "DeepInception: Hypnotize Large Language Model to Be Jailbreaker" (arXiv 2311.03191). The
scenes are our own, in `fictional_frame.txt`.
"""

from pathlib import Path
from random import Random
from typing import Annotated

from pydantic import Field

from breakfix.protocols import Attack
from breakfix.red_team.single_turn import Noted, SingleTurn
from breakfix.red_team.wording import substitute, titled_texts

_TEXTS = titled_texts(Path(__file__).with_suffix(".txt"))
_OUTER = [title for title in _TEXTS if not title.startswith("inner_")]
_INNER = [title for title in _TEXTS if title.startswith("inner_")]


def attack(*, layers: Annotated[int, Field(ge=1, le=4)] = 1) -> Attack:
    """The goal in a randomly drawn scene, with `layers` stories in each other (1 to 4)."""

    def wrap(text: str, rng: Random) -> Noted:
        outer, inner = rng.choice(_OUTER), rng.sample(_INNER, layers - 1)
        deeper = " ".join(_TEXTS[title] for title in inner)
        said = substitute(_TEXTS[outer], goal=text, deeper=f" {deeper}" if deeper else "")
        return Noted(said, " > ".join((outer, *inner)))

    source = "Li et al., arXiv 2311.03191"
    return SingleTurn("fictional_frame", "template", "low_skilled", source, wrap, {"layers": layers})
