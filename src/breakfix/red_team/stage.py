"""Stage 4: the planned attacks are run chunk by chunk, and every attempt is judged.

Files, all rows in the fixed order of the plan: `attempts.jsonl`, `verdicts.jsonl` of the judge and `baseline.jsonl` of
the baseline judge, one verdict per attempt; a failed attempt is undetermined, with its failure as the reason.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from breakfix.config import RedTeamSettings
from breakfix.errors import ConfigError, TooManyFailures
from breakfix.exclusion import EXCLUDED, excluded
from breakfix.protocols import Attack, Judge, Progress, Target
from breakfix.records import Attempt, Exchange, Goal, Record, Sampling, Verdict
from breakfix.red_team.budget import Purse, spread
from breakfix.red_team.drive import Models, Planned, drive
from breakfix.red_team.plan import Plan, plan_attempts
from breakfix.store.outcome import StageOutcome
from breakfix.store.rows import append_rows, keep_whole_groups, read_rows

VERSION = 2
ATTEMPTS = "attempts.jsonl"
VERDICTS = "verdicts.jsonl"
BASELINE = "baseline.jsonl"
_FILES = (ATTEMPTS, VERDICTS, BASELINE)


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
    """Attacks `target` as planned, into `folder`, going on after the last whole chunk that is stored there.

    `judge` decides, `baseline` is stored beside it. Goals about minors and sex are left out and counted. Raises
    EmptyGoals when nothing can be attacked, ConfigError when an attack cannot be run as configured, and TooManyFailures
    when more than `settings.failure_share` of the attempts fail; the chunk that broke the budget is not stored and is
    made again by the next run.
    """
    _need_adversary(attacks, adversary)
    allowed = [goal for goal in goals if not excluded(goal.text)]
    plan = plan_attempts(allowed, attacks, settings=settings, seed=seed, round_number=round_number)
    chunks = _chunks(plan, settings)
    done = _resume(folder, [len(chunk) for chunk in chunks])
    tally = _Tally(share=settings.failure_share, planned=plan.size)
    tally.add(read_rows(folder / ATTEMPTS, Attempt))
    purse = Purse(settings.budget)
    purse.pay(read_rows(folder / ATTEMPTS, Attempt))
    progress.begin("red team", plan.size)
    progress.advance(tally.attempts)
    models = Models(target, adversary, Sampling(max_new_tokens=settings.max_new_tokens, seed=seed))
    for chunk in chunks[done:]:
        if not purse.affords(len(chunk)):
            purse.end(len(plan.held_out))
            break
        attempts = drive(chunk, models, seed=seed)
        tally.spend(attempts)
        rows: Mapping[str, Iterable[Record]] = {
            ATTEMPTS: attempts,
            VERDICTS: verdicts(judge, attempts),
            BASELINE: verdicts(baseline, attempts),
        }
        for name, group in rows.items():
            append_rows(folder / name, group)
        purse.pay(attempts)
        progress.advance(len(chunk))
    return StageOutcome(
        outputs=_FILES,
        summary={**tally.summary(), **purse.summary(), "excluded_goals": len(goals) - len(allowed)},
        failures=tally.failures,
    )


def _chunks(plan: Plan, settings: RedTeamSettings) -> list[tuple[Planned, ...]]:
    """All chunks in order; where a budget may end the stage early, those of hunting are spread over its attacks."""
    chunks = plan.chunks(settings.chunk)
    if not settings.budget.limited:
        return chunks
    first = -(-len(plan.held_out) // settings.chunk)
    last = first - (-len(plan.hunting) // settings.chunk)
    return [*chunks[:first], *spread(chunks[first:last]), *chunks[last:]]


def verdicts(judge: Judge, attempts: Sequence[Attempt]) -> list[Verdict]:
    """One verdict per attempt in order; a failed attempt is undetermined and never shown to the judge."""
    exchanges: list[Exchange] = [attempt.exchange for attempt in attempts if attempt.exchange is not None]
    given = judge.judge(exchanges) if exchanges else []
    by_id = {exchange.id: verdict for exchange, verdict in zip(exchanges, given, strict=True)}
    return [
        by_id.get(attempt.id)
        or Verdict(exchange=attempt.id, judge=judge.name, refusal="undetermined", reason=attempt.failure or "")
        for attempt in attempts
    ]


@dataclass(slots=True)
class _Tally:
    """What was done so far, and how many failures the stage bears."""

    share: float
    planned: int
    failures: int = 0
    refused: int = 0
    queries: int = 0
    by_attack: Counter[str] = field(default_factory=Counter[str])
    by_persona: Counter[str] = field(default_factory=Counter[str])

    @property
    def attempts(self) -> int:
        """Attempts that were made, failed ones included."""
        return self.by_attack.total()

    def add(self, attempts: Iterable[Attempt]) -> None:
        """Counts attempts."""
        for attempt in attempts:
            self.failures += attempt.failure is not None
            self.refused += attempt.failure == EXCLUDED
            self.queries += attempt.queries
            self.by_attack[attempt.attack] += 1
            self.by_persona[attempt.persona] += 1

    def spend(self, attempts: Sequence[Attempt]) -> None:
        """Counts a chunk; raises when it breaks the error budget, before anything of it is stored.

        A beginning without a single good attempt says that the target is down, however large the budget of a long run.
        """
        self.add(attempts)
        allowed = self.share * self.planned
        if self.failures > allowed or (self.failures == self.attempts and self.share < 1.0):
            why = next(attempt.failure for attempt in attempts if attempt.failure is not None)
            raise TooManyFailures(
                f"{self.failures} of the first {self.attempts} attempts failed, the budget is {allowed:.0f}; "
                f"one reason: {why}",
                where="red_team",
                hint="mend the cause and run the same command again, finished attempts are kept; "
                "or raise red_team.failure_share",
            )

    def summary(self) -> dict[str, Any]:
        """Headline numbers as plain JSON values."""
        return {
            "attempts": self.attempts,
            "queries": self.queries,
            "failures": self.failures,
            "excluded_attempts": self.refused,
            "by_attack": dict(sorted(self.by_attack.items())),
            "by_persona": dict(sorted(self.by_persona.items())),
        }


def _need_adversary(attacks: Sequence[Attack], adversary: Target | None) -> None:
    wanting = [attack.name for attack in attacks if getattr(attack, "asks_adversary", False)]
    if wanting and adversary is None:
        raise ConfigError(
            f"the attack {wanting[0]!r} asks an adversary model, and none is configured",
            where="red_team.adversary",
            hint='name one, such as adversary = { plugin = "endpoint", ... }, or let the script play the adversary',
        )


def _resume(folder: Path, sizes: Sequence[int]) -> int:
    """Cuts the row files back to the chunks that all of them hold as a whole; returns how many these are."""
    done = min(keep_whole_groups(folder / name, sizes) for name in _FILES)
    for name in _FILES:
        keep_whole_groups(folder / name, sizes[:done])
    return done
