"""Stage 4: the planned attacks are run chunk by chunk, and every attempt is judged."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from breakfix.config import RedTeamSettings
from breakfix.errors import TooManyFailures
from breakfix.protocols import Attack, Judge, Progress, Target
from breakfix.records import Attempt, Exchange, Goal, Sampling, Verdict
from breakfix.red_team.drive import drive
from breakfix.red_team.plan import plan_attempts
from breakfix.store.outcome import StageOutcome
from breakfix.store.rows import append_rows, keep_whole_groups, read_rows

VERSION = 1
ATTEMPTS, VERDICTS, BASELINE = "attempts.jsonl", "verdicts.jsonl", "baseline.jsonl"


def run(
    folder: Path,
    *,
    target: Target,
    judge: Judge,
    baseline: Judge,
    attacks: Sequence[Attack],
    goals: Sequence[Goal],
    adversary: Target | None,
    settings: RedTeamSettings,
    seed: int,
    round_number: int,
    progress: Progress,
) -> StageOutcome:
    """Attacks `target` as planned; writes attempts, verdicts and baseline verdicts in the same order.

    Raises EmptyGoals when nothing can be attacked and TooManyFailures above the settings' share of failures.
    """
    plans = plan_attempts(goals, attacks, settings=settings, seed=seed, round_number=round_number)
    chunks = [plans[i : i + settings.chunk] for i in range(0, len(plans), settings.chunk)]
    done = _resume(folder, [len(chunk) for chunk in chunks])
    progress.begin("red team", len(plans))
    progress.advance(sum(len(chunk) for chunk in chunks[:done]))
    for chunk in chunks[done:]:
        attempts = drive(chunk, target=target, adversary=adversary, sampling=_sampling(settings, seed))
        if all(attempt.failure for attempt in attempts):  # nothing is written, so the next start tries again
            raise _too_many(len(attempts), len(attempts), attempts[0])
        append_rows(folder / ATTEMPTS, attempts)
        append_rows(folder / VERDICTS, verdicts(judge, attempts))
        append_rows(folder / BASELINE, verdicts(baseline, attempts))
        progress.advance(len(chunk))
    return _outcome(folder, settings)


def verdicts(judge: Judge, attempts: Sequence[Attempt]) -> list[Verdict]:
    """One verdict per attempt; a failed attempt is undetermined, with its failure as the reason."""
    exchanges: list[Exchange] = [attempt.exchange for attempt in attempts if attempt.exchange is not None]
    judged = {verdict.exchange: verdict for verdict in judge.judge(exchanges)}
    return [
        judged.get(attempt.id)
        or Verdict(exchange=attempt.id, judge=judge.name, refusal="undetermined", reason=attempt.failure or "")
        for attempt in attempts
    ]


def _resume(folder: Path, sizes: Sequence[int]) -> int:
    """Cuts the three row files back to the chunks that all of them hold as a whole; returns how many these are."""
    files = [folder / name for name in (ATTEMPTS, VERDICTS, BASELINE)]
    whole = min(keep_whole_groups(path, sizes) for path in files)
    for path in files:
        keep_whole_groups(path, sizes[:whole])
    return whole


def _outcome(folder: Path, settings: RedTeamSettings) -> StageOutcome:
    attacks: Counter[str] = Counter()
    personas: Counter[str] = Counter()
    failures = queries = total = 0
    failed: Attempt | None = None
    for attempt in read_rows(folder / ATTEMPTS, Attempt):
        total, queries = total + 1, queries + attempt.queries
        attacks[attempt.attack] += 1
        personas[attempt.persona] += 1
        if attempt.failure is not None:
            failures, failed = failures + 1, attempt
    if failed is not None and failures > settings.failure_share * total:
        raise _too_many(failures, total, failed)
    return StageOutcome(
        outputs=(ATTEMPTS, VERDICTS, BASELINE),
        summary={
            "attempts": total,
            "queries": queries,
            "by_attack": dict(sorted(attacks.items())),
            "by_persona": dict(sorted(personas.items())),
        },
        failures=failures,
    )


def _too_many(failures: int, total: int, example: Attempt) -> TooManyFailures:
    return TooManyFailures(
        f"{failures} of {total} attempts got no reply; for example: {example.failure}",
        where="red_team",
        hint="mend the target and run again (the stage goes on), or raise red_team.failure_share",
    )


def _sampling(settings: RedTeamSettings, seed: int) -> Sampling:
    return Sampling(max_new_tokens=settings.max_new_tokens, seed=seed)
