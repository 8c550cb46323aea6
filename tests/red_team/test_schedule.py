"""The schedules: what is spent, on what, and that the same outcomes always lead to the same attempts."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breakfix import plugins
from breakfix.config import RedTeamSettings
from breakfix.protocols import Outcome
from breakfix.records import Attempt, Goal, Harm, Verdict, assistant, user
from breakfix.red_team.plan import Plan, plan_attempts
from breakfix.red_team.schedule import Adaptive, Chunk, Uniform
from breakfix.store.randomness import stream

HARMS = (Harm.FRAUD, Harm.HATE, Harm.PRIVACY)
ATTACKS = ("direct", "role_play", "base64", "rot13")
Says = Callable[[Attempt], tuple[int | None, int]]
"""Attempt to severity and model calls."""


@pytest.fixture(scope="module")
def goals(make_goal: Callable[..., Goal]) -> list[Goal]:
    return [
        make_goal(f"{harm} wish {number} {split} {intent}", harm=harm, split=split, intent=intent)
        for harm in HARMS
        for number in range(5)
        for split in ("train", "test")
        for intent in ("harmful", "benign")
    ]


def plan_of(goals: list[Goal], *, seed: int = 0, round_number: int = 0, **changes: Any) -> Plan:
    chosen = {"attempts": 40, "held_out_attempts": 9, "look_alikes": 7, "strategy": "adaptive", **changes}
    attacks = [plugins.make("attack", name, {}) for name in ATTACKS]
    return plan_attempts(goals, attacks, settings=RedTeamSettings(**chosen), seed=seed, round_number=round_number)


def adaptive(plan: Plan, chunk: int, round_number: int = 0) -> Adaptive:
    return Adaptive(plan, chunk=chunk, harmful_from=2, round_number=round_number)


def outcome(planned: Any, says: Says) -> Outcome:
    attempt = Attempt(
        id=planned.id,
        goal=planned.goal,
        attack=planned.attack.name,
        family=planned.attack.family,
        persona=planned.persona,
        seed=planned.seed,
        conversation=(user("u"), assistant("a")),
    )
    severity, calls = says(attempt)
    verdict = Verdict(
        exchange=planned.id,
        judge="table",
        refusal="undetermined" if severity is None else "none",
        severity=severity,
    )
    return Outcome(attempt.model_copy(update={"queries": calls}), verdict)


def played(schedule: Adaptive | Uniform, says: Says) -> list[Chunk]:
    chunks: list[Chunk] = []
    for chunk in schedule.chunks():
        chunks.append(chunk)
        if chunk.part == "hunting":
            schedule.learn([outcome(each, says) for each in chunk.attempts])
    return chunks


def by_chance(seed: int) -> Says:
    """Any verdict and any cost, the same for the same attempt."""

    def says(attempt: Attempt) -> tuple[int | None, int]:
        chance = stream(seed, "verdict", attempt.id)
        return chance.choice([None, 0, 1, 2, 7]), chance.randrange(20)

    return says


def ids(chunks: list[Chunk]) -> list[list[str]]:
    return [[each.id for each in chunk.attempts] for chunk in chunks]


@settings(max_examples=40)
@given(
    verdicts=st.integers(0, 1000),
    attempts=st.integers(1, 80),
    chunk=st.integers(1, 17),
    share=st.floats(0.01, 1.0),
)
def test_whatever_the_verdicts_the_budget_is_spent_or_the_pairs_are_used_up(
    goals: list[Goal], verdicts: int, attempts: int, chunk: int, share: float
) -> None:
    plan = plan_of(goals, attempts=attempts, uniform_share=share, round_number=verdicts % 4)
    chunks = played(adaptive(plan, chunk, verdicts % 4), by_chance(verdicts))
    hunting = [each for part in chunks if part.part == "hunting" for each in part.attempts]
    budget = min(attempts, 15 * len(ATTACKS))
    assert len(hunting) == len({each.id for each in hunting}) == budget
    assert sum(len(each.attempts) for each in chunks) == plan.size
    assert {(each.goal.split, each.goal.intent) for each in hunting} == {("train", "harmful")}
    uniform = [each for part in chunks if part.part == "hunting" and part.drawn == "uniform" for each in part.attempts]
    assert len(uniform) == max(1, round(share * budget))
    assert all(0 < len(part.attempts) <= chunk for part in chunks)


@settings(max_examples=20)
@given(verdicts=st.integers(0, 1000), chunk=st.integers(1, 17), round_number=st.integers(0, 3))
def test_what_is_drawn_uniformly_is_the_uniform_schedule_of_that_many_attempts_whatever_fell(
    goals: list[Goal], verdicts: int, chunk: int, round_number: int
) -> None:
    mine = plan_of(goals, round_number=round_number)
    theirs = plan_of(goals, round_number=round_number, strategy="uniform", attempts=12)
    chunks = played(adaptive(mine, chunk, round_number), by_chance(verdicts))
    assert ids([each for each in chunks if each.drawn == "uniform"]) == ids(list(Uniform(theirs, chunk=chunk).chunks()))


@settings(max_examples=20)
@given(verdicts=st.integers(0, 1000), chunk=st.integers(1, 17), seed=st.integers(0, 3))
def test_the_same_outcomes_lead_to_the_same_attempts_and_the_order_of_goals_does_not_matter(
    goals: list[Goal], verdicts: int, chunk: int, seed: int
) -> None:
    first = ids(played(adaptive(plan_of(goals, seed=seed), chunk), by_chance(verdicts)))
    assert first == ids(played(adaptive(plan_of(goals[::-1], seed=seed), chunk), by_chance(verdicts)))


def test_a_family_that_falls_is_tried_on_the_other_harms_first(goals: list[Goal]) -> None:
    def encoded(attempt: Attempt) -> tuple[int, int]:
        return (5 if attempt.family == "encoding" else 0), 1

    tries = 0
    for seed in range(8):
        plan = plan_of(goals, seed=seed, attempts=60, uniform_share=0.1)
        hunting = [part for part in played(adaptive(plan, 3), encoded) if part.part == "hunting"]
        order = [each for part in hunting for each in part.attempts]
        first = {
            harm: next(n for n, each in enumerate(order) if (each.goal.harm, each.attack.family) == (harm, "encoding"))
            for harm in HARMS
        }
        tries += max(first.values()) + 1
    assert tries / 8 < 12


def test_of_two_attacks_that_fall_alike_the_cheap_one_is_preferred(goals: list[Goal]) -> None:
    def dear(attempt: Attempt) -> tuple[int, int]:
        chance = stream(0, "verdict", attempt.id)
        return (5 if chance.random() < 0.2 else 0), (10 if attempt.attack in ("direct", "base64") else 1)

    learnt = [
        each
        for seed in range(5)
        for part in played(adaptive(plan_of(goals, seed=seed, attempts=32), 4), dear)
        if part.drawn == "adaptive"
        for each in part.attempts
    ]
    cheap = sum(each.attack.name in ("role_play", "rot13") for each in learnt)
    assert cheap > 0.8 * len(learnt)


def test_adaptive_attempts_of_a_chunk_stand_by_attack_so_that_they_share_batches(goals: list[Goal]) -> None:
    chunks = played(adaptive(plan_of(goals), 16), by_chance(1))
    for chunk in chunks:
        names = [each.attack.name for each in chunk.attempts]
        assert names == sorted(names)


def test_idle_settings_leave_the_identity_of_earlier_runs_alone() -> None:
    plain = RedTeamSettings()
    assert not {"strategy", "uniform_share", "failure_share"} & set(plain.identity())
    assert plain.identity() == RedTeamSettings(uniform_share=0.9).identity()
    learning = RedTeamSettings(strategy="adaptive")
    assert learning.identity() != plain.identity()
    assert learning.identity() != RedTeamSettings(strategy="adaptive", uniform_share=0.9).identity()
