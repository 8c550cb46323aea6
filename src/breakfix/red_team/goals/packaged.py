"""The goals that ship: ten harms with harmless look-alikes, and ordinary prompts.

Written for this project, at the level of public benchmarks: short, without operational detail. Every harmful group
carries look-alikes in its own words with an innocent sense (in the manner of XSTest, arXiv 2308.01263).
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path

from breakfix.protocols import GoalSet
from breakfix.records import Goal, Harm, Intent, content_id
from breakfix.red_team.goal_sets import Goals

_FOLDER = Path(__file__).with_name("packaged")
_ORDINARY = "ordinary"
_INTENTS: tuple[Intent, ...] = ("harmful", "benign")


def goals() -> GoalSet:
    """All packaged goals, in file and group order."""
    return Goals(_read)


def _read() -> Iterator[Goal]:
    for path in sorted(_FOLDER.glob("*.toml")):
        harm = Harm.NONE if path.stem == _ORDINARY else Harm(path.stem)
        for group in tomllib.loads(path.read_text(encoding="utf-8"))["group"]:
            for intent in _INTENTS:
                for text in group.get(intent, ()):
                    yield Goal(
                        id=content_id(text, harm, intent, "en"),
                        harm=harm,
                        text=text,
                        intent=intent,
                        group=f"{path.stem}/{group['name']}",
                        split="train",
                        source="breakfix",
                        licence="Apache-2.0",
                    )
