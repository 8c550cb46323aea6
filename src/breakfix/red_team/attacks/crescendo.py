"""Crescendo: begins harmlessly, climbs on the model's own answers, and takes a refused step back.

Russinovich, Salem and Eldan, "The Crescendo Multi-Turn LLM Jailbreak Attack" (arXiv 2404.01833), section 3. A refused
question is dropped from the conversation and asked differently (backtracking). Without an adversary model a script
writes the questions: each quotes the sentence of the last answer that lies nearest to the goal.
"""

from pathlib import Path
from random import Random

from breakfix.protocols import Attack
from breakfix.records import Goal
from breakfix.red_team.multi_turn import MultiTurn, TakenBack, Temperature, Turns, WrittenBy
from breakfix.red_team.phased import Phased, drawn
from breakfix.red_team.wording import titled_texts

TEXTS = titled_texts(Path(__file__).with_suffix(".txt"))


def attack(
    *,
    max_turns: Turns = 3,
    max_backtracks: TakenBack = 2,
    adversary: WrittenBy = "script",
    temperature: Temperature = 0.0,
) -> Attack:
    """Climbs to the goal in `max_turns` turns (2 to 8), with `max_backtracks` refused questions taken back (0 to 8).

    With `adversary = "model"` the configured adversary writes every question but the last, drawn at `temperature`;
    where it writes nothing usable, the script does, and the attempt's note says so.
    """
    return MultiTurn(
        name="crescendo",
        family="escalation",
        source="Russinovich, Salem and Eldan, arXiv 2404.01833, section 3",
        script=script,
        max_turns=max_turns,
        max_backtracks=max_backtracks,
        adversary=adversary,
        temperature=temperature,
    )


def script(_: Goal, rng: Random) -> Phased:
    """The subject, ever deeper, then the request."""
    return drawn(TEXTS, rng)
