"""The plan of a benchmark: fixed chunks, each prompt once."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from breakfix.benchmark.plan import plan
from breakfix.errors import ConfigError
from breakfix.protocols import Answered, Suite, SuiteItem
from breakfix.records import Goal, Harm, Metric


def nothing(_: Answered) -> dict[str, float | None]:
    return {"m": None}


def suite_of(name: str, texts: list[str], **changes: Any) -> Suite:
    goals = [
        Goal(
            id=f"{name}{number}",
            harm=Harm.HATE,
            text=text,
            intent="harmful",
            group="g",
            split="test",
            source="s",
            licence="l",
        )
        for number, text in enumerate(texts)
    ]
    fields: dict[str, Any] = {
        "name": name,
        "version": 1,
        "caption": "c",
        "source": "s",
        "licence": "l",
        "mode": "reply",
        "items": tuple(SuiteItem(goal) for goal in goals),
        "metrics": (Metric(name="m", title="M", better="low"),),
        "score": nothing,
    }
    return Suite(**{**fields, **changes})


TEXTS = st.lists(st.sampled_from("abcdefgh"), max_size=12)


@given(first=TEXTS, second=TEXTS, third=TEXTS, chunk=st.integers(1, 5))
def test_every_item_is_placed_once_and_every_prompt_is_asked_once(
    first: list[str], second: list[str], third: list[str], chunk: int
) -> None:
    suites = [suite_of("x", first), suite_of("y", second), suite_of("z", third, mode="choice", judged=False)]
    chunks = plan(suites, limit=None, chunk=chunk, seed=0)
    replies = [placed.id for one in chunks for placed in one.replies]
    choices = [placed.id for one in chunks for placed in one.choices]
    assert sorted(replies) == sorted(f"{s.name}/{i.goal.id}" for s in suites[:2] for i in s.items)
    assert choices == [f"z/{item.goal.id}" for item in suites[2].items]
    prompts = [prompt.text for one in chunks for prompt in one.prompts]
    assert prompts == list(dict.fromkeys([*first, *second]))
    assert all(max(len(one.prompts), len(one.choices)) <= chunk for one in chunks)
    assert sum(one.items for one in chunks) == len(replies) + len(choices)


def test_items_of_suites_that_read_no_verdict_are_not_judged() -> None:
    chunks = plan([suite_of("x", ["a"]), suite_of("y", ["a"], judged=False)], limit=None, chunk=4, seed=0)
    assert [placed.id for placed in chunks[0].replies] == ["x/x0", "y/y0"]
    assert [placed.id for placed in chunks[0].judged] == ["x/x0"]


def test_the_limit_holds_per_suite() -> None:
    suites = [suite_of("x", list("abcdefgh")), suite_of("y", list("ABCDEFGH"))]
    placed = [each for one in plan(suites, limit=3, chunk=4, seed=0) for each in one.replies]
    assert [each.suite.name for each in placed].count("x") == 3
    assert len(placed) == 6


def test_two_suites_of_one_name_are_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="two suites are called 'x'"):
        plan([suite_of("x", ["a"]), suite_of("x", ["b"])], limit=None, chunk=4, seed=0)
