"""How a rewritten prompt is put to the target: as a question, or as whatever another kind of target takes.

Experience replay was made for targets that paint (ICER). Such a target fits behind `Target` when its reply says where
the picture is or what a captioner saw in it, and a judge reads that; what it must be asked like is its `Medium`.
"""

from typing import Protocol

from breakfix.records import Conversation, user


class Medium(Protocol):
    """The form of a question."""

    def put(self, prompt: str) -> Conversation:
        """The conversation that asks for `prompt`, ending in a user turn."""
        ...


class Words:
    """The prompt itself: for targets that answer in text."""

    def put(self, prompt: str) -> Conversation:
        """One user turn."""
        return (user(prompt),)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Words)

    def __hash__(self) -> int:
        return hash(Words)
