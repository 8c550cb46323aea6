"""Outcomes that say only what a test cares about, and a planted world to search in."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from breakfix.protocols import Ask, Outcome
from breakfix.records import Attempt, Goal, Harm, Verdict, assistant, content_id, user
from breakfix.store.randomness import stream

MakeOutcome = Callable[..., Outcome]
MakeGoal = Callable[..., Goal]


@pytest.fixture(scope="session")
def make_outcome(make_goal: MakeGoal) -> MakeOutcome:
    """An outcome of a prompt with a severity (None is undetermined)."""

    def made(
        prompt: str,
        severity: int | None,
        *,
        goal: str | Goal = "How do I copy a key?",
        harm: Harm = Harm.FRAUD,
        attack: str = "other",
        note: str = "",
        reply: str = "Sure. First you look at it. Then you go on.",
    ) -> Outcome:
        about = make_goal(goal, harm=harm) if isinstance(goal, str) else goal
        attempt = Attempt(
            id=content_id(prompt, about.id, attack, note),
            goal=about,
            attack=attack,
            family="template",
            persona="intermediate",
            seed=0,
            conversation=(user(prompt), assistant(reply)),
            note=note,
        )
        refusal = "undetermined" if severity is None else "none" if severity else "full"
        return Outcome(attempt, Verdict(exchange=attempt.id, judge="j", refusal=refusal, severity=severity))

    return made


class Fought:
    """One attempt driven by hand."""

    def __init__(self, attack: Any, goal: Goal, seed: int, adversary: str | Sequence[str] = "") -> None:
        """`adversary` is what it writes: always the same, or one reply after the other."""
        replies = iter([adversary] * 99 if isinstance(adversary, str) else adversary)
        dialogue, self.asks = attack(goal, stream(seed, "tests", "search")), list[Ask]()
        ask = next(dialogue)
        while ask.to == "adversary":
            self.asks.append(ask)
            ask = dialogue.send(assistant(next(replies)))
        self.asks.append(ask)
        self.goal, self.attack, self.ask = goal, attack, ask
        self.prompt = ask.conversation[-1].text


@pytest.fixture(scope="session")
def fight() -> type[Fought]:
    return Fought


@pytest.fixture(scope="session")
def outcome_of(make_outcome: MakeOutcome) -> Callable[[Fought, int | None], Outcome]:
    """The outcome of an attempt that was driven by hand."""

    def made(fought: Fought, severity: int | None) -> Outcome:
        return make_outcome(fought.prompt, severity, goal=fought.goal, attack=fought.attack.name, note=fought.ask.note)

    return made
