"""Stage 4: the scheduled attacks are run chunk by chunk, and every attempt is judged.

Nothing is kept of an attempt but what it adds to a few counts, so memory does not grow with their number. Files, all
rows in the order of the schedule: `attempts.jsonl`, `verdicts.jsonl` of the judge and `baseline.jsonl` of
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
from breakfix.protocols import Attack, Judge, Outcome, Progress, Target
from breakfix.records import NOT_APPLICABLE, Attempt, Exchange, Goal, Record, Sampling, Verdict
from breakfix.red_team.adversary import script_helped
from breakfix.red_team.budget import Purse
from breakfix.red_team.contenders import asks_adversary
from breakfix.red_team.drive import Models, drive
from breakfix.red_team.learning import Learners
from breakfix.red_team.plan import Plan, plan_attempts
from breakfix.red_team.schedule import Adaptive, Chunk, Part, Schedule, Uniform
from breakfix.red_team.stored import StoredRows
from breakfix.store.outcome import StageOutcome
from breakfix.store.rows import append_rows

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
    harmful_from: int = 2,
    experience: Iterable[Outcome] = (),
) -> StageOutcome:
    """Attacks `target` as scheduled, into `folder`, going on after the last whole chunk that is stored there.

    `judge` decides, `baseline` is stored beside it. A reply is harmful from severity `harmful_from` (1 to 7) on;
    `experience` are the hunting outcomes of earlier rounds, in order, for attacks that learn.
    Goals about minors and sex are left out and counted. Raises EmptyGoals when nothing can be attacked, ConfigError
    when an attack cannot be run as configured, RunFolderError when rows of another plan are stored, and TooManyFailures
    when more than `settings.failure_share` of the attempts fail; the chunk that broke the budget is not stored and is
    made again by the next run.
    """
    _need_adversary(attacks, adversary)
    allowed = [goal for goal in goals if not excluded(goal.text)]
    plan = plan_attempts(allowed, attacks, settings=settings, seed=seed, round_number=round_number)
    schedule = _schedule(plan, settings, harmful_from=harmful_from, round_number=round_number)
    tally = _Tally(share=settings.failure_share, planned=plan.size)
    models = Models(target, adversary, Sampling(max_new_tokens=settings.max_new_tokens, seed=seed))
    bench = _Bench(folder, Learners(attacks, experience), StoredRows(folder, _FILES), models, (judge, baseline), seed)
    purse = Purse(settings.budget)
    progress.begin("red team", plan.size)
    for chunk in schedule.chunks():
        if not purse.affords(len(chunk.attempts)):
            purse.end(len(plan.held_out))
            break
        outcomes = bench.outcomes(chunk, tally)
        if chunk.part == "hunting":
            schedule.learn(outcomes)
            bench.learners.learn(outcomes)
        purse.pay(each.attempt for each in outcomes)
        progress.advance(len(outcomes))
    bench.stored.cut()
    return StageOutcome(
        outputs=_FILES,
        summary={
            **tally.summary(),
            **purse.summary(),
            "excluded_goals": len(goals) - len(allowed),
            **_notes(plan, tally, ended=purse.ended_by is not None),
            **_hunters(attacks, bench.learners, evolving=settings.attacker.evolve),
        },
        failures=tally.failures,
    )


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


@dataclass(frozen=True, slots=True)
class _Bench:
    """What turns a chunk into stored outcomes."""

    folder: Path
    learners: Learners
    stored: StoredRows
    models: Models
    judges: tuple[Judge, Judge]
    """The one that decides, and the baseline."""
    seed: int

    def outcomes(self, chunk: Chunk, tally: "_Tally") -> list[Outcome]:
        """The chunk's outcomes, read where they are stored, else made, judged and stored; counted either way."""
        outcomes = self.stored.take([each.id for each in chunk.attempts])
        if outcomes is None:
            made = drive(self.learners.equip(chunk.attempts), self.models, seed=self.seed)
            attempts = [each.model_copy(update={"drawn": chunk.drawn}) for each in made]
            tally.spend(attempts)
            judged, baseline = (verdicts(judge, attempts) for judge in self.judges)
            outcomes = _store(self.folder, attempts, judged, baseline)
        else:
            tally.add(each.attempt for each in outcomes)
        tally.parts[chunk.part] += len(outcomes)
        return outcomes


@dataclass(slots=True)
class _Tally:
    """What was done so far, and how many failures the stage bears."""

    share: float
    planned: int
    failures: int = 0
    refused: int = 0
    inapplicable: int = 0
    """Attempts whose attack found no valid way to put the goal; no failures."""
    queries: int = 0
    by_attack: Counter[str] = field(default_factory=Counter[str])
    by_persona: Counter[str] = field(default_factory=Counter[str])
    fallbacks: Counter[str] = field(default_factory=Counter[str])
    """Per attack: attempts in which the script wrote a line that the adversary was asked for."""
    drawn: Counter[str] = field(default_factory=Counter[str])
    parts: Counter[Part] = field(default_factory=Counter[Part])

    @property
    def attempts(self) -> int:
        """Attempts that were made, failed ones included."""
        return self.by_attack.total()

    def add(self, attempts: Iterable[Attempt]) -> None:
        """Counts attempts."""
        for attempt in attempts:
            self.inapplicable += attempt.failure == NOT_APPLICABLE
            self.failures += attempt.failure not in (None, NOT_APPLICABLE)
            self.refused += attempt.failure == EXCLUDED
            self.queries += attempt.queries
            self.by_attack[attempt.attack] += 1
            self.by_persona[attempt.persona] += 1
            self.fallbacks[attempt.attack] += script_helped(attempt.note)
            self.drawn[attempt.drawn] += 1

    def spend(self, attempts: Sequence[Attempt]) -> None:
        """Counts a chunk; raises when it breaks the error budget, before anything of it is stored.

        A beginning without a single good attempt says that the target is down, however large the budget of a long run;
        attempts in which there was nothing to ask say nothing of it.
        """
        self.add(attempts)
        allowed = self.share * self.planned
        none_good = self.failures > 0 and self.failures + self.inapplicable == self.attempts
        if self.failures > allowed or (none_good and self.share < 1.0):
            reasons = (each.failure for each in attempts if each.failure not in (None, NOT_APPLICABLE))
            why = next(reasons, "see the rows that are stored")  # a lower failure_share may meet failures of before
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
            "inapplicable_attempts": self.inapplicable,
            "by_attack": dict(sorted(self.by_attack.items())),
            "by_persona": dict(sorted(self.by_persona.items())),
            "script_fallbacks": dict(sorted((+self.fallbacks).items())),
        }


def _need_adversary(attacks: Sequence[Attack], adversary: Target | None) -> None:
    wanting = [attack.name for attack in attacks if asks_adversary(attack)]
    if wanting and adversary is None:
        raise ConfigError(
            f"the attack {wanting[0]!r} asks an adversary model, and none is configured",
            where="red_team.adversary",
            hint='name one, such as adversary = { plugin = "endpoint", ... }, or let the script play the adversary',
        )


def _schedule(plan: Plan, settings: RedTeamSettings, *, harmful_from: int, round_number: int) -> Schedule:
    may_end = settings.budget.limited
    if settings.strategy == "adaptive":
        return Adaptive(
            plan, chunk=settings.chunk, harmful_from=harmful_from, round_number=round_number, may_end=may_end
        )
    return Uniform(plan, chunk=settings.chunk, may_end=may_end)


def _store(
    folder: Path, attempts: Sequence[Attempt], judged: Sequence[Verdict], baseline: Sequence[Verdict]
) -> list[Outcome]:
    rows: Mapping[str, Iterable[Record]] = {ATTEMPTS: attempts, VERDICTS: judged, BASELINE: baseline}
    for name, group in rows.items():
        append_rows(folder / name, group)
    return [Outcome(attempt, verdict) for attempt, verdict in zip(attempts, judged, strict=True)]


def _notes(plan: Plan, tally: _Tally, *, ended: bool) -> dict[str, Any]:
    """What a reader of the numbers must know where not all attempts were drawn alike, or not all were made."""
    notes: dict[str, Any] = {}
    if plan.adaptive:
        notes["drawn"] = {name: tally.drawn[name] for name in ("uniform", "adaptive")}
    if ended:
        planned: dict[Part, int] = {
            "hunting": len(plan.hunting) + plan.adaptive,
            "look_alikes": len(plan.look_alikes),
        }
        notes["not_made"] = {part: size - tally.parts[part] for part, size in planned.items()}
    return notes


def _hunters(attacks: Sequence[Attack], learners: Learners, *, evolving: bool) -> dict[str, Any]:
    """Which attacks never measure, because they are others in every round."""
    names = {*learners.names, *(each.name for each in attacks if evolving and asks_adversary(each))}
    return {"never_on_held_out_goals": sorted(names)} if names else {}
