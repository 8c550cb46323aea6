"""Style injection: demands a form that leaves no room for a refusal.

Competing objectives: a reply of short words or of a bare list cannot carry the usual disclaimer (Wei, Haghtalab and
Steinhardt, "Jailbroken", arXiv 2307.02483, section 3.1). The styles are our own, in `style_injection.txt`.
"""

from pathlib import Path
from random import Random

from breakfix.protocols import Attack
from breakfix.red_team.single_turn import Noted, SingleTurn
from breakfix.red_team.wording import chosen_texts

_TEXTS = Path(__file__).with_suffix(".txt")


def attack(*, style: str = "") -> Attack:
    """The goal with the named style demanded, by default a drawn one; raises ConfigError for an unknown style.

    There are short_words, bare_list, json, rhyme, headline, telegram, table.
    """
    styles = list(chosen_texts(_TEXTS, style).items())

    def wrap(text: str, rng: Random) -> Noted:
        title, demand = rng.choice(styles)
        return Noted(f"{text}\n\n{demand}", title)

    source = "Wei et al., arXiv 2307.02483, section 3.1"
    return SingleTurn("style_injection", "injection", "intermediate", source, wrap, {"style": style})
