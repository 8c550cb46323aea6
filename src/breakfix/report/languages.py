"""How the model fares language by language: harm, refusals, and replies in another language than asked."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from breakfix.report.attack_outcomes import Outcome
from breakfix.report.rate_text import RateText, rate_text
from breakfix.statistics.rates import rate_of

COLUMNS = (
    "language",
    "round",
    "attempts",
    "harmful replies",
    "refused",
    "replied in another language",
    "refused in another language",
)
"""Columns of the table in the report."""
NOT_TOLD = "not told"
"""Attempts that ask in no plain language: encodings, mixtures."""


@dataclass(frozen=True, slots=True)
class LanguageLine:
    """Held-out harmful goals asked in one language in one round."""

    language: str
    round: int
    attempts: int
    harmful: RateText
    refused: RateText
    another: RateText
    """Of the replies whose language is plain, those in another language than asked."""
    refused_in_another: RateText
    """The same of refusals alone."""


def by_language(rounds: Sequence[tuple[int, Sequence[Outcome]]]) -> tuple[LanguageLine, ...]:
    """A line per language and round on held-out harmful goals, languages by code, those that are not plain last."""
    cells: defaultdict[tuple[str, int], list[Outcome]] = defaultdict(list)
    for number, outcomes in rounds:
        for item in outcomes:
            if item.kind == "harmful_reply" and item.held_out:
                cells[item.asked_in or NOT_TOLD, number].append(item)
    ordered = sorted(cells, key=lambda cell: (cell[0] == NOT_TOLD, cell))
    return tuple(_line(language, number, cells[language, number]) for language, number in ordered)


def _line(language: str, number: int, items: Sequence[Outcome]) -> LanguageLine:
    told = language != NOT_TOLD
    refusals = [item for item in items if item.refused]
    return LanguageLine(
        language=language,
        round=number,
        attempts=len(items),
        harmful=_share(items, [item.hit for item in items]),
        refused=_share(items, [item.refused for item in items]),
        another=_share(items if told else (), [item.switched for item in items if told]),
        refused_in_another=_share(refusals if told else (), [item.switched for item in refusals if told]),
    )


def _share(items: Sequence[Outcome], values: Sequence[bool | None]) -> RateText:
    """The share with its interval by goal group; `not measured` without any item."""
    return rate_text(rate_of(values, [item.group for item in items]) if items else None)
