"""Who watches a run: progress and trackers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol


class Tracker(Protocol):
    """Somewhere that a run's numbers are sent to; may raise anything, the run goes on without it."""

    @property
    def name(self) -> str:
        """The plug-in's file name."""
        ...

    def log(self, space: str, values: Mapping[str, float], *, step: int) -> None:
        """Numbers at `step` of the axis of `space`, such as `train/round_01/sft`; connects when first called."""
        ...

    def artifact(self, path: Path) -> None:
        """A small file of figures, such as a card."""
        ...

    def close(self) -> None:
        """Ends the session; a later one goes on with the same run."""
        ...


class Progress(Protocol):
    """Somebody who wants to know how far long work is."""

    def begin(self, title: str, total: int) -> None:
        """A piece of work of `total` items starts."""
        ...

    def advance(self, items: int = 1) -> None:
        """That many more items are done."""
        ...


class Quiet:
    """Progress that nobody watches."""

    def begin(self, title: str, total: int) -> None:
        """Says nothing."""

    def advance(self, items: int = 1) -> None:
        """Says nothing."""
