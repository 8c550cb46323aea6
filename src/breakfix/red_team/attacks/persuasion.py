"""Persuasion: argues for the goal as one person would before another.

Styles of the taxonomy of Zeng et al., "How Johnny Can Persuade LLMs to Jailbreak Them" (arXiv 2401.06373); the paper
lets a model write the arguments, here they are our own, in `persuasion.txt`.
"""

from pathlib import Path
from random import Random

from breakfix.protocols import Attack
from breakfix.red_team.single_turn import Noted, SingleTurn
from breakfix.red_team.wording import chosen_texts, substitute

_TEXTS = Path(__file__).with_suffix(".txt")


def attack(*, style: str = "") -> Attack:
    """The goal with the named argument, by default a randomly drawn one; raises ConfigError for an unknown style.

    There are logical_appeal, evidence_based, expert_endorsement, authority_endorsement, misrepresentation,
    social_proof, reciprocity, emotional_appeal, scarcity, positive_framing, shared_values, negotiation.
    """
    styles = list(chosen_texts(_TEXTS, style).items())

    def wrap(text: str, rng: Random) -> Noted:
        title, words = rng.choice(styles)
        return Noted(substitute(words, goal=text), title)

    return SingleTurn(
        "persuasion", "persuasion", "intermediate", "Zeng et al., arXiv 2401.06373", wrap, {"style": style}
    )
