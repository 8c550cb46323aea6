"""Learning by rote: what rows do to a scripted model's tables."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from breakfix.records import PreferencePair, Record, SftRow
from breakfix.records.scripted import ScriptedModel

_WORD = re.compile(r"[\w'-]+")
_CONTENT = 5
"""Letters from which on a word counts as one with a meaning of its own."""
_SHARED = 2
"""Prompts that a word must occur in before it stands for a cause."""
_KNOWN, _UNKNOWN = 0.1, 1.0


class Lesson(Record):
    """What a row teaches about one user text."""

    id: str
    prompt: str
    answer: str
    refuse: bool


def lesson_of(row: SftRow | PreferencePair) -> Lesson:
    """The lesson of a row: its answer, or its chosen one, to its last user text."""
    prompt = next((message.text for message in reversed(row.prompt) if message.role == "user"), "")
    answer = row.answer if isinstance(row, SftRow) else row.chosen
    return Lesson(id=row.id, prompt=prompt, answer=answer, refuse=row.intent == "harmful")


def learn(model: ScriptedModel, lessons: Iterable[Lesson]) -> ScriptedModel:
    """`model` after `lessons`: their prompts refused or answered as they say."""
    answers, refused = dict(model.answers), dict.fromkeys(model.refused_prompts)
    for lesson in lessons:
        if lesson.refuse:
            answers.pop(lesson.prompt, None)
            refused[lesson.prompt] = None
        else:
            refused.pop(lesson.prompt, None)
            answers[lesson.prompt] = lesson.answer
    return model.model_copy(update={"answers": answers, "refused_prompts": tuple(refused)})


def generalise(model: ScriptedModel, lessons: Sequence[Lesson]) -> ScriptedModel:
    """`model` that also refuses the content words that several refused prompts share and no answered one has."""
    counts = Counter(word for lesson in lessons if lesson.refuse for word in _content_words(lesson.prompt))
    innocent = {word for lesson in lessons if not lesson.refuse for word in _content_words(lesson.prompt)}
    shared = {word for word, count in counts.items() if count >= _SHARED}
    words = (shared | set(model.refused_words)) - innocent
    return model.model_copy(update={"refused_words": tuple(sorted(words))})


def loss_of(model: ScriptedModel, lessons: Sequence[Lesson]) -> float:
    """Mean over `lessons`: 0.1 for one that `model` follows already, 1 for any other."""
    followed = sum(
        lesson.prompt in model.refused_prompts if lesson.refuse else model.answers.get(lesson.prompt) == lesson.answer
        for lesson in lessons
    )
    return _UNKNOWN - (_UNKNOWN - _KNOWN) * followed / len(lessons)


def _content_words(prompt: str) -> set[str]:
    return {word for word in _WORD.findall(prompt.lower()) if len(word) >= _CONTENT}
