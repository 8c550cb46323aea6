"""Policy puppetry: writes the goal into something that looks like the model's own configuration.

McCauley et al., "Novel Universal Bypass for All Major LLMs" (HiddenLayer, April 2025). The layouts are our own, in
`policy_puppetry.txt`.
"""

import json
from pathlib import Path
from random import Random
from xml.sax.saxutils import escape

from breakfix.protocols import Attack
from breakfix.red_team.single_turn import Noted, SingleTurn
from breakfix.red_team.wording import chosen_texts, substitute

_TEXTS = Path(__file__).with_suffix(".txt")


def attack(*, layout: str = "") -> Attack:
    """The goal in the named layout (xml, json, ini), by default a drawn one; raises ConfigError for an unknown one."""
    layouts = list(chosen_texts(_TEXTS, layout).items())

    def wrap(text: str, rng: Random) -> Noted:
        title, words = rng.choice(layouts)
        goal = escape(text) if title == "xml" else json.dumps(text, ensure_ascii=False)
        return Noted(substitute(words, goal=goal), title)

    source = "McCauley et al., HiddenLayer, 2025"
    return SingleTurn("policy_puppetry", "template", "low_skilled", source, wrap, {"layout": layout})
