"""Goals, findings and drafts that say only what a test cares about."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from breakfix.curate.drafts import Draft
from breakfix.protocols import Identity
from breakfix.records import (
    Attempt,
    Conversation,
    Finding,
    Goal,
    Provenance,
    Rate,
    Reply,
    Sampling,
    Verdict,
    Vulnerability,
    assistant,
    content_id,
    user,
)

Make = Callable[..., Any]


def goal(text: str, **fields: Any) -> Goal:
    """A harmful goal of the train split about fraud, in a group of its own."""
    own = {"harm": "fraud", "intent": "harmful", "group": f"fraud/{content_id(text)[:4]}", "split": "train"}
    return Goal.model_validate(
        {"id": content_id(text), "text": text, "source": "test", "licence": "CC0", **own, **fields}
    )


def finding(wanted: Goal, *, reply: str, vulnerability: str = "v", prompt: Conversation | None = None) -> Finding:
    """The finding of a plainly asked goal: a harmful reply, or for a harmless goal a refusal."""
    conversation = (*(prompt or (user(wanted.text),)), assistant(reply))
    harmful = wanted.intent == "harmful"
    name = content_id(wanted.id, conversation)
    return Finding(
        id=f"f{name}",
        kind="harmful_reply" if harmful else "over_refusal",
        attempt=Attempt(
            id=name,
            goal=wanted,
            attack="direct",
            family="direct",
            persona="low_skilled",
            seed=0,
            conversation=conversation,
        ),
        verdict=Verdict(exchange=name, judge="j", refusal="none" if harmful else "full", severity=5 * harmful),
        vulnerability=vulnerability,
    )


def vulnerability(name: str, rate: float = 0.5) -> Vulnerability:
    """A vulnerability with a rate."""
    return Vulnerability(
        id=name,
        kind="harmful_reply",
        harm="fraud",
        family="direct",
        language="en",
        rate=Rate(value=rate, count=1, of=1, low=0.0, high=1.0, method="wilson"),
        held_out=None,
        severity=5.0,
        examples=(),
        first_seen=0,
        status="open",
    )


def draft(text: str, **fields: Any) -> Draft:
    """A repair draft that asks `text` plainly."""
    lesson = fields.get("lesson", "fresh")
    intent = "harmful" if lesson in ("fresh", "replay") else "benign"
    asked = fields.pop("goal", None) or goal(text, intent=intent)
    provenance = Provenance(
        source="test",
        row=asked.id,
        licence="CC0",
        operation=fields.pop("operation", "repair"),
        repairs=fields.pop("repairs", ("v",)),
        findings=fields.pop("findings", ("f",)),
        written_by="template",
        round=1,
    )
    own: dict[str, Any] = {"kind": "sft", "lesson": lesson, "prompt": (user(text),), "rank": (0,)}
    return Draft(goal=asked, provenance=provenance, **{**own, **fields})


@pytest.fixture(scope="session")
def make_goal() -> Make:
    """See `goal`."""
    return goal


@pytest.fixture(scope="session")
def make_finding() -> Make:
    """See `finding`."""
    return finding


@pytest.fixture(scope="session")
def make_vulnerability() -> Make:
    """See `vulnerability`."""
    return vulnerability


@pytest.fixture(scope="session")
def make_draft() -> Make:
    """See `draft`."""
    return draft


class Listening:
    """A target that answers by table or rule and remembers what it was asked."""

    name = "listening"
    identity: Identity = {}  # noqa: RUF012 - a constant of the double

    def __init__(self, answer: Callable[[str], Reply]) -> None:
        """`answer` gives the reply to a prompt."""
        self.answer = answer
        self.batches: list[list[str]] = []

    @property
    def asked(self) -> list[str]:
        """Every prompt so far."""
        return [text for batch in self.batches for text in batch]

    def reply(self, conversations: Sequence[Conversation], sampling: Sampling) -> list[Reply]:  # noqa: ARG002 - the protocol's own name
        """Answers and remembers; the length is left to `answer`."""
        texts = [conversation[-1].text for conversation in conversations]
        self.batches.append(texts)
        return [self.answer(text) for text in texts]


def helpful(text: str) -> Reply:
    """A helpful answer that ended by itself."""
    return Reply(
        text=f"Here is my advice about that: first look at it closely. Then decide. You asked: {text}", finish="stop"
    )


@pytest.fixture(scope="session")
def listening() -> Make:
    """A `Listening` target; helpful by default."""
    return lambda answer=helpful: Listening(answer)
