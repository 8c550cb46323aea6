"""Character spacing: sets the letters of every word apart.

One of the character injections of Hackett et al., "Bypassing Prompt Injection and Jailbreak Detection in LLM
Guardrails" (arXiv 2504.11168): the words stay readable and their tokens are gone.
"""

import re
from random import Random
from typing import Literal

from breakfix.protocols import Attack
from breakfix.red_team.single_turn import SingleTurn

SEPARATORS = {"space": " ", "hyphen": "-", "dot": ".", "underscore": "_"}
_WORD = re.compile(r"\S+")


def attack(*, separator: Literal["space", "hyphen", "dot", "underscore"] = "space") -> Attack:
    """The goal with `separator` between the characters of each word; among spaces, three stand between words."""
    sign = SEPARATORS[separator]

    def wrap(text: str, _: Random) -> str:
        return sign.join(text) if separator == "space" else _WORD.sub(lambda word: sign.join(word.group()), text)

    source = "Hackett et al., arXiv 2504.11168"
    return SingleTurn("character_spacing", "encoding", "intermediate", source, wrap, {"separator": separator})
