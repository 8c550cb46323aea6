"""Refusals written by a model under a policy, for the request at hand, and judged; templates step in for the rest.

The model sees the policy as its system prompt and the request asked plainly; the policy names the reason and the better
offer of the harm, in the language of the request. The row then holds the refusal without the policy: context
distillation with answer templates (Llama 2, arXiv 2307.09288, section 4.2.4).
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from breakfix.canonical import words
from breakfix.config import CurateSettings
from breakfix.curate.clean import unfit
from breakfix.curate.decontaminate import Measuring
from breakfix.curate.distill import Asking, Distiller, Writer, ended, whole_sentences
from breakfix.curate.drafts import REFUSALS, Draft
from breakfix.curate.overlap import ngrams
from breakfix.curate.refusal_languages import ENGLISH, base_language, packaged_languages, parts_in, unspaced
from breakfix.curate.refusals import (
    Request,
    opening,
    opening_limits,
    packaged_parts,
    reason_and_offer,
    supportive,
    written_in,
)
from breakfix.curate.screen import too_similar
from breakfix.protocols import Judge, Progress
from breakfix.records import Conversation, DistilledAnswer, Goal, Message, Reply, Verdict, user

NAME = "refusals.jsonl"
TOKENS = 96
"""Most tokens of a refusal."""
_POLICY, _SUPPORT = "refusal_policy.txt", "refusal_policy.support.txt"
_HARMLESS = 1
"""Highest severity of a refusal."""
_SHORTEST, _LONGEST = 6, 90
"""Words; in a script without spaces characters, of which there may be three times as many."""
_QUOTED, _QUOTED_DELICATE = 7, 4
"""Run of words from the request that a refusal must not hold; shorter where no word of the request may be named."""
_SCRIPTS = {
    "ja": re.compile(r"[぀-ヿ]"),
    "zh": re.compile(r"[㐀-鿿]"),
    "ko": re.compile(r"[가-힯]"),
    "ar": re.compile(r"[؀-ۿ]"),
    "hi": re.compile(r"[ऀ-ॿ]"),
    "ru": re.compile(r"[Ѐ-ӿ]"),
}
_SCRIPT_SHARE = 0.3


def asked_refusals(seed: int) -> Asking:
    """Asks for a refusal of each goal under the policy."""
    return Asking(NAME, lambda goal: under_policy(goal, seed), why_not_a_refusal, tokens=TOKENS, needed=False)


def under_policy(goal: Goal, seed: int) -> Conversation:
    """The policy for this goal as the system prompt, and the goal asked plainly."""
    reason, offer = reason_and_offer(Request(goal.id, goal.text, goal.harm, goal.language), seed)
    local = parts_in(goal.language)
    known = local is not None or base_language(goal.language) == ENGLISH
    name = local.name if local is not None else "English" if known else "the language of the message"
    text = _text(_SUPPORT if supportive(goal.harm) else _POLICY).format(
        topic=packaged_parts().of(goal.harm).topics[0], language=name, reason=reason, offer=offer
    )
    return (Message(role="system", text=text), user(goal.text))


def why_not_a_refusal(goal: Goal, reply: Reply, verdict: Verdict) -> str | None:
    """Why a judged reply cannot be learnt as the refusal of `goal`; None when it can."""
    if verdict.incoherent:
        return "incoherent"
    if verdict.refusal == "undetermined" or verdict.severity is None:
        return "undetermined"
    if verdict.refusal != "full":
        return "not_a_refusal"
    if verdict.severity > _HARMLESS:
        return "harmful"
    return _why_ill_formed(goal, _whole(reply.text, reply.finish))


def _why_ill_formed(goal: Goal, text: str) -> str | None:
    longest = _LONGEST * 3 if unspaced(text) else _LONGEST
    count = len(words(text))
    if not ended(text):
        return "cut"
    if not _SHORTEST <= count <= longest:
        return "short" if count < _SHORTEST else "long"
    if not in_language(text, goal.language):
        return "language"
    delicate = not packaged_parts().of(goal.harm).quote
    run = _QUOTED_DELICATE if delicate else _QUOTED
    if ngrams(words(text), run) & ngrams(words(goal.text), run):
        return "quotes"
    return "no_support" if supportive(goal.harm) and not _points_to_help(text, goal) else None


def in_script(text: str, language: str) -> bool:
    """Whether `text` is in the script of `language`; True for a language that is not known."""
    code = base_language(language)
    if code != ENGLISH and parts_in(code) is None:
        return True
    letters = max(1, sum(map(str.isalpha, text)))
    for script, letter in _SCRIPTS.items():
        if len(letter.findall(text)) > _SCRIPT_SHARE * letters:
            return script == code or (script == "zh" and code == "ja")
    return code not in _SCRIPTS


def in_language(text: str, language: str) -> bool:
    """Whether `text` seems to be in `language`, told by its script or by the words of our own refusals in it.

    True for a language that is not known.
    """
    if not in_script(text, language):
        return False
    shares = {code: sum(token in known for token in words(text)) for code, known in _vocabularies().items()}
    own = shares.get(base_language(language))
    return own is None or own == max(shares.values())


@dataclass(frozen=True, slots=True)
class RefusalWriter:
    """Writes the refusals of drafts with a model as far as it can."""

    distiller: Distiller
    signature: str
    """As in `Provenance.written_by`."""
    measuring: Measuring
    opening_cap: float
    chunk: int

    def write(self, drafts: Sequence[Draft]) -> list[Draft]:
        """The drafts, in order: fresh refusals with a usable text of the model have it, all others are as before.

        The text of a goal serves all its drafts. It is not used where its opening would come up too often, and where
        it overlaps with what is measured.
        """
        fresh = [draft for draft in drafts if draft.lesson == "fresh" and draft.answer is None]
        texts = self._texts({draft.goal.id: draft.goal for draft in fresh})
        refusals = [draft for draft in drafts if draft.lesson in REFUSALS]
        limits = opening_limits(Counter(draft.goal.language for draft in refusals), self.opening_cap)
        taken = Counter(opening(draft.answer) for draft in refusals if draft.answer is not None)
        return [self._with_text(draft, texts.get(draft.goal.id), limits, taken) for draft in drafts]

    def _texts(self, goals: dict[str, Goal]) -> dict[str, str]:
        waiting, rows = list(goals.values()), list[DistilledAnswer]()
        for start in range(0, len(waiting), self.chunk):
            rows += self.distiller.answers(waiting[start : start + self.chunk])
        return {row.goal: _whole(row.answer, row.finish) for row in rows if row.answer is not None}

    def _with_text(self, draft: Draft, text: str | None, limits: dict[str, int], taken: Counter[str]) -> Draft:
        if text is None or draft.lesson != "fresh" or draft.answer is not None:
            return draft
        start = opening(text)
        source = draft.provenance.model_copy(update={"written_by": self.signature})
        written = replace(draft, answer=text, provenance=source)
        full = taken[start] >= limits[written_in(draft.goal.language)]
        if full or unfit(written, self.measuring) or too_similar(written):
            return draft
        taken[start] += 1
        return written


def model_refusals(
    folder: Path,
    writer: Writer | None,
    measuring: Measuring,
    judge: Judge,
    settings: CurateSettings,
    *,
    seed: int,
    progress: Progress,
) -> RefusalWriter | None:
    """The writer of refusals that keeps what `writer` says in `folder`; None without one: templates write them all."""
    if writer is None:
        return None
    distiller = Distiller(
        folder,
        writer.target,
        judge,
        known={},
        settings=settings,
        progress=progress,
        asking=asked_refusals(seed),
    )
    return RefusalWriter(distiller, writer.signature, measuring, settings.opening_cap, settings.chunk)


def _whole(text: str, finish: str) -> str:
    text = text.strip()
    return text if finish == "stop" else whole_sentences(text)


def _points_to_help(text: str, goal: Goal) -> bool:
    local = parts_in(goal.language)
    signs = packaged_parts().of(goal.harm).signs if local is None else local.support.signs
    folded = text.lower()
    return any(sign in folded for sign in signs)


@cache
def _vocabularies() -> dict[str, frozenset[str]]:
    """The words of our own refusals by language, for those in Latin letters."""
    english = packaged_parts()
    own = [
        *english.openings,
        *(text for parts in english.harms.values() for text in (*parts.reasons, *parts.redirects)),
    ]
    texts = {ENGLISH: own} | {
        code: [*parts.openings, *parts.reasons, *parts.redirects, *parts.support.openings, *parts.support.redirects]
        for code, parts in packaged_languages().items()
        if code not in _SCRIPTS
    }
    return {code: frozenset(words(" ".join(sentences))) for code, sentences in texts.items()}


@cache
def _text(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8").strip()
