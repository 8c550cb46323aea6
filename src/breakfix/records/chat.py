"""Chat records: messages, conversations, sampling and replies."""

from typing import Literal

from pydantic import Field

from breakfix.records.record import Record, Text

Role = Literal["system", "user", "assistant"]


class Message(Record):
    """One turn of a conversation."""

    role: Role
    text: Text


Conversation = tuple[Message, ...]


class Sampling(Record):
    """How a target shall draw its reply."""

    max_new_tokens: int = Field(default=96, ge=1)
    """Upper bound of the reply, in tokens."""
    temperature: float = Field(default=0.0, ge=0.0)
    """0 is greedy decoding."""
    top_p: float = Field(default=1.0, gt=0.0, le=1.0)
    """Nucleus probability; used only when the temperature is above 0."""
    seed: int = 0
    """Seed of the draw; used only when the temperature is above 0."""


class Reply(Record):
    """What a target answered, or why it did not."""

    text: Text
    finish: Literal["stop", "length", "failed"]
    """`stop`: ended by itself; `length`: cut at `max_new_tokens`; `failed`: no answer, see `failure`."""
    failure: Text | None = None
    tokens: int = Field(default=0, ge=0)
    """Generated tokens; 0 when the engine does not say."""
    prompt_tokens: int = Field(default=0, ge=0)
    """Tokens of the conversation that was answered; 0 when the engine does not say."""


def user(text: str) -> Message:
    """A user turn."""
    return Message(role="user", text=text)


def assistant(text: str) -> Message:
    """An assistant turn."""
    return Message(role="assistant", text=text)


def system(text: str) -> Message:
    """A system turn."""
    return Message(role="system", text=text)
