"""A PyRIT strategy as one of our attacks: its control flow is PyRIT's, every question goes through our driver."""

from dataclasses import dataclass, field
from random import Random

from breakfix.protocols import Dialogue
from breakfix.records import Conversation, GaveUp, Goal, Persona
from breakfix.red_team.pyrit_bridge import api
from breakfix.red_team.pyrit_bridge.shipped import pyrit_folder
from breakfix.red_team.pyrit_bridge.stepping import stepped
from breakfix.red_team.single_turn import Options


def bridged(
    name: str, family: str, persona: Persona, source: str, *, scorer: api.Scorer = "none", **settings: int | bool
) -> "Strategy":
    """PyRIT's strategy `name` (a key of `api.CLASSES`) with PyRIT's own `settings`; raises MissingExtra without PyRIT.

    `scorer` says who decides when it stops and which branch it follows: `model`, PyRIT's own prompts answered by the
    adversary; `cues`, our text cues; `none` where it decides nothing. It has no part in the verdict.
    """
    pyrit_folder()
    options: Options = {**settings, **({} if scorer == "none" else {"scorer": scorer})}
    return Strategy(f"pyrit_{name}", family, persona, source, name, scorer, tuple(sorted(settings.items())), options)


@dataclass(frozen=True, slots=True)
class Strategy:
    """One of PyRIT's attack strategies."""

    name: str
    family: str
    persona: Persona
    source: str
    strategy: str
    scorer: api.Scorer
    settings: api.Settings = ()
    options: Options = field(default_factory=dict[str, str | int | float | bool | None])
    """Part of the id of its attempts."""

    @property
    def asks_adversary(self) -> bool:
        """Whether it cannot do without an adversary model."""
        return self.strategy not in api.SINGLE_TURN

    def __call__(self, goal: Goal, rng: Random) -> Dialogue:
        """Begins the strategy; it leaves nothing to chance."""
        del rng
        return stepped(lambda _: self._executed(goal), api.forget)

    async def _executed(self, goal: Goal) -> Conversation | GaveUp:
        strategy = api.strategy(self.strategy, self.scorer, self.settings)
        try:
            result = await strategy.execute_async(objective=goal.text)
        except Exception as problem:  # noqa: BLE001 - PyRIT wraps whatever goes wrong in an error of its own
            return GaveUp(reason=_why(problem))
        if not result.conversation_id:
            return GaveUp(reason=_PRUNED)
        return api.conversation_of(result.conversation_id)


_PRUNED = "PyRIT gave up: no branch got an answer (bad JSON from the adversary, or pruned as off topic)"


def _why(problem: BaseException) -> str:
    """The kind of the error that began it; PyRIT's own texts quote prompts, replies and tracebacks."""
    while problem.__cause__ is not None:
        problem = problem.__cause__
    kind = type(problem).__name__
    known = {"InvalidJsonException": "the adversary's answers are not the JSON that it wants"}
    return f"PyRIT gave up: {known.get(kind, kind)}"
