"""Goals from a jailbreak artifact of JailbreakBench: its misuse behaviours, each once."""

from pathlib import Path

from breakfix.protocols import GoalSet
from breakfix.red_team.goal_sets import Goals
from breakfix.red_team.recorded.jailbreakbench import read_jailbreakbench
from breakfix.red_team.recorded.reading import once


def goals(*, path: str, bad_rows: float = 0.05) -> GoalSet:
    """The goals of an artifact (arXiv 2404.01318, MIT), grouped by behaviour; its prompts are left to other attacks.

    Args:
        path: A JSON file with `parameters` and `jailbreaks`.
        bad_rows: Share of its entries that may be malformed.
    """
    return Goals(read=lambda: once(read_jailbreakbench(Path(path).expanduser(), bad_rows=bad_rows)))
