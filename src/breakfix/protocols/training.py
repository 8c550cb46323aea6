"""Training data and trainers."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from breakfix.records import Dropped, Goal, PreferencePair, SftRow, TrainingStep

SourceRow = SftRow | PreferencePair | Goal | Dropped
"""What a source makes of one row of its data: an answered prompt, a pair, a prompt whose answer is still to be written
(a harmful one is refused, a harmless one answered), or the record of why the row says nothing."""


class Source(Protocol):
    """Ready-made training data from somewhere else."""

    def rows(self) -> Iterable[SourceRow]:
        """One record per row of the data, streamed: none is left out in silence.

        A harmful text is never an answer or a `chosen`, only ever a `rejected`. The provenance of every record names
        the row and its licence. Raises ConfigError when the data have not the columns that the source wants.
        """
        ...


StepLog = Callable[[TrainingStep], None]


class Trainer(Protocol):
    """Turns rows into a checkpoint; runs inside the training job's own process."""

    def sft(self, rows: Sequence[SftRow], start: Path, out: Path, log: StepLog) -> Path:
        """Supervised fine-tuning from checkpoint folder `start`; returns the new checkpoint folder below `out`."""
        ...

    def dpo(self, pairs: Sequence[PreferencePair], start: Path, out: Path, log: StepLog) -> Path:
        """Preference training from checkpoint folder `start`; returns the new checkpoint folder below `out`."""
        ...


@dataclass(frozen=True, slots=True)
class Pauses:
    """Where a phase shall stop and be looked at before it goes on."""

    shares: tuple[float, ...]
    """Shares of the phase's steps, ascending, each between 0 and 1."""
    ask: Callable[[Literal["sft", "dpo"], float, int, Callable[[Path], None]], bool]
    """Told phase, share, step and how to write the model as it is then (a folder to `model/` in it, and `adapter/` if
    there is one); returns, perhaps after minutes, whether to go on. Every process of a job must call it."""


@runtime_checkable
class PausingTrainer(Protocol):
    """A trainer that can stop in the middle of a phase and leave a whole checkpoint."""

    def pausing(self, pauses: Pauses) -> Trainer:
        """The same trainer, pausing."""
        ...
