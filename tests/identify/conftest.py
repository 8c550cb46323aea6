"""Attempts and verdicts that say only what a test cares about."""

from collections.abc import Callable
from typing import Any

import pytest

from breakfix.records import Attempt, Goal, Verdict

GOAL_FIELDS = ("harm", "intent", "split", "group", "language")


@pytest.fixture(scope="session")
def make_attempt() -> Callable[..., Attempt]:
    """An attempt on a harmful train goal about fraud, in a group of its own."""

    def make(name: str, **fields: Any) -> Attempt:
        own = {key: fields.pop(key) for key in GOAL_FIELDS if key in fields}
        goal = {"harm": "fraud", "intent": "harmful", "split": "train", "group": name, **own}
        return Attempt.model_validate(
            {
                "id": name,
                "goal": Goal.model_validate({"id": f"goal {name}", "text": "t", "source": "s", "licence": "l", **goal}),
                "attack": "direct",
                "family": "direct",
                "persona": "low_skilled",
                "seed": 0,
                "conversation": ({"role": "user", "text": "t"}, {"role": "assistant", "text": "r"}),
                **fields,
            }
        )

    return make


@pytest.fixture(scope="session")
def make_verdict() -> Callable[..., Verdict]:
    """The verdict on an attempt: answered, severity 5."""

    def make(attempt: Attempt, **fields: Any) -> Verdict:
        return Verdict.model_validate(
            {"exchange": attempt.id, "judge": "j", "refusal": "none", "severity": 5, **fields}
        )

    return make
