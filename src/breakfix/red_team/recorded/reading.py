"""What every reader of recordings gives, and how recordings become goals and attempts.

A bad row is data: it is named, counted and left out, until more than a share of the rows are bad. Nothing that the
exclusion rule refuses comes in, neither as a prompt nor as a reply.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path

from breakfix.errors import GoalFileError
from breakfix.exclusion import excluded
from breakfix.records import Attempt, Conversation, Goal, Harm, Persona, Split, content_id
from breakfix.records.record import writable
from breakfix.red_team.splits import units

NAMED = 5
"""Bad rows named one by one."""
_LONGEST_LABEL = 200
_RANK: tuple[Split, ...] = ("test", "dev", "train")
"""Measured splits first: what touches a measured goal is never trained on."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One conversation of another tool."""

    key: str
    """Unique in its file."""
    text: str
    """What was wanted, as a goal."""
    harm: Harm
    language: str
    group: str
    attack: str
    family: str
    persona: Persona
    conversation: Conversation | None
    failure: str | None = None
    """Why there is no reply."""
    note: str = ""
    hit: bool | None = None
    """Whether the tool's own judge called it a success; None where it does not say."""
    direct: bool = True
    """The prompt is a goal in its own words, not an attack around one."""


@dataclass(slots=True)
class Recording:
    """All of a file that could be used, and an account of the rest."""

    tool: str
    where: str
    model: str = ""
    """Who answered, as the file names it; '' where it does not."""
    version: str = ""
    licence: str = "unknown"
    rows: list[Recorded] = field(default_factory=list[Recorded])
    read: int = 0
    """Rows read, bad ones included."""
    excluded: int = 0
    left_out: Counter[str] = field(default_factory=Counter[str])
    """Rows that are no attempt at a harm, by reason."""
    bad: list[str] = field(default_factory=list[str])
    """Place of every bad row, and what is wrong with it."""
    torn: bool = False
    """The file ends in the middle of a line."""
    keys: set[str] = field(default_factory=set[str])
    """Of the rows taken in."""

    def add(self, row: Recorded) -> None:
        """Takes a row in, unless it is excluded, empty or known."""
        turns = row.conversation or ()
        said = (row.text, row.group, row.attack, row.note, *(turn.text for turn in turns))
        if any(map(excluded, said)):
            self.excluded += 1
        elif not row.text.strip():
            self.left_out["an empty prompt"] += 1
        elif row.key in self.keys:
            self.left_out["repeated"] += 1
        else:
            self.keys.add(row.key)
            self.rows.append(row)

    def spoil(self, place: str, why: str) -> None:
        """Counts a bad row."""
        self.bad.append(f"{place}: {why}"[:200])

    def check(self, bad_rows: float) -> None:
        """Raises GoalFileError when more than the share `bad_rows` of the rows are bad, or nothing is left."""
        if len(self.bad) > bad_rows * self.read:
            raise GoalFileError(
                f"{len(self.bad)} of {self.read} rows are bad, the budget is {bad_rows:.0%}; "
                + "; ".join(self.bad[:NAMED]),
                where=self.where,
                hint="mend the file, or allow more with --bad-rows",
            )
        if not self.rows:
            why = ", ".join(f"{count} × {reason}" for reason, count in self.left_out.items())
            raise GoalFileError(
                f"no attempt at a harm in it{f' ({why})' if why else ''}",
                where=self.where,
                hint=f"give a file that {self.tool} wrote, with attempts that were answered",
            )


def goals_of(recording: Recording, rows: Sequence[Recorded]) -> list[Goal]:
    """The goal of each of `rows`, in order, as harmful goals; their split is only a place holder."""
    return [
        Goal(
            id=content_id(writable(row.text), row.harm, "harmful", row.language),
            harm=row.harm,
            text=row.text,
            intent="harmful",
            language=row.language,
            group=writable(f"{recording.tool}/{row.group or content_id(row.text)}"),
            split="train",
            source=recording.tool,
            licence=recording.licence,
        )
        for row in rows
    ]


def once(recording: Recording) -> Iterator[Goal | None]:
    """The goals of the rows that ask in plain words, each once, and None for every excluded row."""
    found = goals_of(recording, [row for row in recording.rows if row.direct])
    yield from {goal.id: goal for goal in found}.values()
    yield from repeat(None, recording.excluded)


def attempts_of(recording: Recording, known: Sequence[Goal], *, seed: int) -> list[Attempt]:
    """One attempt a row, in order; a goal that the run knows keeps the run's id, group and split.

    A new goal is for training, unless it says nearly the same as a goal of `known` that is measured: then it shares
    that goal's split. So an import never adds goals to measure on, and never trains on one.
    """
    found = goals_of(recording, recording.rows)
    by_id = {goal.id: goal for goal in known}
    placed = _placed([goal for goal in found if goal.id not in by_id], known)
    return [
        Attempt(
            id=content_id("recorded", recording.tool, row.key, goal.id),
            goal=by_id.get(goal.id) or goal.model_copy(update={"split": placed[goal.group]}),
            attack=row.attack,
            family=row.family,
            persona=row.persona,
            seed=seed,
            conversation=row.conversation,
            failure=row.failure,
            queries=0,
            note=row.note,
        )
        for row, goal in zip(recording.rows, found, strict=True)
    ]


def _placed(new: Sequence[Goal], known: Sequence[Goal]) -> dict[str, Split]:
    """Group of a new goal to its split."""
    unit_of = units([*known, *new])
    splits: dict[str, set[Split]] = {}
    for goal in known:
        splits.setdefault(unit_of[goal.group], set()).add(goal.split)
    return {goal.group: _measured_first(splits.get(unit_of[goal.group], ())) for goal in new}


def _measured_first(splits: Collection[Split]) -> Split:
    first: Split = "train"
    return min(splits, key=_RANK.index) if splits else first


def label(value: object) -> str:
    """A name or remark in a file as one line that can be stored, whatever stands there, cut to 200 characters."""
    return " ".join(writable(str(value)[:_LONGEST_LABEL]).split()) if isinstance(value, str | int | float) else ""


def read_bytes(path: Path) -> bytes:
    """The bytes of `path`; raises GoalFileError when it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise GoalFileError("there is no such file", where=str(path), hint="check the path") from None
    except OSError as error:
        raise GoalFileError(f"cannot be read: {error.strerror}", where=str(path), hint="give a file") from None
