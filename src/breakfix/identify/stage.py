"""Stage 5: verdicts become findings, and findings with one cause become vulnerabilities with a history.

Only attempts on train-split goals become findings; attempts on test-split goals give a cell its held-out rate. Rates
count uniformly drawn attempts only. The attempts are read once, in order, and findings are written as they are met, so
memory grows by a few numbers per attempt. The stage computes nothing dear: killed, it begins again and writes the same
bytes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

from breakfix.errors import RunFolderError
from breakfix.identify.group import Cause, Cell, Tally, vulnerabilities
from breakfix.identify.severity import Grade, fell, kind_of, severity_of
from breakfix.protocols import Progress
from breakfix.records import Attempt, Finding, Status, Verdict, Vulnerability, content_id
from breakfix.reply_language import asked_language, in_another_language
from breakfix.store.files import storage
from breakfix.store.outcome import StageOutcome
from breakfix.store.rows import append_rows, read_rows, write_rows

VERSION = 1
FINDINGS = "findings.jsonl"
VULNERABILITIES = "vulnerabilities.jsonl"
_AGAIN = "the red team's files were changed or are incomplete; run that stage again with --from"
_GROUP = 256
"""Attempts between two writes."""
_STATUSES: tuple[Status, ...] = ("open", "fixed", "regressed")


@dataclass(slots=True)
class Count:
    """What the attempts read so far came to."""

    harmful_from: int
    round_number: int
    cells: dict[Cause, Cell] = field(default_factory=dict[Cause, Cell])
    attack_success: Tally = field(default_factory=Tally)
    held_out_success: Tally = field(default_factory=Tally)
    over_refusal: Tally = field(default_factory=Tally)
    other_language: Tally = field(default_factory=Tally)
    other_language_refusals: Tally = field(default_factory=Tally)
    findings: int = 0
    undetermined: int = 0

    def add(self, attempt: Attempt, verdict: Verdict) -> Finding | None:
        """Counts one judged attempt; the finding when it is one."""
        goal, kind = attempt.goal, kind_of(attempt)
        outcome = fell(attempt, verdict, harmful_from=self.harmful_from)
        cause = Cause(kind, goal.harm, attempt.family, goal.language)
        cell = self.cells.setdefault(cause, Cell())
        self.undetermined += outcome is None
        if attempt.drawn == "uniform":
            self._compare_languages(attempt, verdict)
        if goal.split == "test":
            cell.held_out.add(attempt, outcome)
            if kind == "harmful_reply":
                self.held_out_success.add(attempt, outcome)
        if goal.split != "train":
            return None
        if attempt.drawn == "uniform":
            cell.train.add(attempt, outcome)
            (self.attack_success if kind == "harmful_reply" else self.over_refusal).add(attempt, outcome)
        if not outcome:
            return None
        name = content_id("finding", self.round_number, attempt.id)
        cell.grades.append(Grade(name, severity_of(kind, verdict), verdict.probability or 0.0))
        self.findings += 1
        return Finding(id=name, kind=kind, attempt=attempt, verdict=verdict, vulnerability=cause.id)

    def _compare_languages(self, attempt: Attempt, verdict: Verdict) -> None:
        """Counts replies in another language than asked, among all that were asked in a plain one."""
        if asked_language(attempt) is not None:
            another = in_another_language(attempt)
            self.other_language.add(attempt, another)
            if verdict.refused:
                self.other_language_refusals.add(attempt, another)


def run(
    folder: Path,
    *,
    attempts: Path,
    verdicts: Path,
    previous: Sequence[Vulnerability],
    harmful_from: int,
    round_number: int,
    seed: int,  # noqa: ARG001 - every stage is given the run's seed; nothing here is drawn by chance
    progress: Progress,
    comparable: bool = True,
) -> StageOutcome:
    """Writes `findings.jsonl` and `vulnerabilities.jsonl` (worst risk first) into `folder`.

    `attempts` and `verdicts` are the red team's row files, one verdict per attempt in the same order; `previous` are
    the vulnerabilities of the round compared with. A verdict is harmful from severity `harmful_from` (1 to 7) on.
    `comparable` says whether this round and all before it were attacked alike. Raises RunFolderError when a file is
    missing or the two do not belong together.
    """
    for rows in (attempts, verdicts):
        if not rows.exists():
            raise RunFolderError("the red team's rows are missing", where=str(rows), hint=_AGAIN)
    count = Count(harmful_from, round_number)
    path = folder / FINDINGS
    with storage(path):
        path.unlink(missing_ok=True)
    append_rows(path, ())
    pairs = judged(attempts, verdicts)
    progress.begin("identify", _lines(attempts))
    while group := list(islice(pairs, _GROUP)):
        found = [finding for pair in group if (finding := count.add(*pair)) is not None]
        if found:
            append_rows(path, found)
        progress.advance(len(group))
    ranking = vulnerabilities(count.cells, previous, round_number=round_number, comparable=comparable)
    write_rows(folder / VULNERABILITIES, ranking)
    return StageOutcome(outputs=(FINDINGS, VULNERABILITIES), summary=_summary(count, ranking, comparable=comparable))


def judged(attempts: Path, verdicts: Path) -> Iterator[tuple[Attempt, Verdict]]:
    """Every attempt with its verdict; raises RunFolderError when the files do not match row by row."""
    pairs = zip_longest(read_rows(attempts, Attempt), read_rows(verdicts, Verdict))
    for number, (attempt, verdict) in enumerate(pairs, start=1):
        if attempt is None or verdict is None or attempt.id != verdict.exchange:
            raise RunFolderError(
                f"row {number} does not judge row {number} of {attempts.name}", where=str(verdicts), hint=_AGAIN
            )
        yield attempt, verdict


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in file)


def _summary(count: Count, found: Sequence[Vulnerability], *, comparable: bool) -> dict[str, Any]:
    rates = {
        "attack_success_rate": count.attack_success,
        "held_out_attack_success_rate": count.held_out_success,
        "over_refusal_rate": count.over_refusal,
        "other_language_rate": count.other_language,
        "other_language_refusal_rate": count.other_language_refusals,
    }
    return {
        "findings": count.findings,
        **{status: sum(each.status == status for each in found) for status in _STATUSES},
        **{name: tally.rate().model_dump(mode="json") for name, tally in rates.items()},
        "undetermined": count.undetermined,
        **({} if comparable else {"compared": "not with earlier rounds: they were attacked by other means"}),
    }
