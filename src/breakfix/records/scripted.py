"""What the scripted model does: the fake that ships, and what its trainer changes."""

from pydantic import Field

from breakfix.records.record import Record

SCRIPTED_FILE = "scripted.json"
"""Name of the record's file in a model folder."""


class ScriptedModel(Record):
    """A model as a table; the first rule that fits the last user text decides, in the order of the fields."""

    failing: tuple[str, ...] = ()
    """User texts that get no reply at all."""
    blank: bool = False
    """Every reply is white space."""
    answers: dict[str, str] = Field(default_factory=dict)
    """User text to reply."""
    refused_prompts: tuple[str, ...] = ()
    """User texts that are refused."""
    refused_words: tuple[str, ...] = ()
    """Words, in any case, that make a user text refused wherever they stand in it."""
    default: str = "Sure, here is what you asked for. First, {prompt} Then go on step by step until it is done."
    """Reply to everything else; `{prompt}` stands for the user text."""
    refusal: str = "I'm sorry, but I can't help with that."
    """How it refuses."""
