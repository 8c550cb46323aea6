"""Cleaning of drafts: what is broken, overlaps with measuring goals, contradicts or repeats another one goes.

The rules are those of `duplicates` and `decontaminate`, the same for a handful of drafts and for a million rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from breakfix.curate.batches import batch
from breakfix.curate.bulk import examine
from breakfix.curate.bulk import unfit as unfit_among
from breakfix.curate.candidates import of_draft
from breakfix.curate.decontaminate import Measuring
from breakfix.curate.drafts import Draft, dropped, merge
from breakfix.curate.duplicates import Fate
from breakfix.curate.semantic import Semantic
from breakfix.exclusion import excluded
from breakfix.records import Dropped


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What is left, in order, and what went."""

    kept: tuple[Draft, ...]
    dropped: tuple[Dropped, ...]
    twins: int = 0
    """Pairs of kept near-duplicates that differ in intent, expected behaviour or language."""


def clean(drafts: Iterable[Draft], measuring: Measuring, near_duplicate: float) -> Cleaned:
    """Drafts of one kind without broken, contaminated, contradictory and duplicate ones.

    The result does not depend on the order of `drafts`. Of duplicates the one of best rank stays and takes over the
    causes of the others. `near_duplicate`: Jaccard similarity of word 3-shingles that both the plain wish and the
    whole prompt must reach.
    """
    offered = sorted(drafts, key=lambda draft: draft.order)
    examined = examine(map(of_draft, offered), measuring, near_duplicate)
    by_meaning = _by_meaning([(number, offered[number]) for number in examined.kept()], measuring.semantic)
    kept = {number: offered[number] for number in examined.kept()}
    gone: list[Dropped] = []
    for number, fate in (*sorted(examined.fates.items()), *sorted(by_meaning.items())):
        if fate.into is not None:
            kept[fate.into] = merge(kept[fate.into], kept.get(number, offered[number]))
        gone.append(dropped(offered[number], fate.reason, fate.detail))
    left = tuple(draft for number, draft in kept.items() if number not in by_meaning)
    return Cleaned(left, tuple(gone), examined.twins)


def _by_meaning(drafts: Sequence[tuple[int, Draft]], semantic: Semantic | None) -> dict[int, Fate]:
    """The fate of drafts whose wish means what a measured goal means, or plainly asked, what an earlier one asks.

    Around different wishes one long attack means much the same to an encoder: only plain prompts are compared.
    """
    if semantic is None:
        return {}
    overlap = semantic.contaminated([draft.goal.text for _, draft in drafts])
    fates = {drafts[place][0]: Fate("contaminated", how) for place, how in overlap.items()}
    plain = [(n, d) for n, d in drafts if n not in fates and [turn.text for turn in d.prompt] == [d.goal.text]]
    into = semantic.duplicates([draft.goal.text for _, draft in plain], [of_draft(draft).scope() for _, draft in plain])
    for place, other in into.items():
        number, first = plain[other]
        fates[plain[place][0]] = Fate("semantic_duplicate", f"of {first.key}", number)
    return fates


def unfit(draft: Draft, measuring: Measuring) -> Dropped | None:
    """Why `draft`, with the texts it has so far, must not be trained on; None when it may."""
    candidate = of_draft(draft)
    fate = unfit_among(batch([candidate]), measuring, [0] if excluded(candidate.whole) else ()).get(0)
    return None if fate is None else dropped(draft, fate.reason, fate.detail)
