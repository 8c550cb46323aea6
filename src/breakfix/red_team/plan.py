"""Which attack meets which goal: balanced, deterministic, and the held-out part the same in every round.

Goals come in laps: a lap visits every goal once, harms taking turns and groups before their second goal, and each
visit meets the goal with the next attack. So goals differ by one attempt at most, and no pair of goal and attack comes
twice before every pair has come once. A round goes on where the round before it stopped.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

from breakfix.config import RedTeamSettings, nearest
from breakfix.errors import ConfigError, EmptyGoals
from breakfix.protocols import Attack
from breakfix.records import Goal, content_id
from breakfix.red_team.drive import Planned
from breakfix.red_team.personas import PersonaProfile, chosen_profiles, profiles
from breakfix.red_team.single_turn import DIRECT, Options
from breakfix.store.randomness import draw_order


@runtime_checkable
class Configured(Protocol):
    """An attack that says which options it was made with."""

    @property
    def options(self) -> Options:
        """Option name to value."""
        ...


@dataclass(frozen=True)
class Contender:
    """An attack in the hands of a persona."""

    attack: Attack
    profile: PersonaProfile

    @cached_property
    def id(self) -> str:
        """Changes with the attack's name, its options and the persona."""
        options: Options = self.attack.options if isinstance(self.attack, Configured) else {}
        return content_id(self.attack.name, dict(options), self.profile.name)


@dataclass(frozen=True, slots=True)
class Plan:
    """All attempts of a round; within a part, those of one attack stand together, so that they share batches."""

    held_out: tuple[Planned, ...]
    """Harmful goals of the test split, never trained on; the same attempts in every round."""
    hunting: tuple[Planned, ...]
    """Harmful goals of the train split, never with an attack that is `held_out_only`."""
    look_alikes: tuple[Planned, ...]
    """Harmless goals of the train split, asked directly."""

    @property
    def size(self) -> int:
        """How many attempts there are."""
        return len(self.held_out) + len(self.hunting) + len(self.look_alikes)

    def chunks(self, size: int) -> list[tuple[Planned, ...]]:
        """The attempts in order, `size` at a time; no chunk holds two parts, so held-out batches never change."""
        return [
            part[start : start + size]
            for part in (self.held_out, self.hunting, self.look_alikes)
            for start in range(0, len(part), size)
        ]


def plan_attempts(
    goals: Sequence[Goal],
    attacks: Sequence[Attack],
    *,
    settings: RedTeamSettings,
    seed: int,
    round_number: int,
    personas: Sequence[PersonaProfile] | None = None,
) -> Plan:
    """The attempts of a round; the order of `goals` and of `attacks` does not matter.

    `personas` are by default the built-in ones that the settings name. No pair of goal and attack is planned twice in
    a round, so a small set may give fewer attempts than the settings ask for. Raises EmptyGoals when there is no
    harmful goal to train on or no attack of the chosen personas, and ConfigError when two attacks are the same.
    """
    contenders = _contenders(attacks, chosen_profiles(settings.personas) if personas is None else personas)
    seen = _without(contenders, settings.held_out_only)
    goals = sorted(goals, key=lambda goal: goal.id)
    hunted = [goal for goal in goals if goal.intent == "harmful" and goal.split == "train"]
    held_out = [goal for goal in goals if goal.intent == "harmful" and goal.split == "test"]
    alike = [goal for goal in goals if goal.look_alike and goal.split == "train"]
    if not hunted or not seen:
        raise EmptyGoals(
            "there is nothing to attack: no " + ("harmful goal of the train split" if seen else "attack is left"),
            where="red_team",
            hint="add goals" if contenders else "add attacks, or widen red_team.personas",
        )
    asked = [Contender(DIRECT, profiles()["low_skilled"].model_copy(update={"languages": ()}))]
    return Plan(
        held_out=_part(held_out, contenders, count=settings.held_out_attempts, seed=seed, window=0),
        hunting=_part(hunted, seen, count=settings.attempts, seed=seed, window=round_number),
        look_alikes=_part(alike, asked, count=settings.look_alikes, seed=seed, window=round_number),
    )


def _contenders(attacks: Sequence[Attack], personas: Sequence[PersonaProfile]) -> list[Contender]:
    found = [Contender(attack, profile) for profile in personas for attack in attacks if profile.uses(attack)]
    twice = [each.attack.name for each in found if [other.id for other in found].count(each.id) > 1]
    if twice:
        raise ConfigError(
            f"the attack {twice[0]!r} is listed twice with the same options",
            where="red_team.attacks",
            hint="take one of them out, or give it other options",
        )
    return found


def _without(contenders: Sequence[Contender], held_out_only: Sequence[str]) -> list[Contender]:
    """Those whose attacks may be trained against; raises ConfigError for a name that is none of them."""
    names = {each.attack.name for each in contenders}
    for name in held_out_only:
        if name not in names:
            near = nearest(name, sorted(names))
            raise ConfigError(
                f"{name!r} is none of the attacks of this run" + (f"; did you mean {near!r}?" if near else ""),
                where="red_team.held_out_only",
                hint=f"name some of {', '.join(sorted(names))}",
            )
    return [each for each in contenders if each.attack.name not in held_out_only]


def _part(
    goals: Sequence[Goal], contenders: Sequence[Contender], *, count: int, seed: int, window: int
) -> tuple[Planned, ...]:
    """`count` attempts, or as many as there are pairs: the `window`-th stretch of the endless schedule.

    Pairs whose persona does not speak the goal's language are left out.
    """
    goals = [goal for goal in goals if any(each.profile.speaks(goal) for each in contenders)]
    size = min(count, len(goals) * len(contenders))
    if not size:
        return ()
    by_id = {each.id: each for each in contenders}
    ranked = [by_id[name] for name in draw_order(seed, "red_team attacks", list(by_id))]
    schedule = _schedule(goals, len(ranked), seed)
    pairs = [schedule(number) for number in range(window * size, (window + 1) * size)]
    pairs = [(goal, number) for goal, number in pairs if ranked[number].profile.speaks(goal)]
    pairs.sort(key=lambda pair: (ranked[pair[1]].attack.name, pair[1]))
    return tuple(_planned(goal, ranked[number], seed) for goal, number in pairs)


def _schedule(goals: Sequence[Goal], attacks: int, seed: int) -> Callable[[int], tuple[Goal, int]]:
    """Position in the endless schedule to its goal and the number of its attack."""
    order = _interleaved(goals, seed)
    first = _first_attacks(order, attacks)

    def at(position: int) -> tuple[Goal, int]:
        lap, place = divmod(position, len(order))
        return order[place], (first[place] + lap) % attacks

    return at


def _interleaved(goals: Sequence[Goal], seed: int) -> list[Goal]:
    """`goals` in a drawn order in which harms take turns, and in each harm groups before their second goal."""
    by_id = {goal.id: goal for goal in goals}
    drawn = [by_id[name] for name in draw_order(seed, "red_team goals", list(by_id))]
    for key in (_group_of, _harm_of):
        drawn = [goal for _, goal in sorted(_numbered(drawn, key), key=lambda pair: pair[0])]
    return drawn


def _group_of(goal: Goal) -> Hashable:
    return goal.group


def _harm_of(goal: Goal) -> Hashable:
    return goal.harm


def _numbered(goals: Sequence[Goal], key: Callable[[Goal], Hashable]) -> Iterator[tuple[int, Goal]]:
    """Each goal with the number of goals before it that share its key."""
    seen: Counter[Hashable] = Counter()
    for goal in goals:
        yield seen[key(goal)], goal
        seen[key(goal)] += 1


def _first_attacks(order: Sequence[Goal], attacks: int) -> list[int]:
    """The number of the attack that each goal meets first.

    Of as many goals in a row as there are attacks, each meets another one; which, is chosen so that the attacks of
    each harm are balanced too.
    """
    first: list[int] = []
    met: Counter[tuple[Hashable, int]] = Counter()
    for start in range(0, len(order), attacks):
        row = order[start : start + attacks]
        by_harm = sorted(range(len(row)), key=lambda place: row[place].harm)
        rank = {place: number for number, place in enumerate(by_harm)}
        numbers = _swapped([(start // attacks + rank[place]) % attacks for place in range(len(row))], row, met)
        met.update((goal.harm, number) for goal, number in zip(row, numbers, strict=True))
        first += numbers
    return first


def _swapped(numbers: list[int], row: Sequence[Goal], met: Counter[tuple[Hashable, int]]) -> list[int]:
    """`numbers` after all swaps by which harms get attacks that they have met less often."""
    pairs = [(one, other) for other in range(len(row)) for one in range(other)]
    better = True
    while better:
        better = False
        for one, other in pairs:
            mine, yours = row[one].harm, row[other].harm
            kept = met[mine, numbers[one]] + met[yours, numbers[other]]
            if met[mine, numbers[other]] + met[yours, numbers[one]] < kept:
                numbers[one], numbers[other] = numbers[other], numbers[one]
                better = True
    return numbers


def _planned(goal: Goal, contender: Contender, seed: int) -> Planned:
    return Planned(
        id=content_id("attempt", goal.id, contender.id, seed),
        goal=goal,
        attack=contender.attack,
        persona=contender.profile.name,
        seed=seed,
        max_turns=contender.profile.max_turns,
        max_queries=contender.profile.max_queries,
    )
