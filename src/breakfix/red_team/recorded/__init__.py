"""Conversations that other red-team tools recorded, read as attempts: one reader a tool."""

from collections.abc import Callable

from breakfix.red_team.recorded.garak import read_garak
from breakfix.red_team.recorded.jailbreakbench import read_jailbreakbench
from breakfix.red_team.recorded.reading import Recorded, Recording, attempts_of

__all__ = ["READERS", "Recorded", "Recording", "attempts_of", "read_garak", "read_jailbreakbench"]

READERS: dict[str, Callable[..., Recording]] = {"garak": read_garak, "jailbreakbench": read_jailbreakbench}
"""Name of a tool to what reads its file: `(path, bad_rows=share)`."""
