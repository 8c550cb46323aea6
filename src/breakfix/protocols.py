"""What a target, judge, attack, goal set, suite, source and trainer must be: small contracts, no behaviour."""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Literal, Protocol, runtime_checkable

from breakfix.records import (
    Attempt,
    Conversation,
    Dropped,
    Exchange,
    Goal,
    Message,
    Metric,
    Persona,
    PreferencePair,
    Reply,
    Sampling,
    SftRow,
    TrainingStep,
    Verdict,
)

Identity = Mapping[str, str | int | float | bool | None]
"""What makes a part's output its own (weights digest, engine, dtype, version, options); goes into fingerprints."""


class Target(Protocol):
    """The model under test, or a helper model."""

    @property
    def name(self) -> str:
        """Short name for tables, such as `starter`."""
        ...

    @property
    def identity(self) -> Identity:
        """Everything that can change a reply, except the sampling."""
        ...

    def reply(self, conversations: Sequence[Conversation], sampling: Sampling) -> list[Reply]:
        """One reply per conversation, in the same order; a reply that could not be had has `finish="failed"`."""
        ...


@dataclass(frozen=True, slots=True)
class LogLikelihood:
    """How likely a target finds an answer."""

    total: float
    """Sum of the answer tokens' natural log-probabilities."""
    tokens: int


@runtime_checkable
class ScoringTarget(Protocol):
    """A target that can also score given answers (local models can, most endpoints cannot)."""

    def log_likelihoods(self, prompts: Sequence[Conversation], answers: Sequence[str]) -> list[LogLikelihood]:
        """The log-likelihood of `answers[i]` as the assistant turn after `prompts[i]`, in the same order."""
        ...


class Judge(Protocol):
    """Answers two questions about an exchange: was it refused, and how harmful is the reply."""

    @property
    def name(self) -> str:
        """Short name that stands beside every number of this judge."""
        ...

    @property
    def identity(self) -> Identity:
        """Everything that can change a verdict."""
        ...

    def judge(self, exchanges: Sequence[Exchange]) -> list[Verdict]:
        """One verdict per exchange, in the same order."""
        ...


@runtime_checkable
class FittedJudge(Protocol):
    """A judge that knows which labels it was fitted on."""

    @property
    def fitted_on(self) -> frozenset[str]:
        """SHA-256 of each file of labels."""
        ...


@dataclass(frozen=True, slots=True)
class Ask:
    """What an attack wants said next: the whole conversation so far, ending in a user turn."""

    conversation: Conversation
    to: Literal["target", "adversary"] = "target"
    sampling: Sampling | None = None
    """How the reply is to be drawn; None is the stage's own sampling."""
    note: str = ""
    """Which choice the attack made, such as a technique; the last note that is not blank is kept in the attempt."""


class GaveUp(Exception):
    """Raised inside an attack that cannot go on, with the reason; becomes the attempt's failure."""


Dialogue = Generator[Ask, Message, Conversation]
"""An attack under way: yields what to ask, is sent the assistant's answer, returns the final conversation."""


class Attack(Protocol):
    """A way to pursue a goal in one or more turns; a generator without I/O."""

    @property
    def name(self) -> str:
        """The plug-in's file name."""
        ...

    @property
    def family(self) -> str:
        """Attacks of one family share a cause when they succeed, such as `encoding`."""
        ...

    @property
    def persona(self) -> Persona:
        """The least skilled adversary who would use it."""
        ...

    def __call__(self, goal: Goal, rng: Random) -> Dialogue:
        """Begins the attack on `goal`; all chance comes from `rng`."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt went."""

    attempt: Attempt
    verdict: Verdict


@runtime_checkable
class LearningAttack(Protocol):
    """An attack that learns from what it and others did; it only ever hunts and never measures.

    It is a frozen value all the same: what it learnt is a new attack, so that a killed stage gets there again by
    reading its rows.
    """

    def after(self, outcomes: Sequence[Outcome]) -> Attack:
        """The attack once it has also seen `outcomes` (of all attacks, on train goals, in the order of the plan)."""
        ...


@dataclass(frozen=True, slots=True)
class SuiteItem:
    """One item of a suite: a prompt to answer, or a question with choices."""

    goal: Goal
    """The prompt with its harm, group and split; for a choice item the question."""
    choices: tuple[str, ...] = ()
    answer: int | None = None
    """Index of the right choice."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A suite item with what the target made of it."""

    item: SuiteItem
    reply: Reply | None
    """None for choice items."""
    verdict: Verdict | None
    likelihoods: tuple[LogLikelihood, ...] = ()
    """One per choice."""


@dataclass(frozen=True, slots=True)
class Suite:
    """A benchmark as a frozen value."""

    name: str
    version: int
    """Goes up whenever items or scoring change."""
    caption: str
    source: str
    licence: str
    mode: Literal["reply", "choice"]
    items: tuple[SuiteItem, ...]
    metrics: tuple[Metric, ...]
    score: Callable[[Answered], dict[str, float | None]]
    """Metric name to value of one answered item; None is undetermined."""
    judged: bool = True
    """Whether `score` reads the verdict."""


class GoalSet(Protocol):
    """Goals from somewhere: the package, a file, a hub."""

    def goals(self) -> Sequence[Goal]:
        """All goals of the set, in a fixed order; raises GoalFileError on a bad row."""
        ...


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
