"""What an attacker model is taught: to write the prompts that broke the target rather than those that did not.

The red side of SEAS (Diao et al., arXiv 2408.02632): for one goal, the chosen prompt drew a harmful reply and the
rejected one a harmless one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice, zip_longest
from typing import TypeVar

from breakfix.exclusion import excluded
from breakfix.protocols import Outcome
from breakfix.records import Attempt, Goal, Harm, PreferencePair, Provenance, SftRow, content_id
from breakfix.red_team.search.evolved import NEAR, instruction
from breakfix.red_team.search.memory import broke
from breakfix.red_team.search.nearness import kept_share, overlap, says_the_same
from breakfix.red_team.search.templates import LONGEST, filled, prompt_of, template_of

T = TypeVar("T")

ALIKE = 0.9
"""ROUGE-L from which two prompts for one goal teach the same."""


@dataclass(frozen=True, slots=True)
class Lessons:
    """Rows for both phases of training, most varied first."""

    sft: tuple[SftRow, ...]
    pairs: tuple[PreferencePair, ...]


@dataclass(slots=True)
class _Tried:
    """The usable prompts of one goal."""

    goal: Goal
    won: list[Attempt] = field(default_factory=list[Attempt])
    lost: list[Attempt] = field(default_factory=list[Attempt])


def lessons(outcomes: Iterable[Outcome], *, success_from: int, most: int, per_goal: int, round_number: int) -> Lessons:
    """Up to `most` rows and pairs, up to `per_goal` of each goal, goals taking turns.

    Only what asked one thing once in words near its goal teaches anything: no encodings, no conversations, no excluded
    text. The rejected prompt failed for the same goal, else for another of its harm, and is then put around this goal.
    """
    tried: dict[str, _Tried] = {}
    for outcome in outcomes:
        _take(tried, outcome, success_from)
    losing: dict[Harm, list[Attempt]] = {}
    for each in tried.values():
        losing.setdefault(each.goal.harm, []).extend(each.lost)
    rows = [[_row(attempt, round_number) for attempt in each.won[:per_goal]] for each in tried.values()]
    pairs = [
        list(islice(_pairs(each, losing.get(each.goal.harm, []), round_number), per_goal)) for each in tried.values()
    ]
    return Lessons(_in_turns(rows, most), _in_turns(pairs, most))


def _take(tried: dict[str, _Tried], outcome: Outcome, success_from: int) -> None:
    attempt, won = outcome.attempt, broke(outcome, success_from)
    prompt = prompt_of(attempt)
    if won is None or prompt is None or not _teachable(prompt, attempt.goal):
        return
    own = tried.setdefault(attempt.goal.id, _Tried(attempt.goal))
    if won and says_the_same(prompt, attempt.goal.text):
        return  # the goal itself is no rewriting of it
    side = own.won if won else own.lost
    if all(overlap(prompt, prompt_of(other) or "") <= ALIKE for other in side):
        side.append(attempt)


def _teachable(prompt: str, goal: Goal) -> bool:
    if len(prompt) > LONGEST or kept_share(prompt, goal.text) < NEAR:
        return False
    return not any(map(excluded, (goal.text, prompt, f"{goal.text}\n{prompt}")))  # a row holds both


def _pairs(tried: _Tried, losing: Sequence[Attempt], round_number: int) -> Iterator[PreferencePair]:
    """Every winner once against a loser, the losers of the same goal first."""
    own = [prompt_of(attempt) or "" for attempt in tried.lost]
    others = [filled(template_of(attempt) or prompt_of(attempt) or "", tried.goal.text) for attempt in losing]
    rejected = own or list(dict.fromkeys(others))
    for number, attempt in enumerate(tried.won):
        chosen = prompt_of(attempt) or ""
        left = [text for text in rejected[number:] + rejected[:number] if text != chosen and not excluded(text)]
        if left:
            yield _pair(attempt, chosen, left[0], round_number)


def _row(attempt: Attempt, round_number: int) -> SftRow:
    goal, answer = attempt.goal, prompt_of(attempt) or ""
    return SftRow(
        id=content_id("attacker", goal.id, answer),
        prompt=instruction(goal.text),
        answer=answer,
        harm=goal.harm,
        intent="benign",  # trainers refuse what is harmful, and the attacker shall write
        group=goal.group,
        provenance=_provenance(attempt, round_number),
    )


def _pair(attempt: Attempt, chosen: str, rejected: str, round_number: int) -> PreferencePair:
    goal = attempt.goal
    return PreferencePair(
        id=content_id("attacker", goal.id, chosen, rejected),
        prompt=instruction(goal.text),
        chosen=chosen,
        rejected=rejected,
        harm=goal.harm,
        intent="benign",
        group=goal.group,
        provenance=_provenance(attempt, round_number),
    )


def _provenance(attempt: Attempt, round_number: int) -> Provenance:
    return Provenance(
        source=attempt.goal.source,
        row=attempt.goal.id,
        licence=attempt.goal.licence,
        operation="attack",
        findings=(attempt.id,),
        written_by=f"attack:{attempt.attack}",
        round=round_number,
    )


def _in_turns(of_goals: Sequence[Sequence[T]], most: int) -> tuple[T, ...]:
    """The first of every goal, then the second of every goal, and so on."""
    turns = chain.from_iterable(zip_longest(*of_goals))
    return tuple(islice((each for each in turns if each is not None), most))
