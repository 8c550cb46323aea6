"""The lock-step driver: many attacks at once, every wave of questions batched into one model call."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from breakfix.exclusion import EXCLUDED, excluded
from breakfix.protocols import Ask, Attack, Dialogue, GaveUp, Target
from breakfix.records import Attempt, Conversation, Goal, Message, Persona, Reply, Sampling, assistant
from breakfix.store.randomness import stream

MAX_QUERIES = 64
"""Model calls after which an attack that never ends is stopped and recorded as failed."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One attack on one goal, not yet begun."""

    id: str
    goal: Goal
    attack: Attack
    persona: Persona
    seed: int
    max_turns: int
    """User turns of a conversation that the persona goes through at most."""


@dataclass(frozen=True, slots=True)
class Models:
    """Who answers."""

    target: Target
    adversary: Target | None
    sampling: Sampling


@dataclass(slots=True)
class _Live:
    """An attack under way; the driver's only mutable state."""

    planned: Planned
    dialogue: Dialogue
    ask: Ask | None = None
    queries: int = 0
    tokens: int = 0
    note: str = ""
    conversation: Conversation | None = None
    failure: str | None = None
    checked: set[str] = field(default_factory=set[str])
    """Turns that passed the exclusion rule."""

    def go_on(self, answer: Message | None) -> None:
        """Runs the attack to its next question or its end; `answer` is None at the start."""
        try:
            ask = next(self.dialogue) if answer is None else self.dialogue.send(answer)
        except StopIteration as end:
            self.ask = None
            self._finish(end.value)
            return
        except GaveUp as end:
            self.ask, self.failure = None, str(end)
            return
        self.ask = ask
        fault = self._fault(ask)
        if fault is not None:
            self.fail(fault)
        else:
            self.note = ask.note or self.note

    def fail(self, reason: str) -> None:
        """Ends the attempt without a conversation."""
        self.dialogue.close()
        self.ask, self.failure = None, reason

    def _finish(self, conversation: Any) -> None:
        fault = "the attack ended with something else than a conversation"
        if _is_conversation(conversation):
            turns = cast("Conversation", conversation)
            fault = _misshapen(turns) or ("" if turns[-1].role == "assistant" else "the attack ended without a reply")
        if fault:
            self.failure = fault
        else:
            self.conversation = tuple(conversation)

    def _fault(self, ask: Any) -> str | None:
        """Why this question is not asked; None when it is."""
        if not isinstance(ask, Ask) or not _is_conversation(ask.conversation):
            return f"the attack yielded a {type(ask).__name__} that holds no conversation"
        fault = _misshapen(ask.conversation)
        if fault:
            return f"malformed question: {fault}"
        if sum(message.role == "user" for message in ask.conversation) > self.planned.max_turns:
            return f"more turns than the persona {self.planned.persona!r} takes ({self.planned.max_turns})"
        if self.queries >= MAX_QUERIES:
            return f"the attack did not end within {MAX_QUERIES} model calls"
        own = {message.text for message in ask.conversation if message.role != "assistant"}
        own = (own | {ask.conversation[-1].text}) - self.checked
        if any(map(excluded, own)):
            return EXCLUDED
        self.checked |= own
        return None


def drive(planned: Sequence[Planned], models: Models, *, seed: int) -> list[Attempt]:
    """Runs all of `planned` in lock step; returns their attempts in the same order.

    Each attack's chance comes from (`seed`, its attempt's id) alone. A question that ends in an assistant turn is a
    prefill: the target goes on in that turn, and the attack is sent the continuation only. A failed reply, a malformed
    question, an excluded text or an attack that does not end is that attempt's failure and disturbs no other.
    """
    live = [_Live(each, each.attack(each.goal, stream(seed, "red_team", each.id))) for each in planned]
    for each in live:
        each.go_on(None)
    while waiting := [each for each in live if each.ask is not None]:
        _answer_target([each for each in waiting if each.ask is not None and each.ask.to == "target"], models)
        _answer_adversary([each for each in waiting if each.ask is not None and each.ask.to == "adversary"], models)
    return [_attempt(each) for each in live]


def _answer_target(wave: Sequence[_Live], models: Models) -> None:
    for each, reply in _replies(wave, models.target, models.sampling):
        each.go_on(assistant(reply.text))


def _answer_adversary(wave: Sequence[_Live], models: Models) -> None:
    if models.adversary is None:
        for each in wave:
            each.fail("the attack asks an adversary model, and none is configured")
        return
    for each, reply in _replies(wave, models.adversary, models.sampling, who="adversary: "):
        if excluded(reply.text):
            each.fail(EXCLUDED)
        else:
            each.go_on(assistant(reply.text))


def _replies(wave: Sequence[_Live], model: Target, sampling: Sampling, *, who: str = "") -> list[tuple[_Live, Reply]]:
    """One batched call for all of the wave that are sampled alike; those that got no reply are failed and left out."""
    alike: defaultdict[Sampling, list[tuple[_Live, Conversation]]] = defaultdict(list)
    for each in wave:
        if each.ask is not None:
            alike[each.ask.sampling or sampling].append((each, each.ask.conversation))
    answered: list[tuple[_Live, Reply]] = []
    for how, asking in alike.items():
        replies = model.reply([conversation for _, conversation in asking], how)
        for (each, _), reply in zip(asking, replies, strict=True):
            each.queries += 1
            each.tokens += reply.tokens
            each.ask = None
            if reply.finish == "failed":
                each.fail(f"{who}{reply.failure or 'no reply, and no reason given'}")
            else:
                answered.append((each, reply))
    return answered


def _is_conversation(value: Any) -> bool:
    return isinstance(value, tuple | list) and all(
        isinstance(message, Message) for message in cast("Sequence[Any]", value)
    )


def _misshapen(conversation: Sequence[Message]) -> str:
    """What is wrong with the shape of a conversation, '' when nothing is.

    After an optional system turn, user and assistant turns alternate and begin with the user. The last user turn says
    something.
    """
    turns = conversation[1:] if conversation and conversation[0].role == "system" else conversation
    if not turns:
        return "the conversation is empty"
    for place, message in enumerate(turns):
        if message.role != ("assistant" if place % 2 else "user"):
            return "user and assistant turns do not alternate, beginning with the user"
    if not next(message.text for message in reversed(turns) if message.role == "user").strip():
        return "the last user turn is blank"
    return ""


def _attempt(live: _Live) -> Attempt:
    planned = live.planned
    return Attempt(
        id=planned.id,
        goal=planned.goal,
        attack=planned.attack.name,
        family=planned.attack.family,
        persona=planned.persona,
        seed=planned.seed,
        conversation=live.conversation,
        failure=live.failure,
        queries=live.queries,
        tokens=live.tokens,
        note=live.note,
    )
