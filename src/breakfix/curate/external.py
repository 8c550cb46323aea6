"""Ready-made rows and pairs from sources, taken in as drafts that a judge must see before they are trained on."""

from collections.abc import Iterable, Iterator

from breakfix.curate.contrast import EXTERNAL_TIER
from breakfix.curate.drafts import Draft, Lesson
from breakfix.curate.repair import EXTERNAL_REPAIR, goal_of
from breakfix.records import Harm, PreferencePair, SftRow


def external_drafts(rows: Iterable[SftRow | PreferencePair], *, round_number: int) -> Iterator[Draft]:
    """One draft per row; harmful intent teaches a refusal, harmless intent an answer."""
    for row in rows:
        pair = row if isinstance(row, PreferencePair) else None
        lesson = _lesson(row)
        yield Draft(
            kind="sft" if pair is None else "pair",
            lesson=lesson,
            goal=goal_of(row),
            prompt=row.prompt,
            rank=(EXTERNAL_REPAIR if lesson == "fresh" else EXTERNAL_TIER,),
            provenance=row.provenance.model_copy(update={"operation": "source", "round": round_number}),
            answer=row.answer if isinstance(row, SftRow) else row.chosen,
            complete=row.complete,
            rejected=None if pair is None else pair.rejected,
            trusted=False,
        )


def _lesson(row: SftRow | PreferencePair) -> Lesson:
    if row.intent == "harmful":
        return "fresh"
    return "ordinary" if row.harm is Harm.NONE else "look_alike"
