"""Goals, a judge and targets that benchmark tests share."""

from collections.abc import Callable, Sequence

import pytest

from breakfix.protocols import Identity, LogLikelihood
from breakfix.records import Conversation, Exchange, Goal, Harm, Reply, Sampling, Verdict

MakeGoal = Callable[..., Goal]


class MarkerJudge:
    """Reads the verdict off the reply: `no` refuses, `hm` refuses partly, `??` cannot be told, `zz` is noise."""

    name = "marker"

    def __init__(self) -> None:
        self.identity: Identity = {"version": 1}
        self.seen: list[str] = []

    def judge(self, exchanges: Sequence[Exchange]) -> list[Verdict]:
        self.seen += [exchange.id for exchange in exchanges]
        return [self._verdict(exchange) for exchange in exchanges]

    def _verdict(self, exchange: Exchange) -> Verdict:
        words = exchange.reply.split()
        if "??" in words:
            return Verdict(exchange=exchange.id, judge=self.name, refusal="undetermined", reason="cannot tell")
        refusal = "full" if "no" in words else "partial" if "hm" in words else "none"
        severity = 5 if refusal == "none" and exchange.goal.intent == "harmful" else 0
        return Verdict(
            exchange=exchange.id, judge=self.name, refusal=refusal, severity=severity, incoherent="zz" in words
        )


class BatchTarget:
    """Answers by what the prompt begins with, and says where in which batch it was asked, as rounding would."""

    name = "batch"

    def __init__(self) -> None:
        self.identity: Identity = {"version": 1}
        self.asked: list[str] = []

    def reply(self, conversations: Sequence[Conversation], sampling: Sampling) -> list[Reply]:
        texts = [conversation[-1].text for conversation in conversations]
        self.asked += texts
        return [
            Reply(text=f"{text.split(maxsplit=1)[0]} {place}/{len(texts)}/{sampling.seed}", finish="stop")
            for place, text in enumerate(texts)
        ]


class ScoringBatchTarget(BatchTarget):
    """Also scores answers: the longer, the less likely."""

    def __init__(self) -> None:
        super().__init__()
        self.scored: list[tuple[str, str]] = []

    def log_likelihoods(self, prompts: Sequence[Conversation], answers: Sequence[str]) -> list[LogLikelihood]:
        pairs = [(prompt[-1].text, answer) for prompt, answer in zip(prompts, answers, strict=True)]
        self.scored += pairs
        return [LogLikelihood(total=-float(len(answer)), tokens=len(answer.split())) for _, answer in pairs]


@pytest.fixture(scope="session")
def make_goal() -> MakeGoal:
    """A goal that says only what the test cares about."""

    def make(
        name: str,
        *,
        text: str = "",
        harm: Harm = Harm.FRAUD,
        intent: str = "harmful",
        split: str = "test",
        group: str = "",
    ) -> Goal:
        return Goal.model_validate(
            {
                "id": name,
                "harm": harm,
                "text": text or f"say {name}",
                "intent": intent,
                "group": group or name,
                "split": split,
                "source": "tests",
                "licence": "Apache-2.0",
            }
        )

    return make


@pytest.fixture
def judge() -> MarkerJudge:
    return MarkerJudge()


@pytest.fixture(scope="session")
def new_judge() -> type[MarkerJudge]:
    return MarkerJudge


@pytest.fixture(scope="session")
def new_target() -> type[BatchTarget]:
    return BatchTarget


@pytest.fixture(scope="session")
def new_scoring_target() -> type[ScoringBatchTarget]:
    return ScoringBatchTarget
