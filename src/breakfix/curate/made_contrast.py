"""Look-alikes that are made where nobody wrote any: by a generator, and from templates.

A goal set of a user may bring harm alone. Without contrast the mix would teach to refuse a way of asking, so every
goal that fell and has no look-alike in its group gets some; where they are scarce as a whole, every harmful goal does.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from breakfix.canonical import canonical
from breakfix.config import CurateSettings
from breakfix.curate.contrast_frames import TEMPLATE, framed_goals
from breakfix.curate.contrast_writer import asked_look_alikes, written_look_alikes
from breakfix.curate.distill import Distiller
from breakfix.curate.drafts import Draft
from breakfix.protocols import Judge, Progress, Target
from breakfix.records import DistilledAnswer, Dropped, Finding, Goal, Provenance, content_id


@dataclass(frozen=True, slots=True)
class Made:
    """Look-alikes that were made, the better ones first, and what went wrong."""

    goals: tuple[Goal, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    replies: tuple[DistilledAnswer, ...] = ()
    """What the generator said."""

    @property
    def counts(self) -> dict[str, int]:
        """How many came from where."""
        templates = sum(goal.source == TEMPLATE for goal in self.goals)
        return {"generated": len(self.goals) - templates, "template": templates}


@dataclass(frozen=True, slots=True)
class Maker:
    """What it takes to make look-alikes."""

    settings: CurateSettings
    judge: Judge
    seed: int
    round_number: int
    progress: Progress
    generator: Target | None = None

    def make(self, folder: Path, goals: Sequence[Goal], findings: Sequence[Finding]) -> Made:
        """Look-alikes for those of `goals` that lack them; what a generator says is kept in `folder`.

        Raises TooManyFailures when more of the generator's replies fail than the error budget allows.
        """
        lacking = self.lacking(goals, findings)
        fell = {finding.attempt.goal.id for finding in findings if finding.kind == "harmful_reply"}
        written = self._written(folder, [goal for goal in lacking if goal.id in fell], goals, findings)
        return Made((*written.goals, *framed_goals(lacking, self.seed)), written.dropped, written.replies)

    def lacking(self, goals: Sequence[Goal], findings: Sequence[Finding]) -> list[Goal]:
        """The harmful goals of the train split that want look-alikes, in an order of their own, those that fell first.

        While the hand-written look-alikes can fill the mix, these are the goals of groups that fell and have none.
        """
        train = [goal for goal in goals if goal.split == "train"]
        by_hand = [goal.group for goal in train if goal.look_alike]
        scarce = len(by_hand) < math.ceil(self.settings.sft_rows * self.settings.look_alike_share)
        fell = {finding.attempt.goal.group for finding in findings if finding.kind == "harmful_reply"}
        wanted = fell.difference(by_hand)
        lacking = [goal for goal in train if goal.intent == "harmful" and (scarce or goal.group in wanted)]
        return sorted(lacking, key=lambda goal: (goal.group not in fell, content_id(self.seed, "curate/made", goal.id)))

    def _written(
        self, folder: Path, lacking: Sequence[Goal], goals: Sequence[Goal], findings: Sequence[Finding]
    ) -> Made:
        if self.generator is None or not lacking:
            return Made()
        self.progress.begin("writing look-alikes", len(lacking))
        distiller = Distiller(
            folder,
            self.generator,
            self.judge,
            known={},
            settings=self.settings,
            progress=self.progress,
            asking=asked_look_alikes(),
        )
        results = list(
            written_look_alikes(
                lacking,
                distiller,
                self._causes(findings, self.generator.name),
                name=self.generator.name,
                avoid=frozenset(canonical(goal.text) for goal in goals if goal.intent == "harmful"),
                chunk=self.settings.chunk,
            )
        )
        return Made(
            goals=tuple(result for result in results if isinstance(result, Goal)),
            dropped=tuple(result for result in results if isinstance(result, Dropped)),
            replies=tuple(distiller.all),
        )

    def _causes(self, findings: Sequence[Finding], name: str) -> dict[str, Provenance]:
        by_goal: dict[str, list[Finding]] = defaultdict(list)
        for finding in findings:
            by_goal[finding.attempt.goal.id].append(finding)
        return {
            goal: Provenance(
                source=name,
                row=goal,
                licence=found[0].attempt.goal.licence,
                operation="contrast",
                repairs=tuple(sorted({finding.vulnerability for finding in found})),
                findings=tuple(sorted(finding.id for finding in found)),
                written_by=name,
                round=self.round_number,
            )
            for goal, found in by_goal.items()
        }


def without_contrast(findings: Sequence[Finding], drafts: Sequence[Draft]) -> int:
    """How many vulnerabilities with harmful replies have no look-alike among `drafts`."""
    met = {name for draft in drafts if draft.goal.look_alike for name in draft.provenance.repairs}
    fell = {finding.vulnerability for finding in findings if finding.kind == "harmful_reply"}
    return len(fell - met)
