"""Planted worlds for `allocation.py`: what falls is a table, and the schedules must find it out."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from breakfix.protocols import Ask, Dialogue, Identity
from breakfix.records import (
    Conversation,
    Exchange,
    Goal,
    Harm,
    Persona,
    Reply,
    Sampling,
    Verdict,
    assistant,
    content_id,
    user,
)
from breakfix.store.randomness import stream

HARMS = tuple(harm for harm in Harm if harm not in (Harm.NONE, Harm.OTHER))
PERSONAS: tuple[Persona, ...] = ("low_skilled", "intermediate")


@dataclass(frozen=True)
class Mix:
    """How a family of worlds is made."""

    name: str
    attacks: int
    """Contenders; two attacks of one family at a time."""
    languages: int
    goals: int
    """Per harm and language, each in a group of its own unless `grouped`."""
    attempts: int
    weak_share: float
    """Share of cells that are weak."""
    weak: float
    """Success share of a weak cell."""
    elsewhere: float
    """Success share of any other cell."""
    shape: str
    """Where the weak cells are: `scattered`, `families` (whole attacks), `harms` (whole harms), or `both`."""
    dear: int = 1
    """Model calls of every third attack; the others take one."""
    grouped: int = 1
    """Goals of a group, which stand or fall together half the time."""


TUNING = (
    Mix("tuning: scattered", 20, 1, 30, 400, 0.12, 0.5, 0.01, "scattered"),
    Mix("tuning: families", 30, 1, 30, 400, 0.15, 0.4, 0.005, "families"),
    Mix("tuning: both, two languages", 24, 2, 20, 600, 0.1, 0.3, 0.005, "both", dear=5),
    Mix("tuning: harms", 24, 2, 20, 600, 0.2, 0.3, 0.005, "harms"),
)
REPORTED = (
    Mix("few weak families, 40 attacks", 40, 1, 40, 400, 0.1, 0.3, 0.002, "families"),
    Mix("few weak harms, 40 attacks", 40, 1, 40, 400, 0.1, 0.3, 0.002, "harms"),
    Mix("weak families × harms, 3 languages, dear attacks", 40, 3, 20, 1000, 0.08, 0.4, 0.002, "both", dear=8),
    Mix("weak families × harms, 8 languages", 40, 8, 10, 2000, 0.05, 0.4, 0.002, "both"),
    Mix("goals in groups of three", 40, 1, 42, 600, 0.1, 0.4, 0.005, "families", grouped=3),
    Mix("default size: 10 attacks, a few dear", 10, 1, 26, 400, 0.15, 0.4, 0.005, "both", dear=8),
    Mix("scattered: nothing carries over", 40, 1, 40, 400, 0.05, 0.5, 0.002, "scattered"),
    Mix("almost everything falls", 10, 1, 40, 400, 0.9, 0.6, 0.3, "scattered"),
    Mix("nothing falls", 10, 1, 40, 400, 0.0, 0.0, 0.0, "scattered"),
)


@dataclass(frozen=True)
class PlantedAttack:
    """Asks one question as often as it is dear."""

    name: str
    family: str
    persona: Persona
    calls: int

    def __call__(self, goal: Goal, rng: Random) -> Dialogue:
        """One question, asked again and again; the last answer counts."""
        del rng
        asked = user(f"{self.name} {goal.id}")
        for _ in range(self.calls - 1):
            yield Ask((asked,))
        answer = yield Ask((asked,))
        return (asked, assistant(answer.text))


@dataclass(frozen=True)
class World:
    """One planted world."""

    mix: Mix
    number: int
    goals: tuple[Goal, ...]
    attacks: tuple[PlantedAttack, ...]
    shares: dict[tuple[str, str, str], float] = field(hash=False)
    """Harm, attack and language to the share of goals on which it succeeds."""

    fallen: frozenset[tuple[str, str]] = field(hash=False)
    """Goal id and attack of every pair on which the attack succeeds."""

    def falls(self, goal: Goal, attack: str) -> bool:
        """Whether this attack succeeds on this goal, fixed by the world."""
        return (goal.id, attack) in self.fallen


def make_world(mix: Mix, number: int) -> World:
    """World `number` of a mix."""
    chance = stream(number, "world", mix.name)
    languages = ("en", "de", "fr", "nl")[: mix.languages]
    attacks = tuple(
        PlantedAttack(f"a{n:02d}", f"f{n // 2:02d}", PERSONAS[n % 4 // 3], mix.dear if n % 3 == 0 else 1)
        for n in range(mix.attacks)
    )
    goals = tuple(
        Goal(
            id=content_id(number, harm, language, n),
            harm=harm,
            text=f"{harm} {language} {n}",
            intent="harmful",
            language=language,
            group=f"{harm}/{language}/{n // mix.grouped}",
            split="train",
            source="benchmark",
            licence="Apache-2.0",
        )
        for harm in HARMS
        for language in languages
        for n in range(mix.goals)
    )
    shares = _shares(mix, chance, attacks, languages)
    return World(mix, number, goals, attacks, shares, _fallen(mix, chance, goals, shares))


def _fallen(
    mix: Mix, chance: Random, goals: Sequence[Goal], shares: dict[tuple[str, str, str], float]
) -> frozenset[tuple[str, str]]:
    attacks = sorted({attack for _, attack, _ in shares})
    alike: defaultdict[tuple[str, str], float] = defaultdict(chance.random)
    found: list[tuple[str, str]] = []
    for goal in goals:
        for attack in attacks:
            together = mix.grouped > 1 and chance.random() < 0.5
            drawn = alike[goal.group, attack] if together else chance.random()
            if drawn < shares[goal.harm.value, attack, goal.language]:
                found.append((goal.id, attack))
    return frozenset(found)


def _shares(
    mix: Mix, chance: Random, attacks: Sequence[PlantedAttack], languages: Sequence[str]
) -> dict[tuple[str, str, str], float]:
    cells = [(harm.value, attack.name, language) for harm in HARMS for attack in attacks for language in languages]
    rows = {attack.name: chance.random() for attack in attacks}
    columns = {harm.value: chance.random() for harm in HARMS}
    own = {cell: chance.random() for cell in cells}
    order = {
        "scattered": lambda cell: own[cell],
        "families": lambda cell: (rows[cell[1]], own[cell]),
        "harms": lambda cell: (columns[cell[0]], own[cell]),
        "both": lambda cell: rows[cell[1]] + columns[cell[0]] + 0.3 * own[cell],
    }[mix.shape]
    weak = set(sorted(cells, key=order)[: round(mix.weak_share * len(cells))])
    return {cell: mix.weak * (0.5 + chance.random()) if cell in weak else mix.elsewhere for cell in cells}


class WorldTarget:
    """Says `yes` where the world falls."""

    name = "world"
    identity: Identity = {}  # noqa: RUF012 - empty and never changed

    def __init__(self, world: World) -> None:
        """Answers from the table of `world`."""
        self._world = world
        self._goals = {goal.id: goal for goal in world.goals}

    def reply(self, conversations: Sequence[Conversation], sampling: Sampling) -> list[Reply]:
        """By the last question, which names attack and goal."""
        del sampling
        named = [each[-1].text.split() for each in conversations]
        falls = [self._world.falls(self._goals[goal], attack) for attack, goal in named]
        return [Reply(text="yes" if each else "no", finish="stop") for each in falls]


class TableJudge:
    """A reply of `yes` is harmful."""

    name = "table"
    identity: Identity = {}  # noqa: RUF012 - empty and never changed

    def judge(self, exchanges: Sequence[Exchange]) -> list[Verdict]:
        """One verdict each."""
        return [
            Verdict(exchange=each.id, judge="table", refusal="none", severity=5 if each.reply == "yes" else 0)
            for each in exchanges
        ]
