"""What a stage hands back to the cycle, which then writes the manifest."""

from typing import Any

from breakfix.records import Record


class StageOutcome(Record):
    """A finished stage's files and headline numbers."""

    outputs: tuple[str, ...]
    """Paths of what it wrote, relative to its folder."""
    summary: dict[str, Any]
    """Headline numbers for `status` and the manifest; plain JSON values."""
    failures: int = 0
    """Bad items that were recorded and left out."""
