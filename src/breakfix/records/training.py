"""Training records: rows, preference pairs, their provenance, and what was dropped."""

from typing import Literal

from pydantic import Field

from breakfix.records.chat import Conversation
from breakfix.records.findings import Intent
from breakfix.records.harms import Harm
from breakfix.records.record import Record

Operation = Literal["repair", "recovery", "contrast", "general", "replay", "source", "attack"]


class Provenance(Record):
    """Why a row exists: where it comes from and which vulnerabilities it repairs."""

    source: str
    """Goal set, file or model that the prompt comes from."""
    row: str
    """Key within the source: a goal id or a row number."""
    licence: str
    operation: Operation
    """`repair` mends a finding, `recovery` turns back amid a harmful reply, `contrast` answers a look-alike,
    `general` keeps the model helpful; `attack` teaches an attacker model, never the target."""
    repairs: tuple[str, ...] = ()
    """Vulnerability ids; several after duplicates were merged."""
    findings: tuple[str, ...] = ()
    """Finding ids that caused the row."""
    written_by: str
    """Who wrote the answer: `template`, `self:<target>`, `teacher:<target>` or `dataset`. A prompt that was made
    says so in `source`: `template` or `generator:<target>`."""
    round: int


class SftRow(Record):
    """A prompt and the one answer to learn."""

    id: str
    prompt: Conversation
    """Ends with the user's turn; or with the opening words of the assistant's own turn, which `answer` goes on from and
    which are not learnt."""
    answer: str
    harm: Harm
    intent: Intent
    group: str
    complete: bool = True
    """False when the answer was cut at a length limit: training then leaves out its end-of-turn token, so that the
    model does not learn to stop there."""
    provenance: Provenance


class PreferencePair(Record):
    """A prompt with the answer to prefer and the answer to avoid."""

    id: str
    prompt: Conversation
    chosen: str
    rejected: str
    harm: Harm
    intent: Intent
    group: str
    complete: bool = True
    """False when the chosen answer was cut at a length limit, as in `SftRow`."""
    provenance: Provenance


class Dropped(Record):
    """A row that did not enter the mix, and why."""

    id: str
    kind: Literal["sft", "pair"]
    reason: str
    """Short machine-readable name, such as `duplicate`, `contaminated`, `length`."""
    detail: str
    provenance: Provenance


class DistilledAnswer(Record):
    """What a model wrote for a goal (a helpful answer, a refusal, look-alikes), or why it cannot be used."""

    goal: str
    """Id of the goal whose text is the prompt."""
    prompt: str
    answer: str | None
    """As the model wrote it; None when it cannot be used, see `dropped`."""
    finish: Literal["stop", "length", "failed"]
    """How the reply ended, as in `Reply`; judged by the text's own ending for an answer taken over as mere text."""
    dropped: str | None = None
    """Why the answer cannot be used: `failed`, `blank`, `incoherent`, `refused`, `undetermined` or `harmful`; for a
    refusal also `not_a_refusal`, `cut`, `short`, `long`, `language`, `quotes` or `no_support`."""
    reused: bool = False
    """Taken over from an earlier round instead of generated."""


class TrainingStep(Record):
    """One logged step of a training job."""

    phase: Literal["sft", "dpo"]
    step: int
    epoch: float
    loss: float
    learning_rate: float | None = None
    values: dict[str, float] = Field(default_factory=dict)
    """Everything else the trainer logged, such as `rewards/margins`."""


class Exposure(Record):
    """What the optimiser saw of one row at one place of the training order, or why it never saw it."""

    phase: Literal["sft", "dpo"]
    position: int | None
    """Place in the training order, from 0; None for a dropped row. Step = position // batch size + 1."""
    epoch: int | None
    """Pass over the data, from 0; None for a dropped row."""
    id: str
    """Id of the SFT row or pair."""
    prompt_tokens: int
    completion_tokens: int
    """Tokens of the answer, or of the chosen answer of a pair, its end mark included."""
    rejected_tokens: int | None = None
    """Tokens of the rejected answer of a pair."""
    truncated: bool = False
    dropped_reason: str | None = None
    """`length`, `empty`, `identical`, `special_token`, `roles`, `template`, or `intent` (of no use to the
    trainer)."""
