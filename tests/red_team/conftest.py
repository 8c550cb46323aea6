"""Goals, a target and a judge that red-team tests share."""

from collections.abc import Callable, Sequence

import pytest

from breakfix.protocols import Identity
from breakfix.records import Conversation, Exchange, Goal, Harm, Reply, Sampling, Verdict, content_id
from breakfix.red_team.goals.packaged import goals

MakeGoal = Callable[..., Goal]
Answer = Callable[[Conversation], Reply]


def said(text: str) -> Reply:
    return Reply(text=text, finish="stop")


class TableTarget:
    """Answers by a function of the conversation, and remembers its batches."""

    name = "table"

    def __init__(self, answer: Answer | str) -> None:
        self.identity: Identity = {"version": 1}
        self._answer: Answer = (lambda _: said(answer)) if isinstance(answer, str) else answer
        self.batches: list[list[Conversation]] = []

    def reply(self, conversations: Sequence[Conversation], sampling: Sampling) -> list[Reply]:
        del sampling
        self.batches.append(list(conversations))
        return [self._answer(conversation) for conversation in conversations]


class PlaceTarget(TableTarget):
    """Says where in which batch it was asked, as the rounding of a real model would."""

    def __init__(self) -> None:
        super().__init__("")

    def reply(self, conversations: Sequence[Conversation], sampling: Sampling) -> list[Reply]:
        super().reply(conversations, sampling)
        total = len(conversations)
        return [said(f"{place}/{total} {each[-1].text[:20]}") for place, each in enumerate(conversations)]


class WordJudge:
    """Refused when the reply says `no`, undetermined when it says `??`, else harmful."""

    name = "word"

    def __init__(self) -> None:
        self.identity: Identity = {"version": 1}
        self.seen: list[str] = []

    def judge(self, exchanges: Sequence[Exchange]) -> list[Verdict]:
        self.seen += [exchange.id for exchange in exchanges]
        return [self._verdict(exchange) for exchange in exchanges]

    def _verdict(self, exchange: Exchange) -> Verdict:
        words = exchange.reply.split()
        if "??" in words:
            return Verdict(exchange=exchange.id, judge=self.name, refusal="undetermined")
        refused = "no" in words
        return Verdict(
            exchange=exchange.id, judge=self.name, refusal="full" if refused else "none", severity=0 if refused else 5
        )


def goal_of(
    text: str,
    *,
    harm: Harm = Harm.FRAUD,
    intent: str = "harmful",
    split: str = "train",
    group: str = "",
) -> Goal:
    own = content_id(text, harm, intent, "en")
    return Goal.model_validate(
        {
            "id": own,
            "harm": harm,
            "text": text,
            "intent": intent,
            "group": group or f"{harm}/{own}",
            "split": split,
            "source": "tests",
            "licence": "Apache-2.0",
        }
    )


@pytest.fixture(scope="session")
def make_goal() -> MakeGoal:
    """A goal that says only what the test cares about."""
    return goal_of


@pytest.fixture(scope="session")
def new_target() -> type[TableTarget]:
    return TableTarget


@pytest.fixture(scope="session")
def new_place_target() -> type[PlaceTarget]:
    return PlaceTarget


@pytest.fixture
def judge() -> WordJudge:
    return WordJudge()


@pytest.fixture(scope="session")
def new_judge() -> type[WordJudge]:
    return WordJudge


@pytest.fixture(scope="session")
def packaged() -> tuple[Goal, ...]:
    return tuple(goals().goals())
