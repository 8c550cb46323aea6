"""One chunk of a benchmark: the target answers or scores, the judges judge, every item gets its values."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from breakfix.benchmark.plan import Chunk, Placed
from breakfix.protocols import Answered, Judge, LogLikelihood, ScoringTarget, Target
from breakfix.records import Exchange, ItemScore, Reply, Sampling, Verdict, assistant, user

CANNOT_SCORE = "this target cannot score answers"
"""Reason on every choice item of a target without log-likelihoods: undetermined, and no fault of the item."""


@dataclass(frozen=True, slots=True)
class ChunkRows:
    """What a chunk adds to the stage's row files."""

    exchanges: tuple[Exchange, ...]
    """One per reply item; a failed one ends in the user turn."""
    verdicts: tuple[Verdict, ...]
    """One per judged reply item, in the order of the exchanges."""
    baseline: tuple[Verdict, ...]
    items: tuple[ItemScore, ...]

    @property
    def failures(self) -> int:
        """Items that the target could not answer or score."""
        return sum(map(is_failure, self.items))


@dataclass(frozen=True, slots=True)
class Measurers:
    """Who answers and who judges."""

    target: Target
    judge: Judge
    baseline: Judge
    sampling: Sampling


def is_failure(item: ItemScore) -> bool:
    """Whether the item counts against the error budget."""
    return item.failure is not None and item.failure != CANNOT_SCORE


def answer(chunk: Chunk, measurers: Measurers) -> ChunkRows:
    """All rows of `chunk`; what fails becomes a row with its reason."""
    replies = _replies(chunk, measurers)
    exchanges = tuple(_exchange(placed, replies[placed.id]) for placed in chunk.replies)
    judged = {placed.id for placed in chunk.judged}
    asked = [exchange for exchange in exchanges if exchange.id in judged]
    verdicts = _verdicts(measurers.judge, asked, replies)
    by_id = {verdict.exchange: verdict for verdict in verdicts}
    return ChunkRows(
        exchanges=exchanges,
        verdicts=verdicts,
        baseline=_verdicts(measurers.baseline, asked, replies),
        items=(
            *(_reply_score(placed, replies[placed.id], by_id.get(placed.id)) for placed in chunk.replies),
            *_choice_scores(chunk.choices, measurers.target),
        ),
    )


def _replies(chunk: Chunk, measurers: Measurers) -> dict[str, Reply]:
    """The reply of every item by id; items with one prompt share it."""
    if not chunk.prompts:
        return {}
    asked = [(user(prompt.text),) for prompt in chunk.prompts]
    replies = measurers.target.reply(asked, measurers.sampling)
    return {
        placed.id: reply for prompt, reply in zip(chunk.prompts, replies, strict=True) for placed in prompt.asked_by
    }


def _exchange(placed: Placed, reply: Reply) -> Exchange:
    asked = user(placed.item.goal.text)
    conversation = (asked,) if reply.finish == "failed" else (asked, assistant(reply.text))
    return Exchange(id=placed.id, goal=placed.item.goal, conversation=conversation)


def _verdicts(judge: Judge, exchanges: Sequence[Exchange], replies: Mapping[str, Reply]) -> tuple[Verdict, ...]:
    """One verdict per exchange in order; a failed reply is undetermined and never shown to the judge."""
    answered = [exchange for exchange in exchanges if replies[exchange.id].finish != "failed"]
    given = judge.judge(answered) if answered else []
    by_id = {exchange.id: verdict for exchange, verdict in zip(answered, given, strict=True)}
    return tuple(
        by_id.get(exchange.id)
        or Verdict(
            exchange=exchange.id, judge=judge.name, refusal="undetermined", reason=_failure(replies[exchange.id])
        )
        for exchange in exchanges
    )


def _failure(reply: Reply) -> str:
    return reply.failure or "the target gave no reply"


def _reply_score(placed: Placed, reply: Reply, verdict: Verdict | None) -> ItemScore:
    if reply.finish == "failed":
        return _unscored(placed, _failure(reply))
    return _scored(placed, Answered(placed.item, reply, verdict))


def _choice_scores(choices: Sequence[Placed], target: Target) -> list[ItemScore]:
    if not choices:
        return []
    if not isinstance(target, ScoringTarget):
        return [_unscored(placed, CANNOT_SCORE) for placed in choices]
    asked = [((user(placed.item.goal.text),), choice) for placed in choices for choice in placed.item.choices]
    found = iter(target.log_likelihoods([prompt for prompt, _ in asked], [choice for _, choice in asked]))
    return [_choice_score(placed, tuple(next(found) for _ in placed.item.choices)) for placed in choices]


def _choice_score(placed: Placed, likelihoods: tuple[LogLikelihood, ...]) -> ItemScore:
    if not all(math.isfinite(each.total) and each.tokens > 0 for each in likelihoods):
        return _unscored(placed, "the target's log-likelihood of a choice is not a number")
    return _scored(placed, Answered(placed.item, None, None, likelihoods))


def _scored(placed: Placed, answered: Answered) -> ItemScore:
    return _item(placed, placed.suite.score(answered), None)


def _unscored(placed: Placed, failure: str) -> ItemScore:
    return _item(placed, placed.suite.score(Answered(placed.item, None, None)), failure)


def _item(placed: Placed, values: dict[str, float | None], failure: str | None) -> ItemScore:
    goal = placed.item.goal
    return ItemScore(
        suite=placed.suite.name,
        item=goal.id,
        group=goal.group,
        harm=goal.harm,
        split=goal.split,
        values=values,
        failure=failure,
    )
