"""Topic drift: a chat about a harmless pastime that takes up a word of the subject more in every turn.

Yang et al., "Chain of Attack: a Semantic-Driven Contextual Multi-Turn attacker for LLM" (arXiv 2405.05610): each turn
lies nearer to the aim in meaning than the one before. Here nearness is counted in words of the goal: none in the first
line, all that carry meaning before the last.
"""

from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Annotated

from pydantic import Field

from breakfix.protocols import Attack
from breakfix.records import Goal
from breakfix.red_team.multi_turn import Moment, MultiTurn, TakenBack, Temperature, WrittenBy
from breakfix.red_team.phased import Phased, drawn
from breakfix.red_team.subjects import WORDS, subject_words
from breakfix.red_team.wording import titled_texts

TEXTS = titled_texts(Path(__file__).with_suffix(".txt"))


def attack(
    *,
    max_turns: Annotated[int, Field(ge=3, le=8)] = 4,
    max_backtracks: TakenBack = 2,
    adversary: WrittenBy = "script",
    temperature: Temperature = 0.0,
) -> Attack:
    """Drifts to the goal in `max_turns` turns (3 to 8), with `max_backtracks` refused lines taken back (0 to 8).

    With `adversary = "model"` the configured adversary writes every line but the last, drawn at `temperature`; where it
    writes nothing usable, the script does, and the attempt's note says so.
    """
    return MultiTurn(
        name="topic_drift",
        family="drift",
        source="Yang et al., arXiv 2405.05610",
        script=script,
        max_turns=max_turns,
        max_backtracks=max_backtracks,
        adversary=adversary,
        temperature=temperature,
    )


def script(_: Goal, rng: Random) -> Phased:
    """A pastime drawn by `rng`, then ever more words of the goal, the last one first."""
    pastime = rng.choice(TEXTS["pastimes"].split(", "))

    def places(at: Moment) -> Mapping[str, str]:
        return {"pastime": pastime, "near": ", ".join(near(at)) or pastime}

    return drawn(TEXTS, rng, places=places, choice=f"from {pastime}")


def near(at: Moment) -> list[str]:
    """The words of the goal that line `at` speaks of: none at first, all in the line before the last."""
    words = subject_words(at.goal.text)[:WORDS][::-1] or [at.goal.text]
    steps = max(1, at.turns - 2)
    return words[: -(-len(words) * min(at.turn, steps) // steps)]
