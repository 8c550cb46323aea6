"""Foot in the door: a small request first, then ever larger ones; a refused one is reached over a bridge.

Weng et al., "Foot-In-The-Door: A Multi-turn Jailbreak for LLMs" (arXiv 2502.19820). Whoever has granted something small
grants the next step more easily. A refused request leaves the conversation; a bridging one, halfway between the last
answer and it, is said first, then a softer form of the refused one. Here a script decides, or an adversary model.
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
    max_turns: Turns = 4,
    max_bridges: TakenBack = 2,
    adversary: WrittenBy = "script",
    temperature: Temperature = 0.0,
) -> Attack:
    """Grows the request over `max_turns` turns (2 to 8), with at most `max_bridges` bridges more (0 to 8).

    With `adversary = "model"` the configured adversary writes every line but the last, drawn at `temperature`; where it
    writes nothing usable, the script does, and the attempt's note says so.
    """
    return MultiTurn(
        name="foot_in_the_door",
        family="escalation",
        source="Weng et al., arXiv 2502.19820",
        script=script,
        max_turns=max_turns,
        max_backtracks=max_bridges,
        bridges=True,
        adversary=adversary,
        temperature=temperature,
    )


def script(_: Goal, rng: Random) -> Phased:
    """Requests that grow: a word, a sentence, a paragraph, all of it."""
    return drawn(TEXTS, rng, phases=("open", "last", "bridge"), growing=("deeper",))
