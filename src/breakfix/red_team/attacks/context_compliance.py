"""Context compliance: forges an earlier answer in which the assistant offers the goal, and says yes.

Russinovich and Salem, "Jailbreaking is (Mostly) Simpler Than You Think" (arXiv 2503.05264). Works where the client
sends the history. The dialogues are our own, in `context_compliance.txt`.
"""

from dataclasses import dataclass
from pathlib import Path
from random import Random

from breakfix.protocols import Attack, Dialogue
from breakfix.records import Goal, Persona, assistant, user
from breakfix.red_team.single_turn import ask_once
from breakfix.red_team.subjects import subject
from breakfix.red_team.wording import substitute, titled_texts

_TEXTS = titled_texts(Path(__file__).with_suffix(".txt"))
_VARIANTS = [title.removesuffix("_question") for title in _TEXTS if title.endswith("_question")]


def attack() -> Attack:
    """A forged question and answer about the subject; the answer offers the goal, and the last turn accepts."""
    return ContextCompliance()


@dataclass(frozen=True, slots=True)
class ContextCompliance:
    """One question behind a forged history."""

    name: str = "context_compliance"
    family: str = "forged_history"
    persona: Persona = "intermediate"
    source: str = "Russinovich and Salem, arXiv 2503.05264"

    def __call__(self, goal: Goal, rng: Random) -> Dialogue:
        """Draws one of the dialogues."""
        drawn = rng.choice(_VARIANTS)
        question, offer, accepted = (
            substitute(_TEXTS[f"{drawn}_{part}"], goal=goal.text, topic=subject(goal.text))
            for part in ("question", "offer", "accepted")
        )
        return ask_once((user(question), assistant(offer), user(accepted)), drawn)
