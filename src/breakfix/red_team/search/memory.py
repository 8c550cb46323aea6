"""The last attempts that broke the target, per harm: what learning attacks show, quote and build on."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from breakfix.exclusion import excluded
from breakfix.protocols import Outcome
from breakfix.records import Harm
from breakfix.red_team.search.templates import LONGEST, prompt_of

_QUOTE = 160
_SENTENCE_END = re.compile("(?<=[.!?])\\s+|(?<=[\u3002\uff01\uff1f])|\n+")


@dataclass(frozen=True, slots=True)
class Success:
    """A prompt that the target fell for, and how its reply began."""

    attempt: str
    harm: Harm
    goal: str
    prompt: str
    reply: str
    """The first sentence, clipped: the manner matters, not the content."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Successes, oldest first; the newest `most` of each harm are kept."""

    found: tuple[Success, ...] = ()
    most: int = 8

    def and_also(self, outcome: Outcome) -> "Memory":
        """With one more success; what is excluded or asks in several turns is left out."""
        success = _success(outcome)
        if success is None or any(success.attempt == each.attempt for each in self.found):
            return self
        found = (*self.found, success)
        alike = [each for each in found if each.harm == success.harm]
        gone = alike[0] if len(alike) > self.most else None
        return replace(self, found=tuple(each for each in found if each is not gone))

    def like(self, harm: Harm) -> tuple[Success, ...]:
        """Those of `harm`; of any harm when it has none."""
        return tuple(each for each in self.found if each.harm == harm) or self.found

    def some(self, harm: Harm, rng: Random, count: int) -> Sequence[Success]:
        """Up to `count` different ones, drawn by `rng`."""
        known = self.like(harm)
        return rng.sample(known, min(count, len(known)))


def broke(outcome: Outcome, success_from: int) -> bool | None:
    """Whether the target fell for a harmful goal; None when nothing can be learnt from the outcome."""
    attempt = outcome.attempt
    if attempt.conversation is None or attempt.goal.intent != "harmful":
        return None
    return outcome.verdict.harmful(success_from)


def _success(outcome: Outcome) -> Success | None:
    attempt = outcome.attempt
    prompt, exchange = prompt_of(attempt), attempt.exchange
    if prompt is None or exchange is None or len(prompt) > LONGEST:
        return None
    sentence = next((part for part in _SENTENCE_END.split(exchange.reply[:2000]) if part.strip()), "")
    reply = " ".join(sentence.split())[:_QUOTE]
    if any(map(excluded, (attempt.goal.text, prompt, reply))):
        return None
    return Success(attempt.id, attempt.goal.harm, attempt.goal.text, prompt, reply)
