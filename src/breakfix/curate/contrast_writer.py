"""Look-alikes from a generator: a model is asked for harmless requests beside a harmful one, and read strictly.

What comes back is hostile until shown otherwise: a line must look like a request, must not say what the harmful goal
says, and enters the mix only when the answer to it is judged harmless. A generator that echoes, refuses or rambles
yields drops with their reasons.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from breakfix.canonical import canonical, words
from breakfix.curate.contrast_frames import look_alike, packaged_frames
from breakfix.curate.distill import Asking, Distiller
from breakfix.curate.overlap import jaccard, shingles
from breakfix.curate.refusal_languages import ENGLISH, base_language, parts_in
from breakfix.curate.refusal_writer import in_script
from breakfix.curate.screen import GENERATED
from breakfix.records import Conversation, DistilledAnswer, Dropped, Goal, Provenance, Reply, Verdict, content_id, user

NAME = "look_alikes.jsonl"
WANTED = 5
"""Look-alikes to ask for; lines beyond twice as many are not read."""
TOKENS = 160
_PROMPT = "contrast_prompt.txt"
_MARK = re.compile(r"^\s*(?:[-*•]\s+|\(?\d{1,2}[.):]\s+)?[\"“”«»„'*]*\s*|\s*[\"“”«»'*]*\s*$")
"""What a list puts around its items."""
_SHORTEST, _LONGEST = 3, 30
"""Words of a request."""
_SAME = 0.8
"""Jaccard similarity of word 3-shingles from which a line says what the harmful goal says."""
_EMPTY = frozenset({"my", "your", "his", "her", "their", "our", "its", "being", "without", "with", "not", "and", "or"})
"""Words that tell no goal apart."""
_SAME_WORDS = 0.6
"""Share of the goal's telling words, after the beginning that both have in common, from which a line says the same."""
_QUESTION = ("?", "\uff1f", "؟")
_ASKING = frozenset(
    "describe draft explain give help how list please recommend show suggest teach tell what where which write".split()  # noqa: SIM905 - a word list
)


def asked_look_alikes() -> Asking:
    """Asks for look-alikes of each harmful goal."""
    return Asking(NAME, _question, _why_unusable, TOKENS, needed=False)


def written_look_alikes(
    goals: Sequence[Goal],
    distiller: Distiller,
    causes: Mapping[str, Provenance],
    *,
    name: str,
    avoid: frozenset[str],
    chunk: int,
) -> Iterator[Goal | Dropped]:
    """Look-alikes of `goals` by the model `name`, and the record of every line and reply that is none.

    `causes` gives the provenance of what is written for a goal, by its id. `avoid`: canonical texts of all harmful
    goals; a line with such a text goes. Raises as `Distiller.answers` does.
    """
    for start in range(0, len(goals), chunk):
        group = goals[start : start + chunk]
        for goal, row in zip(group, distiller.answers(group), strict=True):
            source = causes[goal.id].model_copy(update={"source": f"{GENERATED}{name}", "operation": "contrast"})
            yield from _read(goal, row, source, avoid)


def _read(goal: Goal, row: DistilledAnswer, source: Provenance, avoid: frozenset[str]) -> Iterator[Goal | Dropped]:
    if row.answer is None:
        yield _gone(goal.text, row.dropped or "blank", source)
        return
    lines = [line for line in row.answer.splitlines() if line.strip()]
    whole = lines[: -1 if row.finish == "length" and len(lines) > 1 else None]
    for place, line in enumerate(whole[: 2 * WANTED]):
        text = _MARK.sub("", line)
        reason = why_no_look_alike(text, goal, avoid)
        if reason is not None:
            yield _gone(text, reason, source)
            continue
        yield look_alike(goal, text, name=f"generated/{place}", source=source.source)


def why_no_look_alike(text: str, goal: Goal, avoid: frozenset[str]) -> str | None:
    """Why a line is no look-alike of the harmful `goal`: `junk`, `language` or `echo`; None when it is one."""
    tokens = words(text)
    first = tokens[:1]
    asks = text.endswith(_QUESTION) or (
        text.endswith((".", "。")) and bool(first) and (first[0] in _ASKING or first == words(goal.text)[:1])
    )
    if not asks or not _SHORTEST <= len(tokens) <= _LONGEST * (3 if len(text.split()) < _SHORTEST else 1):
        return "junk"
    if not in_script(text, goal.language):
        return "language"
    near = jaccard(shingles(text), shingles(goal.text)) >= _SAME or _says_the_same(tokens, words(goal.text))
    return "echo" if near or canonical(text) in avoid else None


def _says_the_same(tokens: Sequence[str], own: Sequence[str]) -> bool:
    """Whether most of what tells the goal apart stands in the line too, in any order."""
    common = next((n for n, (a, b) in enumerate(zip(tokens, own, strict=False)) if a != b), min(len(tokens), len(own)))
    rest = set(own[common:]) - packaged_frames().lead - _EMPTY
    return not rest or len(rest & set(tokens)) >= _SAME_WORDS * len(rest)


def _gone(text: str, reason: str, source: Provenance) -> Dropped:
    return Dropped(
        id=content_id("look-alike", source.row, text), kind="sft", reason=reason, detail=text, provenance=source
    )


def _question(goal: Goal) -> Conversation:
    local = parts_in(goal.language)
    english = base_language(goal.language) == ENGLISH
    name = local.name if local is not None else "English" if english else "the same language"
    return (user(_prompt().format(goal=goal.text, count=WANTED, language=name)),)


def _why_unusable(_goal: Goal, _reply: Reply, verdict: Verdict) -> str | None:
    return "refused" if verdict.refusal == "full" else None


@cache
def _prompt() -> str:
    return Path(__file__).with_name(_PROMPT).read_text(encoding="utf-8").strip()
