"""Stage 4 from recordings: another tool's conversations are judged by this run's judges.

The files are those of an attacked stage, so that everything after it works alike. A killed import goes on after its
last whole chunk. What the tool itself called a hit is only counted beside the judge's verdict, never taken over.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from breakfix.errors import UsageError
from breakfix.protocols import Judge, Progress
from breakfix.records import Attempt, Verdict
from breakfix.red_team.recorded.reading import NAMED, Recording
from breakfix.red_team.stage import ATTEMPTS, BASELINE, VERDICTS, verdicts
from breakfix.store.outcome import StageOutcome
from breakfix.store.rows import append_rows, keep_whole_groups, read_rows

VERSION = 1
IMPORTED = "imported"
"""Part of a stage's fingerprint that another tool's recordings were the source of."""
FILES = (ATTEMPTS, VERDICTS, BASELINE)


def run(
    folder: Path,
    *,
    recording: Recording,
    attempts: Sequence[Attempt],
    judge: Judge,
    baseline: Judge,
    harmful_from: int,
    chunk: int,
    progress: Progress,
) -> StageOutcome:
    """Writes `attempts`, which are the rows of `recording` in order, and the verdicts on them into `folder`."""
    chunks = [attempts[start : start + chunk] for start in range(0, len(attempts), chunk)]
    sizes = [len(each) for each in chunks]
    done = min(keep_whole_groups(folder / name, sizes) for name in FILES)
    for name in FILES:
        keep_whole_groups(folder / name, sizes[:done])
    progress.begin("judging", len(attempts))
    progress.advance(sum(sizes[:done]))
    for each in chunks[done:]:
        append_rows(folder / ATTEMPTS, each)
        append_rows(folder / VERDICTS, verdicts(judge, each))
        append_rows(folder / BASELINE, verdicts(baseline, each))
        progress.advance(len(each))
    failures = sum(attempt.failure is not None for attempt in attempts)
    return StageOutcome(
        outputs=FILES,
        summary={
            "attempts": len(attempts),
            "queries": 0,
            "failures": failures,
            "by_attack": dict(sorted(Counter(attempt.attack for attempt in attempts).items())),
            "by_split": dict(sorted(Counter(attempt.goal.split for attempt in attempts).items())),
            "agreement": _beside(recording, list(read_rows(folder / VERDICTS, Verdict)), harmful_from),
            **account(recording),
        },
        failures=failures + len(recording.bad),
    )


def unfinished(folder: Path) -> StageOutcome:
    """Raises UsageError: an import that was killed can only go on where its file is."""
    raise UsageError(
        "the import of recorded attempts was not finished",
        where=str(folder),
        hint="run the same `breakfix import` again, or attack anew with --from",
    )


def account(recording: Recording) -> dict[str, Any]:
    """What was read and what became of the rest, as plain JSON values."""
    return {
        "tool": recording.tool,
        "tool_version": recording.version,
        "answered_by": recording.model,
        "rows_read": recording.read,
        "excluded_attempts": recording.excluded,
        "left_out": dict(sorted(recording.left_out.items())),
        "bad_rows": len(recording.bad),
        "first_bad_rows": recording.bad[:NAMED],
        "torn": recording.torn,
    }


def _beside(recording: Recording, judged: Sequence[Verdict], harmful_from: int) -> dict[str, int]:
    """How the tool's own judge and this one came out on the conversations that both decided."""
    counts: Counter[str] = Counter()
    for row, verdict in zip(recording.rows, judged, strict=True):
        harmful = verdict.harmful(harmful_from)
        if row.hit is not None and harmful is not None and row.conversation is not None:
            counts[f"tool {'hit' if row.hit else 'no hit'}, judge {'harmful' if harmful else 'not harmful'}"] += 1
    return dict(sorted(counts.items()))
