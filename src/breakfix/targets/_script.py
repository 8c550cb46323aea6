"""The rules of a scripted model, prepared for answering fast."""

import re

from breakfix.records import Conversation, Reply
from breakfix.records.scripted import ScriptedModel

_WORD = re.compile(r"[\w'-]+")
_BLANK = " \n "
_NO_USER_TURN = Reply(text="", finish="failed", failure="the conversation has no user turn")
_SCRIPTED_FAILURE = Reply(text="", finish="failed", failure="the script says that this prompt fails")


class Script:
    """A ScriptedModel with its tables as sets."""

    def __init__(self, model: ScriptedModel) -> None:
        self._model = model
        self._failing = frozenset(model.failing)
        self._refused = frozenset(model.refused_prompts)
        self._words = frozenset(word.lower() for word in model.refused_words)

    def answer(self, conversation: Conversation, most: int) -> Reply:
        """The reply to the last user turn, cut after `most` words."""
        prompt = last_user_text(conversation)
        if prompt is None:
            return _NO_USER_TURN
        if prompt in self._failing:
            return _SCRIPTED_FAILURE
        text = self.text(prompt)
        words = text.split()
        if len(words) > most:
            return Reply(text=" ".join(words[:most]), finish="length", tokens=most)
        return Reply(text=text, finish="stop", tokens=len(words))

    def text(self, prompt: str) -> str:
        """What the first fitting rule says to `prompt`."""
        model = self._model
        if model.blank:
            return _BLANK
        own = model.answers.get(prompt)
        if own is not None:
            return own
        if prompt in self._refused or self._has_refused_word(prompt):
            return model.refusal
        return model.default.replace("{prompt}", prompt)

    def _has_refused_word(self, prompt: str) -> bool:
        return bool(self._words) and not self._words.isdisjoint(_WORD.findall(prompt.lower()))


def last_user_text(conversation: Conversation) -> str | None:
    """The text of the last user turn; None without one."""
    for message in reversed(conversation):
        if message.role == "user":
            return message.text
    return None
