"""A budget ends the stage at a chunk, at the same place however often the stage was killed, and never in a rate."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from breakfix import plugins
from breakfix.config import BudgetSettings, RedTeamSettings
from breakfix.errors import ConfigError
from breakfix.protocols import Quiet
from breakfix.records import Attempt, Goal, Harm, Reply, Sampling, Spent
from breakfix.red_team import stage
from breakfix.red_team.budget import Purse, cost, spread
from breakfix.red_team.plan import plan_attempts
from breakfix.store.outcome import StageOutcome
from breakfix.store.rows import read_rows

FILES = (stage.ATTEMPTS, stage.VERDICTS, stage.BASELINE)
COSTS = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 400), st.integers(0, 400)), max_size=40)


@pytest.fixture(scope="module")
def made(make_goal: Any) -> Any:
    goal = make_goal("a wish")

    def attempt(queries: int, tokens: int, prompt_tokens: int = 0, **more: Any) -> Attempt:
        given = {"id": "a", "goal": goal, "attack": "direct", "family": "direct", "persona": "low_skilled", "seed": 0}
        numbers = {"queries": queries, "tokens": tokens, "prompt_tokens": prompt_tokens}
        return Attempt.model_validate({**given, "conversation": (), **numbers, **more})

    return attempt


@given(COSTS, st.integers(1, 200), st.integers(1, 8))
def test_no_budget_is_exceeded_by_more_than_the_chunk_under_way(
    made: Any, costs: list[tuple[int, int, int]], limit: int, chunk: int
) -> None:
    purse, before = Purse(BudgetSettings(queries=limit)), 0.0
    for start in range(0, len(costs), chunk):
        attempts = [made(*each) for each in costs[start : start + chunk]]
        if not purse.affords(len(attempts)):
            assert purse.ended_by == "queries"
            break
        before = purse.spent["queries"]
        purse.pay(attempts)
    assert before < limit or not before


@given(COSTS, st.integers(0, 40))
def test_what_is_spent_is_the_sum_over_the_rows_however_they_were_read(
    made: Any, costs: list[tuple[int, int, int]], cut: int
) -> None:
    attempts = [made(*each) for each in costs]
    whole, parts = Purse(BudgetSettings(queries=9, tokens=9)), Purse(BudgetSettings(queries=9, tokens=9))
    whole.pay(attempts)
    parts.pay(attempts[:cut])
    parts.pay(attempts[cut:])
    assert whole == parts
    assert whole.spent["queries"] == sum(queries for queries, _, _ in costs)
    assert whole.spent["tokens"] == sum(tokens + prompt for _, tokens, prompt in costs)


def test_money_is_priced_apart_for_target_and_adversary(made: Any) -> None:
    budget = BudgetSettings.model_validate(
        {"money": 1.0, "target": {"prompt": 1.0, "reply": 2.0}, "adversary": {"prompt": 10.0, "reply": 20.0}}
    )
    both = made(3, 1500, 3000, of_adversary=Spent(queries=1, tokens=500, prompt_tokens=1000))
    assert cost(both, budget) == pytest.approx(2 * 1.0 + 1 * 2.0 + 1 * 10.0 + 0.5 * 20.0)
    assert cost(made(1, 1000), budget) == pytest.approx(2.0)


def test_without_a_limit_everything_is_afforded_and_nothing_said(made: Any) -> None:
    purse = Purse(BudgetSettings())
    purse.pay([made(1000, 0)])
    assert purse.affords(10**9)
    assert purse.summary() == {}


@pytest.mark.parametrize("budget", [{"tokens": 100}, {"money": 1.0, "target": {"reply": 1.0}}])
def test_an_engine_that_does_not_count_tokens_cannot_keep_a_budget_of_them(made: Any, budget: dict[str, Any]) -> None:
    purse = Purse(BudgetSettings.model_validate(budget))
    purse.pay([made(1, 0, conversation=None, failure="down")])
    with pytest.raises(ConfigError, match="1 of 2 attempts came without a count of their tokens") as raised:
        purse.pay([made(1, 0)])
    assert "budget.queries" in str(raised.value)


def test_money_without_prices_is_refused() -> None:
    with pytest.raises(ValidationError, match="needs prices"):
        BudgetSettings(money=1.0)


@given(st.integers(0, 300), st.integers(1, 300))
def test_every_beginning_of_a_spread_order_is_spread(count: int, parts: int) -> None:
    order = spread(range(count))
    assert sorted(order) == list(range(count))
    beginning = sorted(order[:parts])
    gaps = [after - before for before, after in pairwise(beginning)]
    assert max(gaps, default=0) <= 2 * max(1, 2 * count // max(1, len(beginning)))


class CountingTarget:
    """Counts words as tokens, and calls."""

    name = "counting"
    identity: Any = {}  # noqa: RUF012 - empty and never changed

    def __init__(self, stop_after: int | None = None) -> None:
        self.left = stop_after

    def reply(self, conversations: Any, sampling: Sampling) -> list[Reply]:
        del sampling
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt
        return [Reply(text="That is it.", finish="stop", tokens=3, prompt_tokens=7) for _ in conversations]


@pytest.fixture
def goals(make_goal: Any) -> list[Goal]:
    return [
        make_goal(f"{harm.value} wish {number} {split}", harm=harm, split=split)
        for harm in (Harm.FRAUD, Harm.HATE)
        for number in range(8)
        for split in ("train", "test")
    ]


@pytest.fixture
def run(goals: list[Goal], new_judge: Any) -> Any:
    def go(folder: Path, model: Any, **budget: Any) -> StageOutcome:
        return stage.run(
            folder,
            target=model,
            judge=new_judge(),
            baseline=new_judge(),
            attacks=attacks(),
            goals=goals,
            adversary=None,
            settings=settings(**budget),
            seed=0,
            round_number=0,
            progress=Quiet(),
        )

    return go


def settings(**budget: Any) -> RedTeamSettings:
    return RedTeamSettings(
        attempts=40, held_out_attempts=12, look_alikes=0, chunk=4, budget=BudgetSettings.model_validate(budget)
    )


def attacks() -> list[Any]:
    return [plugins.make("attack", name, {}) for name in ("direct", "role_play", "base64", "rot13")]


def rows(folder: Path) -> list[Attempt]:
    return list(read_rows(folder / stage.ATTEMPTS, Attempt))


def test_the_stage_finishes_with_fewer_attempts_and_says_why(run: Any, tmp_path: Path) -> None:
    outcome = run(tmp_path, CountingTarget(), queries=30)
    assert outcome.summary["attempts"] == len(rows(tmp_path)) == 28
    assert outcome.summary["budget spent"] == "queries"
    assert outcome.summary["spent"]["queries"] == 28


def test_an_ample_budget_changes_nothing_but_the_order(run: Any, tmp_path: Path) -> None:
    outcome = run(tmp_path / "ample", CountingTarget(), queries=10_000)
    run(tmp_path / "none", CountingTarget())
    assert "budget spent" not in outcome.summary
    ample, none = rows(tmp_path / "ample"), rows(tmp_path / "none")
    assert ample[:12] == none[:12]
    assert sorted(ample, key=lambda each: each.id) == sorted(none, key=lambda each: each.id)


def test_the_held_out_attempts_are_all_made_and_hunting_meets_every_attack(
    run: Any, goals: list[Goal], tmp_path: Path
) -> None:
    run(tmp_path, CountingTarget(), tokens=280)
    found = rows(tmp_path)
    plan = plan_attempts(goals, attacks(), settings=settings(), seed=0, round_number=0)
    assert [each.id for each in found[:12]] == [each.id for each in plan.held_out]
    assert len(found) == 28
    assert {each.attack for each in found[12:]} == {"direct", "role_play", "base64", "rot13"}


@pytest.mark.parametrize("budget", [{"queries": 10}, {"tokens": 100}, {"money": 0.02, "target": {"reply": 1.0}}])
def test_a_budget_that_ends_among_the_held_out_attempts_is_an_error_and_no_rate(
    run: Any, tmp_path: Path, budget: dict[str, Any]
) -> None:
    with pytest.raises(ConfigError, match="held-out ones") as raised:
        run(tmp_path, CountingTarget(), **budget)
    assert raised.value.where == f"red_team.budget.{next(iter(budget))}"


@pytest.mark.parametrize("killed_after", [0, 2, 5, 6])
def test_a_killed_stage_ends_at_the_same_place(run: Any, tmp_path: Path, killed_after: int) -> None:
    run(tmp_path / "whole", CountingTarget(), queries=30)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "killed", CountingTarget(killed_after), queries=30)
    run(tmp_path / "killed", CountingTarget(), queries=30)
    for name in FILES:
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
