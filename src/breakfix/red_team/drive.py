"""The lock-step driver: many attacks at once, every wave of questions batched into one model call."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from breakfix.protocols import Ask, Attack, Dialogue, Target
from breakfix.records import Attempt, Conversation, Goal, Message, Reply, Sampling, assistant, content_id

MAX_QUERIES = 40
"""Model calls after which an attack that never ends is stopped and recorded as failed."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One attack on one goal, not yet begun."""

    id: str
    goal: Goal
    attack: Attack
    seed: int
    rng: Random


@dataclass(slots=True)
class _Live:
    """An attack under way; the only mutable state of the driver."""

    plan: Planned
    dialogue: Dialogue
    ask: Ask | None = None
    queries: int = 0
    conversation: Conversation | None = None
    failure: str | None = None


def drive(plans: Sequence[Planned], *, target: Target, adversary: Target | None, sampling: Sampling) -> list[Attempt]:
    """Runs all `plans` in lock step; returns their attempts in the same order.

    A failed reply, a malformed question or an attack that never ends is that attempt's failure and stops no other.
    """
    live = [_Live(plan, plan.attack(plan.goal, plan.rng)) for plan in plans]
    for one in live:
        _resume(one, None)
    while waiting := [one for one in live if one.ask is not None]:
        for asked, to in ((target, "target"), (adversary, "adversary")):
            wave = [one for one in waiting if one.ask is not None and one.ask.to == to]
            if wave:
                _answer(wave, asked, sampling)
    return [_attempt(one) for one in live]


def _answer(wave: Sequence[_Live], asked: Target | None, sampling: Sampling) -> None:
    """One batched model call for every dialogue of `wave`."""
    if asked is None:
        for one in wave:
            _fail(one, "the attack asks an adversary model, and none is configured")
        return
    replies = asked.reply([one.ask.conversation for one in wave if one.ask is not None], sampling)
    for one, reply in zip(wave, replies, strict=True):
        one.queries += 1
        _resume(one, reply)


def _resume(one: _Live, reply: Reply | None) -> None:
    """Sends an answer into the dialogue and notes what it asks next, or how it ended."""
    if reply is not None and reply.finish == "failed":
        _fail(one, f"no reply: {reply.failure or 'unknown reason'}")
        return
    if one.queries >= MAX_QUERIES:
        _fail(one, f"the attack did not end within {MAX_QUERIES} model calls")
        return
    try:
        one.ask = next(one.dialogue) if reply is None else one.dialogue.send(assistant(reply.text))
    except StopIteration as stop:
        one.ask, one.conversation = None, stop.value
        return
    if not _well_formed(one.ask.conversation):
        _fail(one, "the attack asked with a conversation that does not end in a user turn with text")


def _well_formed(conversation: Conversation) -> bool:
    last: Message | None = conversation[-1] if conversation else None
    return last is not None and bool(last.text.strip()) and last.role != "system"


def _fail(one: _Live, why: str) -> None:
    one.dialogue.close()
    one.ask, one.failure = None, why


def _attempt(one: _Live) -> Attempt:
    plan = one.plan
    return Attempt(
        id=plan.id,
        goal=plan.goal,
        attack=plan.attack.name,
        family=plan.attack.family,
        persona=plan.attack.persona,
        seed=plan.seed,
        conversation=one.conversation if one.failure is None else None,
        failure=one.failure,
        queries=one.queries,
    )


def attempt_id(goal: Goal, attack: Attack, seed: int) -> str:
    """The same for the same goal, attack and seed in every round, so that rounds are paired."""
    return content_id("attempt", goal.id, attack.name, attack.persona, seed)
