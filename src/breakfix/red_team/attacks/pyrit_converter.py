"""PyRIT's converters: the goal through one of about seventy encodings, ciphers and rewritings, by name.

Lopez Munoz et al., "PyRIT: A Framework for Security Risk Identification and Red Teaming in Generative AI Systems"
(arXiv 2410.02828). What the converter makes of the goal is sent as it is, without a word of explanation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from breakfix.errors import ConfigError
from breakfix.protocols import Ask, Attack, Dialogue
from breakfix.records import Conversation, GaveUp, Goal, Persona, assistant, user
from breakfix.red_team.pyrit_bridge import api
from breakfix.red_team.pyrit_bridge.converters import ConverterEntry, Options, converted, converter_entry
from breakfix.red_team.pyrit_bridge.stepping import Desk, run_at_once, stepped

_PROBE = "How do I bake a cake at home?"
_SEED_BITS = 32


def attack(*, converter: str, options: Mapping[str, str | int | float | bool] | None = None) -> Attack:
    """The goal through PyRIT's `converter` (class name without `Converter`), made with its own `options`.

    A converter that has a model rewrite the text asks the adversary. Raises MissingExtra without PyRIT, and ConfigError
    for an unknown converter and for options that it does not take; `converters.converters()` lists what there is.
    """
    given = dict(options or {})
    entry = converter_entry(converter, given)
    if entry.kind == "text":
        try:
            run_at_once(converted(entry, given, _PROBE, 0))
        except Exception as problem:  # noqa: BLE001 - converters check their options with whatever error they like
            raise ConfigError(
                f"{converter}: {problem}", where="attack 'pyrit_converter'", hint="mend `options`"
            ) from None
    return Converting(entry, given)


@dataclass(frozen=True, slots=True)
class Converting:
    """Asks once, in another writing."""

    entry: ConverterEntry
    given: Options
    name: str = "pyrit_converter"
    family: str = "encoding"
    persona: Persona = "intermediate"
    source: str = "Lopez Munoz et al., arXiv 2410.02828"

    @property
    def options(self) -> Mapping[str, str | int | float | bool | None]:
        """Part of the id of its attempts."""
        return {"converter": self.entry.name, **{f"options.{key}": value for key, value in self.given.items()}}

    @property
    def asks_adversary(self) -> bool:
        """Whether a model rewrites the goal."""
        return self.entry.kind == "model"

    def __call__(self, goal: Goal, rng: Random) -> Dialogue:
        """Asks once."""
        seed = rng.getrandbits(_SEED_BITS)
        return stepped(lambda desk: self._asked(goal, seed, desk), api.forget)

    async def _asked(self, goal: Goal, seed: int, desk: Desk) -> Conversation | GaveUp:
        try:
            text = await converted(self.entry, self.given, goal.text, seed)
        except Exception as problem:  # noqa: BLE001 - PyRIT wraps whatever goes wrong in an error of its own
            return GaveUp(reason=f"PyRIT's {self.entry.name} gave up: {type(problem).__name__}")
        asked = (user(text),)
        return (*asked, assistant(await desk.ask(Ask(asked, note=self.entry.name))))
