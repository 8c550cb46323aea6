"""Which attack meets which goal: balanced, deterministic, and the held-out part the same every round."""

from collections.abc import Sequence

from breakfix.config import RedTeamSettings
from breakfix.errors import EmptyGoals
from breakfix.protocols import Attack
from breakfix.records import Goal, Split
from breakfix.red_team.drive import Planned, attempt_id
from breakfix.store.randomness import draw_order, stream


def plan_attempts(
    goals: Sequence[Goal], attacks: Sequence[Attack], *, settings: RedTeamSettings, seed: int, round_number: int
) -> list[Planned]:
    """Hunting, held-out and look-alike attempts of a round; raises EmptyGoals when nothing can be attacked."""
    usable = [attack for attack in attacks if attack.persona in settings.personas]
    hunted, held_out = _harmful(goals, "train"), _harmful(goals, "test")
    if not usable or not (hunted or held_out):
        raise EmptyGoals(
            "there is nothing to attack: " + ("no harmful goal" if usable else "no attack of the chosen personas"),
            where="red_team",
            hint="add goals or attacks, or widen `personas`",
        )
    return [
        *_pair(hunted, usable, count=settings.attempts, seed=seed, turn=round_number),
        *_pair(held_out, usable, count=settings.held_out_attempts, seed=seed, turn=0),
        *_look_alikes(goals, attacks, count=settings.look_alikes, seed=seed),
    ]


def _pair(goals: Sequence[Goal], attacks: Sequence[Attack], *, count: int, seed: int, turn: int) -> list[Planned]:
    """The first `count` pairs of a schedule in which every goal and every attack comes up about equally often.

    Pass p of the schedule visits all goals once and gives goal g the attack number g + p (mod attacks), shifted by
    `turn`: no pair repeats before every attack has met every goal.
    """
    by_id = {goal.id: goal for goal in goals}
    order = draw_order(seed, "red_team plan", list(by_id))
    most = min(count, len(order) * len(attacks))
    return [
        _planned(by_id[order[i % len(order)]], attacks[(i % len(order) + i // len(order) + turn) % len(attacks)], seed)
        for i in range(most)
    ]


def _look_alikes(goals: Sequence[Goal], attacks: Sequence[Attack], *, count: int, seed: int) -> list[Planned]:
    """Harmless look-alikes of the train split, asked directly: one per group first, then the others."""
    direct = next((attack for attack in attacks if attack.name == "direct"), None)
    if direct is None:
        return []
    by_id = {goal.id: goal for goal in goals if goal.look_alike and goal.split == "train"}
    rank: dict[str, int] = {}
    first_of_group: list[tuple[int, int, str]] = []
    for place, name in enumerate(draw_order(seed, "look-alike plan", list(by_id))):
        group = by_id[name].group
        first_of_group.append((rank.get(group, 0), place, name))
        rank[group] = rank.get(group, 0) + 1
    return [_planned(by_id[name], direct, seed) for _, _, name in sorted(first_of_group)[:count]]


def _harmful(goals: Sequence[Goal], split: Split) -> list[Goal]:
    return [goal for goal in goals if goal.intent == "harmful" and goal.split == split]


def _planned(goal: Goal, attack: Attack, seed: int) -> Planned:
    name = attempt_id(goal, attack, seed)
    return Planned(name, goal, attack, seed, stream(seed, "red_team", name))
