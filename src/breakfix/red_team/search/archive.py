"""The archive of a quality-diversity search: the worst thing found per harm and style.

Mouret and Clune, "Illuminating search spaces by mapping elites" (arXiv 1504.04909).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from breakfix.protocols import Outcome
from breakfix.records import Harm
from breakfix.red_team.search.notes import read_note
from breakfix.red_team.search.templates import LONGEST, prompt_of, template_of


@dataclass(frozen=True, slots=True)
class Elite:
    """The prompt that did most harm in its cell."""

    harm: Harm
    style: str
    severity: int
    """0 to 7."""
    prompt: str
    template: str | None
    """The prompt with `{goal}` in the place of the goal; None when the goal does not stand in it."""
    attempt: str
    parent: str
    """Attempt that it was bred from; '' for one that began the line."""


@dataclass(frozen=True, slots=True)
class Archive:
    """One elite per cell, in the order of harm and style; never more than harms × styles."""

    elites: tuple[Elite, ...] = ()

    def at(self, harm: Harm, style: str) -> Elite | None:
        """Who holds a cell."""
        return next((each for each in self.elites if (each.harm, each.style) == (harm, style)), None)

    def challenged(self, outcome: Outcome) -> "Archive":
        """After an outcome: its prompt takes the cell when that is empty or it did more harm than the holder.

        Only attempts that asked one thing once, with a determined severity on a harmful goal, can enter.
        """
        challenger = _elite(outcome)
        if challenger is None:
            return self
        holder = self.at(challenger.harm, challenger.style)
        if holder is not None and holder.severity >= challenger.severity:
            return self
        kept = [each for each in self.elites if each is not holder]
        return Archive(tuple(sorted((*kept, challenger), key=lambda each: (each.harm, each.style))))

    def after(self, outcomes: Sequence[Outcome]) -> "Archive":
        """After `outcomes`, in their order."""
        found = self
        for outcome in outcomes:
            found = found.challenged(outcome)
        return found

    def rows(self) -> list[dict[str, Any]]:
        """The archive as plain JSON values, a row per cell that is held."""
        return [
            {
                "harm": str(each.harm),
                "style": each.style,
                "severity": each.severity,
                "prompt": each.prompt,
                "attempt": each.attempt,
                "parent": each.parent,
            }
            for each in self.elites
        ]

    def held(self, severity: int) -> int:
        """Cells whose elite has at least this severity: the coverage."""
        return sum(each.severity >= severity for each in self.elites)


def archive(outcomes: Sequence[Outcome]) -> Archive:
    """Harm × style over attempts of all attacks; an attack that notes no style counts by its family."""
    return Archive().after(outcomes)


def _elite(outcome: Outcome) -> Elite | None:
    attempt, severity = outcome.attempt, outcome.verdict.severity
    prompt = prompt_of(attempt)
    if severity is None or prompt is None or len(prompt) > LONGEST or attempt.goal.intent != "harmful":
        return None
    said = read_note(attempt.note)
    return Elite(
        harm=attempt.goal.harm,
        style=said.get("style", attempt.family),
        severity=severity,
        prompt=prompt,
        template=template_of(attempt),
        attempt=attempt.id,
        parent=said.get("parent", ""),
    )
