"""The plan: balanced over goals, attacks and harms, the same for the same inputs, held-out attempts paired."""

from collections import Counter
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from breakfix import plugins
from breakfix.config import RedTeamSettings
from breakfix.errors import ConfigError, EmptyGoals
from breakfix.protocols import Attack, Outcome
from breakfix.records import Attempt, Goal, Harm, Verdict
from breakfix.red_team.drive import Planned
from breakfix.red_team.personas import chosen_profiles, profiles
from breakfix.red_team.plan import Plan, plan_attempts
from breakfix.red_team.schedule import Adaptive, Uniform

HARMS = (Harm.FRAUD, Harm.HATE, Harm.PRIVACY)
sizes = st.lists(st.integers(1, 9), min_size=1, max_size=3)
ATTACKS = sorted(name for name in plugins.entries("attack") if not name.startswith("pyrit_"))
chosen = st.lists(st.sampled_from(ATTACKS), min_size=1, max_size=5, unique=True)


@cache
def made(name: str) -> Attack:
    return plugins.make("attack", name, {})


def wishes(make_goal, per_harm: list[int], split: str = "train", intent: str = "harmful") -> list[Goal]:
    """So many goals of each harm, two in a group."""
    return [
        make_goal(
            f"{split} {intent} {harm} {number}",
            harm=harm,
            split=split,
            intent=intent,
            group=f"{split}/{harm}/{number // 2}",
        )
        for harm, count in zip(HARMS, per_harm, strict=False)
        for number in range(count)
    ]


def planned(
    goals: list[Goal] | tuple[Goal, ...], names: list[str], *, seed: int = 0, round_number: int = 0, **settings: Any
) -> Plan:
    return plan_attempts(
        goals,
        [made(name) for name in names],
        settings=RedTeamSettings(**{"attempts": 40, "held_out_attempts": 20, "look_alikes": 20, **settings}),
        seed=seed,
        round_number=round_number,
    )


def unjudged(each: Planned) -> Outcome:
    """The attempt, failed."""
    attempt = Attempt(
        id=each.id,
        goal=each.goal,
        attack=each.attack.name,
        family=each.attack.family,
        persona=each.persona,
        seed=each.seed,
        conversation=None,
        failure="down",
    )
    return Outcome(attempt, Verdict(exchange=each.id, judge="none", refusal="undetermined"))


def spread(counts: Counter[Any], of: int) -> int:
    """Largest minus smallest count over `of` things, those never counted included."""
    values = list(counts.values()) + [0] * (of - len(counts))
    return max(values) - min(values)


@given(sizes, chosen, st.integers(1, 60), st.integers(0, 5))
def test_goals_and_attacks_come_about_equally_often(
    make_goal, per_harm: list[int], names: list[str], attempts: int, round_number: int
) -> None:
    goals = wishes(make_goal, per_harm)
    plan = planned(goals, names, attempts=attempts, round_number=round_number, seed=attempts)
    pairs = Counter((each.goal.id, each.attack.name) for each in plan.hunting)
    laps = len(plan.hunting) // len(goals) + 2
    assert len(plan.hunting) == min(attempts, len(goals) * len(names))
    assert spread(Counter(each.goal.id for each in plan.hunting), len(goals)) <= 1
    assert spread(Counter(each.attack.name for each in plan.hunting), len(names)) <= 2 + laps
    assert max(pairs.values()) == 1
    assert len({each.id for each in plan.hunting}) == len(plan.hunting)


@given(sizes, chosen, st.integers(1, 20))
def test_no_pair_comes_back_before_every_pair_has_come(
    make_goal, per_harm: list[int], names: list[str], attempts: int
) -> None:
    goals = wishes(make_goal, per_harm)
    size = min(attempts, len(goals) * len(names))
    rounds = len(goals) * len(names) // size
    pairs = Counter(
        (each.goal.id, each.attack.name)
        for number in range(rounds)
        for each in planned(goals, names, attempts=attempts, round_number=number).hunting
    )
    assert max(pairs.values()) == 1
    assert len(pairs) == rounds * size


@given(sizes, chosen, st.randoms(use_true_random=False), st.integers(0, 3))
def test_the_order_of_goals_and_attacks_does_not_matter(
    make_goal, per_harm: list[int], names: list[str], rng: Random, round_number: int
) -> None:
    goals = [*wishes(make_goal, per_harm), *wishes(make_goal, per_harm, "test")]
    goals += wishes(make_goal, per_harm, intent="benign")
    shuffled = planned(rng.sample(goals, len(goals)), rng.sample(names, len(names)), round_number=round_number)
    assert shuffled == planned(goals, names, round_number=round_number)


@given(sizes, chosen, st.integers(1, 5))
def test_held_out_attempts_are_the_same_every_round(
    make_goal, per_harm: list[int], names: list[str], round_number: int
) -> None:
    goals = [*wishes(make_goal, per_harm), *wishes(make_goal, per_harm, "test")]
    first, later = planned(goals, names), planned(goals, names, round_number=round_number)
    assert later.held_out == first.held_out
    held_out = [
        [chunk for chunk in Uniform(plan, chunk=7).chunks() if chunk.part == "held_out"] for plan in (first, later)
    ]
    assert held_out[0] == held_out[1]
    assert sum(len(chunk.attempts) for chunk in held_out[0]) == len(first.held_out)


def test_splits_and_intents_go_where_they_belong(make_goal) -> None:
    goals = [
        goal
        for split in ("train", "dev", "test")
        for intent in ("harmful", "benign")
        for goal in wishes(make_goal, [5, 5], split, intent)
    ]
    goals.append(make_goal("an ordinary prompt", harm=Harm.NONE, intent="benign"))
    plan = planned(goals, ["direct", "base64"])
    assert {(each.goal.split, each.goal.intent) for each in plan.hunting} == {("train", "harmful")}
    assert {(each.goal.split, each.goal.intent) for each in plan.held_out} == {("test", "harmful")}
    assert {(each.goal.split, each.goal.intent) for each in plan.look_alikes} == {("train", "benign")}
    assert all(each.goal.look_alike for each in plan.look_alikes)
    assert {each.attack.name for each in plan.look_alikes} == {"direct"}


def test_look_alikes_are_asked_directly_whatever_the_attacks_and_personas(make_goal) -> None:
    goals = [*wishes(make_goal, [4]), *wishes(make_goal, [4], intent="benign")]
    plan = planned(goals, ["base64"], personas=["intermediate"])
    assert [(each.attack.name, each.persona) for each in plan.look_alikes] == [("direct", "low_skilled")] * 4


@given(st.lists(st.integers(1, 9), min_size=2, max_size=3), st.integers(1, 12))
def test_look_alikes_are_spread_over_harms_and_groups(make_goal, per_harm: list[int], count: int) -> None:
    alike = wishes(make_goal, per_harm, intent="benign")
    assume(count <= len(alike))
    plan = planned([*wishes(make_goal, [1]), *alike], ["direct"], look_alikes=count)
    assert len({each.goal.id for each in plan.look_alikes}) == len(plan.look_alikes) == count
    for harm, available in zip(HARMS, per_harm, strict=False):
        mine = [each for each in plan.look_alikes if each.goal.harm is harm]
        assert len(mine) >= min(available, count // len(per_harm))
        assert len({each.goal.group for each in mine}) == min(len(mine), (available + 1) // 2)


def test_later_rounds_hunt_elsewhere(make_goal) -> None:
    goals = wishes(make_goal, [9, 9, 9])
    first, second = (
        {each.id for each in planned(goals, ["direct", "base64"], attempts=20, round_number=number).hunting}
        for number in (0, 1)
    )
    assert not first & second


def test_ids_change_with_seed_and_options_and_stay_otherwise(make_goal) -> None:
    goals = wishes(make_goal, [3])

    def ids(seed: int, options: dict[str, Any]) -> set[str]:
        attacks = [plugins.make("attack", "many_shot", options)]
        plan = plan_attempts(goals, attacks, settings=RedTeamSettings(), seed=seed, round_number=0)
        return {each.id for each in plan.hunting}

    assert ids(0, {}) == ids(0, {"shots": 6})
    assert not ids(0, {}) & ids(1, {})
    assert not ids(0, {}) & ids(0, {"shots": 5})


@pytest.mark.parametrize("round_number", [0, 1, 2, 3])
def test_the_default_plan_covers_every_cell_of_harm_and_attack(packaged, round_number: int) -> None:
    settings = RedTeamSettings()
    names = [choice.plugin for choice in settings.attacks]
    plan = planned(packaged, names, attempts=400, held_out_attempts=200, round_number=round_number)
    for part in (plan.hunting, plan.held_out):
        cells = Counter((each.goal.harm, each.attack.name) for each in part)
        assert len(cells) == 10 * len(names)
        assert max(cells.values()) - min(cells.values()) <= 5
    assert len({each.goal.id for each in plan.hunting}) == 400


def test_the_first_default_round_is_even(packaged) -> None:
    names = [choice.plugin for choice in RedTeamSettings().attacks]
    plan = planned(packaged, names, attempts=400)
    assert set(Counter((each.goal.harm, each.attack.name) for each in plan.hunting).values()) == {2, 3}


def test_an_attack_that_is_held_out_only_never_meets_a_goal_that_is_trained_on(packaged) -> None:
    names = ["direct", "role_play", "base64"]
    plan = planned(packaged, names, attempts=60, held_out_attempts=60, held_out_only=("role_play",))
    assert {each.attack.name for each in plan.hunting} == {"direct", "base64"}
    assert {each.attack.name for each in plan.held_out} == set(names)


def test_an_unknown_held_out_attack_is_named_with_the_nearest(packaged) -> None:
    with pytest.raises(ConfigError, match="did you mean 'role_play'"):
        planned(packaged, ["direct", "role_play"], held_out_only=("roleplay",))


def test_attempts_of_one_attack_stand_together(make_goal) -> None:
    names = [each.attack.name for each in planned(wishes(make_goal, [9, 9]), ["direct", "base64", "rot13"]).hunting]
    assert names == sorted(names)


def test_a_chunk_never_holds_two_parts(make_goal) -> None:
    goals = [*wishes(make_goal, [5]), *wishes(make_goal, [3], "test"), *wishes(make_goal, [4], intent="benign")]
    plan = planned(goals, ["direct"])
    chunks = list(Uniform(plan, chunk=4).chunks())
    assert [len(chunk.attempts) for chunk in chunks] == [3, 4, 1, 4]
    assert [chunk.part for chunk in chunks] == ["held_out", "hunting", "hunting", "look_alikes"]
    assert {chunk.drawn for chunk in chunks} == {"uniform"}
    attempts = tuple(each for chunk in chunks for each in chunk.attempts)
    assert attempts == (*plan.held_out, *plan.hunting, *plan.look_alikes)
    assert plan.size == 12


def test_personas_choose_their_attacks(make_goal) -> None:
    goals, names = wishes(make_goal, [9, 9]), ["direct", "role_play", "base64", "crescendo"]
    low = planned(goals, names, personas=["low_skilled"]).hunting
    intermediate = planned(goals, names, personas=["intermediate"]).hunting
    assert {(each.attack.name, each.persona) for each in low} == {
        ("direct", "low_skilled"),
        ("role_play", "low_skilled"),
    }
    assert {each.attack.name for each in intermediate} == {"base64", "crescendo"}
    assert {each.max_turns for each in low} == {profiles()["low_skilled"].max_turns}


def test_a_persona_meets_only_goals_that_it_speaks_and_within_its_budget(make_goal) -> None:
    goals = wishes(make_goal, [6])
    goals += [goal.model_copy(update={"language": "nl", "id": f"{goal.id}n"}) for goal in goals]
    english = profiles()["low_skilled"].model_copy(update={"languages": ("en",), "max_queries": 5})
    dutch = profiles()["intermediate"].model_copy(update={"languages": ("nl",)})
    attacks, settings = [made("direct"), made("base64")], RedTeamSettings(attempts=24)
    hunting = plan_attempts(
        goals, attacks, settings=settings, seed=0, round_number=0, personas=[english, dutch]
    ).hunting
    assert Counter((each.attack.name, each.goal.language, each.max_queries) for each in hunting) == {
        ("direct", "en", 5): 6,
        ("base64", "nl", dutch.max_queries): 6,
    }
    alone = plan_attempts(goals, attacks, settings=settings, seed=0, round_number=0, personas=[english]).hunting
    assert {each.goal.language for each in alone} == {"en"}
    assert len(alone) == 6


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_an_adaptive_plan_counts_only_pairs_that_a_persona_speaks(make_goal, share: float) -> None:
    goals = wishes(make_goal, [6])
    goals += [goal.model_copy(update={"language": "nl", "id": f"{goal.id}n"}) for goal in goals]
    english = profiles()["low_skilled"].model_copy(update={"languages": ("en",)})
    dutch = profiles()["intermediate"].model_copy(update={"languages": ("nl",)})
    plan = plan_attempts(
        goals,
        [made("direct"), made("base64")],
        settings=RedTeamSettings(attempts=24, strategy="adaptive", uniform_share=share),
        seed=0,
        round_number=0,
        personas=[english, dutch],
    )
    assert len(plan.hunting) + plan.adaptive == 12
    schedule = Adaptive(plan, chunk=5, harmful_from=2, round_number=0)
    made_of: list[int] = []
    for chunk in schedule.chunks():
        made_of.append(len(chunk.attempts))
        if chunk.part == "hunting":
            schedule.learn([unjudged(each) for each in chunk.attempts])
    assert sum(made_of) == plan.size
    assert min(made_of) > 0


@pytest.mark.parametrize("strategy", ["uniform", "adaptive"])
def test_personas_that_speak_no_goals_language_are_an_error(make_goal, strategy: str) -> None:
    thai = profiles()["low_skilled"].model_copy(update={"languages": ("th",)})
    settings = RedTeamSettings(strategy=strategy)
    with pytest.raises(EmptyGoals, match="no persona speaks"):
        plan_attempts(
            wishes(make_goal, [6]), [made("direct")], settings=settings, seed=0, round_number=0, personas=[thai]
        )


def test_an_attack_whose_adversary_is_trained_between_rounds_never_meets_a_held_out_goal(make_goal) -> None:
    goals = [*wishes(make_goal, [6]), *wishes(make_goal, [6], "test")]
    asking = plugins.make("attack", "crescendo", {"adversary": "model"})

    def names(part: str, **more: Any) -> set[str]:
        settings = RedTeamSettings(attempts=24, held_out_attempts=24, **more)
        plan = plan_attempts(goals, [asking, made("direct")], settings=settings, seed=0, round_number=0)
        return {each.attack.name for each in getattr(plan, part)}

    evolving = {"attacker": {"evolve": True}}
    assert names("held_out") == names("hunting", **evolving) == {"crescendo", "direct"}
    assert names("held_out", **evolving) == {"direct"}
    with pytest.raises(ConfigError, match="its adversary does"):
        names("held_out", held_out_only=("crescendo",), **evolving)
    assert RedTeamSettings(**evolving).identity() != RedTeamSettings().identity()


def test_persona_files_cover_every_persona() -> None:
    assert list(profiles()) == ["intermediate", "low_skilled"]
    assert [profile.name for profile in chosen_profiles(("low_skilled",))] == ["low_skilled"]
    assert all(profile.caption for profile in profiles().values())


def test_without_goals_or_attacks_there_is_nothing_to_plan(make_goal) -> None:
    with pytest.raises(EmptyGoals, match="no harmful goal"):
        planned(wishes(make_goal, [3], "test"), ["direct"])
    with pytest.raises(EmptyGoals, match="no attack"):
        planned(wishes(make_goal, [3]), ["base64"], personas=["low_skilled"])


def test_the_same_attack_twice_is_an_error_with_other_options_it_is_not(make_goal) -> None:
    goals = wishes(make_goal, [6])
    with pytest.raises(ConfigError, match="'base64' is listed twice"):
        planned(goals, ["base64", "base64"])
    attacks = [plugins.make("attack", "many_shot", {"shots": shots}) for shots in (1, 2)]
    plan = plan_attempts(goals, attacks, settings=RedTeamSettings(attempts=12), seed=0, round_number=0)
    assert len({each.id for each in plan.hunting}) == 12
