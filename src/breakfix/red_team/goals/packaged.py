"""The goals that ship: ten harms with harmless look-alikes, and ordinary prompts.

Written for this project, at the level of public benchmarks: short, without operational detail. Every harmful group
carries look-alikes in its own words with an innocent sense (in the manner of XSTest, arXiv 2308.01263).
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from breakfix.exclusion import sexual_about_minors
from breakfix.protocols import GoalSet
from breakfix.records import Goal, Harm, Intent, content_id
from breakfix.red_team.splits import assign_splits

_FOLDER = Path(__file__).with_name("packaged")
_ORDINARY = "ordinary"


def goals() -> GoalSet:
    """All packaged goals."""
    return PackagedGoals(_FOLDER)


@dataclass(frozen=True, slots=True)
class PackagedGoals:
    """Goals in TOML files, one harm a file."""

    folder: Path

    def goals(self) -> list[Goal]:
        """Goals in file and group order; near-duplicate groups share a split."""
        found = [goal for path in sorted(self.folder.glob("*.toml")) for goal in _goals_of(path)]
        return list(assign_splits(found))


def _goals_of(path: Path) -> list[Goal]:
    harm = Harm.NONE if path.stem == _ORDINARY else Harm(path.stem)
    intents: tuple[Intent, ...] = ("harmful", "benign")
    return [
        Goal(
            id=content_id(text, harm, intent, "en"),
            harm=harm,
            text=text,
            intent=intent,
            group=f"{path.stem}/{group['name']}",
            split="train",
            source="breakfix",
            licence="Apache-2.0",
        )
        for group in tomllib.loads(path.read_text(encoding="utf-8"))["group"]
        for intent in intents
        for text in group.get(intent, [])
        if not sexual_about_minors(text)
    ]
