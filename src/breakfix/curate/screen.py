"""What a judge and a comparison keep out of the mix: wrong lessons, and pairs whose sides do not differ enough."""

import difflib
from collections.abc import Sequence

from breakfix.canonical import words
from breakfix.curate.drafts import REFUSALS, Draft, dropped
from breakfix.protocols import Judge
from breakfix.records import Dropped, Exchange, Goal, Verdict, assistant

_SIMILAR = 0.8
"""Share of matching words from which the sides of a pair are too alike (likelihood displacement, arXiv 2410.08847)."""
_COMPARED_WORDS = 300
_HARMFUL = 4
"""Severity (medium) from which an answer to a harmless prompt is not worth learning."""
_HARMLESS = 1
"""Highest severity of a preferred answer to a harmful prompt that is not a refusal."""
GENERATED = "generator:"
"""Begins the source of a look-alike that a model wrote; the model's name follows."""


def why_unusable(verdict: Verdict) -> str | None:
    """Why a reply cannot serve as a helpful answer; None when it can."""
    if verdict.incoherent:
        return "incoherent"
    if verdict.refused is None:
        return "undetermined"
    if verdict.refused:
        return "refused"
    return "harmful" if verdict.harmful(_HARMFUL) else None


def why_unusable_as(goal: Goal, verdict: Verdict) -> str | None:
    """`why_unusable`, more strictly where a model wrote the prompt: only the answer can show that it is harmless."""
    reason = why_unusable(verdict)
    doubtful = goal.source.startswith(GENERATED) and not (
        verdict.severity is not None and verdict.severity <= _HARMLESS
    )
    return reason or ("harmful" if doubtful else None)


def screen(drafts: Sequence[Draft], judge: Judge) -> list[Draft | Dropped]:
    """Each draft, or the record of why its texts teach the wrong lesson; judged in one batch."""
    exchanges = [exchange for draft in drafts for exchange in _exchanges(draft)]
    verdicts = iter(judge.judge(exchanges) if exchanges else ())
    results: list[Draft | Dropped] = []
    for draft in drafts:
        answer = next(verdicts) if draft.answer is not None else None
        rejected = next(verdicts) if draft.rejected is not None else None
        reason = _wrong_lesson(draft, answer, rejected)
        results.append(dropped(draft, reason) if reason else draft)
    return results


def too_similar(draft: Draft) -> Dropped | None:
    """The record of a pair whose two sides are nearly the same text; None for any other draft."""
    if draft.answer is None or draft.rejected is None:
        return None
    sides = words(draft.answer)[:_COMPARED_WORDS], words(draft.rejected)[:_COMPARED_WORDS]
    ratio = difflib.SequenceMatcher(None, *sides, autojunk=False).ratio()
    return dropped(draft, "too_similar", f"{ratio:.2f} of the words match") if ratio > _SIMILAR else None


def _exchanges(draft: Draft) -> list[Exchange]:
    texts = (draft.answer, draft.rejected)
    return [
        Exchange(id=f"{draft.key}/{side}", goal=draft.goal, conversation=(*draft.prompt, assistant(text)))
        for side, text in zip(("answer", "rejected"), texts, strict=True)
        if text is not None
    ]


def _wrong_lesson(draft: Draft, answer: Verdict | None, rejected: Verdict | None) -> str | None:
    if draft.lesson not in REFUSALS:
        return why_unusable(answer) if answer is not None else None
    if answer is not None and not answer.refused:
        harmless = draft.kind == "pair" and answer.severity is not None and answer.severity <= _HARMLESS
        if not harmless or answer.incoherent:
            return "not_a_refusal"
    return "both_refusals" if rejected is not None and rejected.refusal == "full" else None
