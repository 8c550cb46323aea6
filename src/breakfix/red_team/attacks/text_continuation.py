"""Text continuation: begins a text that answers the goal, and lets the model go on.

One of the patterns that shift the model's attention, in Liu et al., "Jailbreaking ChatGPT via Prompt Engineering: An
Empirical Study" (arXiv 2305.13860). The texts are our own, in `text_continuation.txt`.
"""

from pathlib import Path
from random import Random

from breakfix.protocols import Attack
from breakfix.red_team.single_turn import Noted, SingleTurn
from breakfix.red_team.wording import chosen_texts, substitute

_TEXTS = Path(__file__).with_suffix(".txt")


def attack(*, text: str = "") -> Attack:
    """The goal in the named text, by default in a randomly drawn one; raises ConfigError for an unknown name.

    There are article, interview, manual, letter.
    """
    texts = list(chosen_texts(_TEXTS, text).items())

    def wrap(goal: str, rng: Random) -> Noted:
        title, words = rng.choice(texts)
        return Noted(substitute(words, goal=goal), title)

    source = "Liu et al., arXiv 2305.13860"
    return SingleTurn("text_continuation", "continuation", "intermediate", source, wrap, {"text": text})
