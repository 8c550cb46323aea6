"""Persona conversation: a model plays a person with an aim that they do not tell, over several turns.

How the Phi-3 reports probe their models: a strong model plays the user of a chat and a judge reads the transcript
(Phi-3 Safety Post-Training, arXiv 2407.13833; Magooda et al., arXiv 2310.17750, section 3). Any adversary model can
play; without one the person speaks from a script. The people are our own, in `persona_conversation.txt`.
"""

from collections.abc import Mapping
from pathlib import Path
from random import Random

from breakfix.errors import ConfigError
from breakfix.protocols import Attack
from breakfix.records import Goal
from breakfix.red_team.multi_turn import Moment, MultiTurn, TakenBack, Temperature, Turns, WrittenBy
from breakfix.red_team.phased import Phased, drawn
from breakfix.red_team.wording import titled_texts

TEXTS = titled_texts(Path(__file__).with_suffix(".txt"))
_WHO = "who_"
PEOPLE = {title.removeprefix(_WHO): text for title, text in TEXTS.items() if title.startswith(_WHO)}


def attack(
    *,
    person: str = "",
    max_turns: Turns = 3,
    max_backtracks: TakenBack = 1,
    adversary: WrittenBy = "script",
    temperature: Temperature = 0.0,
) -> Attack:
    """Talks as `person`, drawn for each goal when not named, for `max_turns` turns (2 to 8).

    At most `max_backtracks` refused lines are taken back (0 to 8). With `adversary = "model"` the configured adversary
    plays the person in every line but the last, drawn at `temperature`; where it writes nothing usable, the script
    does, and the attempt's note says so. Raises ConfigError for an unknown person.
    """
    if person and person not in PEOPLE:
        raise ConfigError(
            f"there is no person {person!r}", where="attack 'persona_conversation'", hint=f"known: {', '.join(PEOPLE)}"
        )

    def script(_: Goal, rng: Random) -> Phased:
        name = person or rng.choice(list(PEOPLE))

        def places(_: Moment) -> Mapping[str, str]:
            return {"who": PEOPLE[name]}

        return drawn(TEXTS, rng, places=places, choice=f"as {name}")

    return MultiTurn(
        name="persona_conversation",
        family="conversation",
        source="Magooda et al., arXiv 2310.17750, section 3",
        script=script,
        max_turns=max_turns,
        max_backtracks=max_backtracks,
        adversary=adversary,
        temperature=temperature,
        choices={"person": person},
    )
