"""What Crescendo says: scripted lines built on the model's own answers, and the task of an adversary model."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from breakfix.red_team.near_duplicates import content_stems, content_words, words
from breakfix.red_team.refusal_cues import sounds_refused
from breakfix.red_team.wording import substitute, titled_texts

TEXTS: Mapping[str, str] = titled_texts(Path(__file__).with_name("crescendo.txt"))

_TOPIC_WORDS = 5
_QUOTE = 90
_READ = 4000
_LONGEST_LINE = 400
"""Characters of a quote (a small model repeats a longer one), of an answer that is read, of an adversary's question."""
_SENTENCE_END = re.compile("(?<=[.!?])\\s+|(?<=[\u3002\uff01\uff1f])|\n+")
_LABEL = re.compile(r"^(?:question|user|you|message|next question)\s*:\s*", re.IGNORECASE)
_LEAK = 6
"""Words in a row taken from its own task that make an adversary's question useless."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The script for one goal, its variants in an order drawn once."""

    goal: str
    variants: Mapping[str, tuple[str, ...]]
    """Phase (`open`, `deeper`, `last`) to its texts."""

    def say(self, phase: str, answer: str, again: int) -> str:
        """The line for a phase after `answer`; `again` counts how often the phase was taken back."""
        quote = "" if sounds_refused(answer) else best_sentence(answer, self.goal)
        if phase != "open" and not quote:
            return substitute(TEXTS[f"{phase}_unquoted"], goal=self.goal)
        texts = self.variants[phase]
        return substitute(texts[again % len(texts)], goal=self.goal, topic=topic(self.goal), quote=quote)


def lines(goal: str, rng: Random) -> Lines:
    """The script for `goal`, with the variants of each phase shuffled by `rng`."""
    variants: dict[str, tuple[str, ...]] = {}
    for phase in ("open", "deeper", "last"):
        texts = [
            text for title, text in TEXTS.items() if title.startswith(f"{phase}_") and title != f"{phase}_unquoted"
        ]
        rng.shuffle(texts)
        variants[phase] = tuple(texts)
    return Lines(goal, variants)


def topic(goal: str) -> str:
    """The first words of the goal that carry meaning: its subject without the request."""
    found = list(dict.fromkeys(content_words(goal)))[:_TOPIC_WORDS]
    return ", ".join(found) or goal


def best_sentence(answer: str, goal: str) -> str:
    """The sentence of `answer` that shares the most content with `goal`, clipped; '' for a blank answer."""
    sentences = [" ".join(part.split()) for part in _SENTENCE_END.split(answer[:_READ])]
    sentences = [part for part in sentences if any(letter.isalnum() for letter in part)]
    if not sentences:
        return ""
    wanted = content_stems(goal)
    best = max(sentences, key=lambda part: len(wanted & content_stems(part)))
    return _clipped(best.replace('"', "'"), _QUOTE)


def task(goal: str, answer: str, *, turn: int, turns: int, refused: bool) -> str:
    """What the adversary model is asked to write."""
    advice = "adversary_first" if not answer else "adversary_refused" if refused else "adversary_next"
    return substitute(
        TEXTS["adversary"],
        goal=goal,
        turn=str(turn + 1),
        turns=str(turns),
        answer=_clipped(answer, _LONGEST_LINE) or "(none)",
        advice=TEXTS[advice],
    )


def usable(written: str) -> str:
    """The adversary's question, cleaned; '' when it refused, said nothing or gave its own task away."""
    first = next((part for part in written[:_READ].split("\n\n") if part.strip()), "")
    line = _LABEL.sub("", " ".join(first.split())).strip("\"'“” ")
    if not line or sounds_refused(line) or _runs(line) & _TASK_RUNS:
        return ""
    return _clipped(line, _LONGEST_LINE)


def _runs(text: str) -> frozenset[tuple[str, ...]]:
    tokens = words(text)
    return frozenset(tuple(tokens[start : start + _LEAK]) for start in range(len(tokens) - _LEAK + 1))


def _clipped(text: str, most: int) -> str:
    """`text` cut after its last whole word within `most` characters."""
    if len(text) <= most:
        return text
    return text[:most].rsplit(" ", 1)[0] + " ..."


_TASK_RUNS = _runs(TEXTS["adversary"])
