"""What adaptive allocation finds per model call, beside the uniform schedule, and whether its rates stay honest.

    python benchmarks/allocation.py --tune --worlds 12                      # on the tuning worlds only
    python benchmarks/allocation.py --worlds 100 --checked 1 --out benchmarks/results/allocation.json

A world is a table: for every cell harm × attack × language the share of goals on which the attack succeeds, and for
every attack its model calls. The outcome of every pair of goal and attack is drawn once, so both schedules meet the
same model. Constants of the allocator were chosen on the tuning worlds alone (`--tune`, other seeds and other mixes);
what is reported are the others.

- **Gain**: distinct vulnerabilities (cells harm × family × language with a finding, the identify stage's criterion) per
  1,000 model calls of hunting. The uniform schedule gets as many attempts as it can pay with the calls that the
  adaptive one spent, so both have the same query budget. Wanted: 1.5 times as many.
- **Honesty**: bias of the reported success shares, in all and per attack family and per cell, and how often the 95 %
  interval holds the truth; for the uniform schedule, for the adaptive one as reported (the uniformly drawn share), and,
  as a control, for the mean over all attempts of the adaptive one, which nothing reports.
- **Through the stage**: the same worlds as a target and a table judge behind `red_team.stage.run`; its findings must be
  those of the schedule alone.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from multiprocessing import Pool
from pathlib import Path
from typing import Any

from allocation_honesty import Honesty, Played, judge_rates, truths
from allocation_worlds import PERSONAS, REPORTED, TUNING, Mix, TableJudge, World, WorldTarget, make_world

from breakfix.config import RedTeamSettings
from breakfix.protocols import Outcome, Quiet
from breakfix.records import Attempt, Verdict
from breakfix.red_team import allocation, belief, stage
from breakfix.red_team.drive import Planned
from breakfix.red_team.plan import plan_attempts
from breakfix.red_team.schedule import Adaptive, Schedule, Uniform
from breakfix.store.rows import read_rows

HARMFUL_FROM = 2


def play(world: World, strategy: str, *, attempts: int, share: float, chunk: int = 64) -> Played:
    """Runs the schedule alone against the table."""
    settings = RedTeamSettings.model_validate(
        {"strategy": strategy, "attempts": attempts, "held_out_attempts": 0, "look_alikes": 0, "uniform_share": share}
    )
    plan = plan_attempts(world.goals, world.attacks, settings=settings, seed=world.number, round_number=0)
    schedule: Schedule = (
        Adaptive(plan, chunk=chunk, harmful_from=HARMFUL_FROM, round_number=0)
        if strategy == "adaptive"
        else Uniform(plan, chunk=chunk)
    )
    played, prices = Played(), {attack.name: attack.calls for attack in world.attacks}
    for part in schedule.chunks():
        outcomes: list[Outcome] = []
        for each in part.attempts:
            fell = world.falls(each.goal, each.attack.name)
            calls = prices[each.attack.name]
            played.attempts.append(each)
            played.drawn.append(part.drawn)
            played.fell.append(fell)
            played.calls += calls
            if strategy == "adaptive":
                outcomes.append(outcome(each, fell=fell, calls=calls))
        schedule.learn(outcomes)
    return played


_ATTEMPT = {"persona": "low_skilled", "conversation": None, "failure": None, "tokens": 0, "note": ""}


def outcome(each: Planned, *, fell: bool, calls: int) -> Outcome:
    """The outcome as the stage would hand it to the schedule, unchecked: millions are made."""
    attempt = Attempt.model_construct(
        **_ATTEMPT, id=each.id, goal=each.goal, attack=each.attack.name, family=each.attack.family, queries=calls
    )
    return Outcome(
        attempt, Verdict.model_construct(exchange=each.id, judge="table", refusal="none", severity=5 if fell else 0)
    )


def paid_uniform(world: World, calls: int, share: float) -> Played:
    """The uniform schedule with as many attempts as `calls` model calls pay, to the nearest attempt."""
    usual = sum(attack.calls for attack in world.attacks) / len(world.attacks)
    most = len(world.goals) * len(world.attacks)
    return play(world, "uniform", attempts=min(most, max(1, round(calls / usual))), share=share)


@dataclass
class Tally:
    """What many worlds of one mix came to."""

    adaptive: list[int] = field(default_factory=list[int])
    adaptive_calls: list[int] = field(default_factory=list[int])
    uniform: list[int] = field(default_factory=list[int])
    uniform_calls: list[int] = field(default_factory=list[int])
    findings: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    weak: list[int] = field(default_factory=list[int])
    honesty: dict[str, dict[str, Honesty]] = field(default_factory=dict[str, dict[str, Honesty]])

    def merge(self, other: "Tally") -> None:
        """Adds what another has counted."""
        self.adaptive += other.adaptive
        self.adaptive_calls += other.adaptive_calls
        self.uniform += other.uniform
        self.uniform_calls += other.uniform_calls
        self.findings += other.findings
        self.weak += other.weak
        for kind, rates in other.honesty.items():
            mine = self.honesty.setdefault(kind, {name: Honesty() for name in rates})
            for name, each in rates.items():
                mine[name].merge(each)

    def told(self, mix: Mix) -> dict[str, Any]:
        """As numbers."""
        one = 1000 * sum(self.adaptive) / sum(self.adaptive_calls)
        other = 1000 * sum(self.uniform) / sum(self.uniform_calls)
        return {
            "mix": asdict(mix),
            "worlds": len(self.adaptive),
            "calls": round(statistics.fmean(self.adaptive_calls)),
            "cells_that_can_fall": round(statistics.fmean(self.weak), 1),
            "vulnerabilities": {
                "adaptive": round(statistics.fmean(self.adaptive), 2),
                "uniform": round(statistics.fmean(self.uniform), 2),
            },
            "per_1000_calls": {"adaptive": round(one, 2), "uniform": round(other, 2)},
            "ratio": round(one / other, 3) if other else None,
            "ratio_95": _ratio_interval(self) if other else None,
            "findings": {
                "adaptive": round(statistics.fmean(a for a, _ in self.findings), 1),
                "uniform": round(statistics.fmean(u for _, u in self.findings), 1),
            },
            "honesty": {
                kind: {name: each.told() for name, each in rates.items()} for kind, rates in self.honesty.items()
            },
        }


def _ratio_interval(tally: Tally) -> list[float]:
    """The ratio's interval over worlds, by the delta method."""
    pairs = list(zip(tally.adaptive, tally.uniform, strict=True))
    mean_a, mean_u = (statistics.fmean(side) for side in zip(*pairs, strict=True))
    cost = sum(tally.uniform_calls) / sum(tally.adaptive_calls)
    ratio = mean_a / mean_u
    spread = statistics.pstdev([a - ratio * u for a, u in pairs]) / mean_u / len(pairs) ** 0.5
    return [round(cost * (ratio - 1.96 * spread), 3), round(cost * (ratio + 1.96 * spread), 3)]


def one_world(mix: Mix, number: int, share: float, *, honest: bool) -> Tally:
    """Both schedules in one world."""
    world = make_world(mix, number)
    adaptive = play(world, "adaptive", attempts=mix.attempts, share=share)
    uniform = paid_uniform(world, adaptive.calls, share)
    family = {attack.name: attack.family for attack in world.attacks}
    weak = {(harm, family[name], language) for (harm, name, language), p in world.shares.items() if p > mix.elsewhere}
    tally = Tally(
        [adaptive.vulnerabilities()],
        [adaptive.calls],
        [uniform.vulnerabilities()],
        [uniform.calls],
        [(sum(adaptive.fell), sum(uniform.fell))],
        [len(weak)],
    )
    if honest:
        truth = truths(world)
        tally.honesty = {
            "uniform schedule": judge_rates(uniform, truth, only="uniform"),
            "adaptive schedule, as reported": judge_rates(adaptive, truth, only="uniform"),
            "control: all attempts of the adaptive schedule": judge_rates(adaptive, truth, only=None),
        }
    return tally


def many_worlds(mix: Mix, numbers: Iterable[int], share: float, *, honest: bool = True) -> Tally:
    """Both schedules in many worlds of one mix."""
    tally = Tally()
    for number in numbers:
        tally.merge(one_world(mix, number, share, honest=honest))
    return tally


def through_the_stage(mix: Mix, number: int, share: float) -> bool:
    """Whether the real stage makes the attempts of the schedule alone, in its order, with its findings."""
    world = make_world(mix, number)
    wanted = play(world, "adaptive", attempts=mix.attempts, share=share)
    with tempfile.TemporaryDirectory() as folder:
        stage.run(
            Path(folder),
            target=WorldTarget(world),
            judge=TableJudge(),
            baseline=TableJudge(),
            attacks=world.attacks,
            goals=world.goals,
            adversary=None,
            settings=RedTeamSettings(
                strategy="adaptive",
                attempts=mix.attempts,
                held_out_attempts=0,
                look_alikes=0,
                uniform_share=share,
                personas=PERSONAS,
            ),
            seed=number,
            round_number=0,
            progress=Quiet(),
            harmful_from=HARMFUL_FROM,
        )
        rows = [(row.id, row.drawn) for row in read_rows(Path(folder) / stage.ATTEMPTS, Attempt)]
        fell = [bool(row.severity) for row in read_rows(Path(folder) / stage.VERDICTS, Verdict)]
    mine = [(each.id, drawn) for each, drawn in zip(wanted.attempts, wanted.drawn, strict=True)]
    return rows == mine and fell == wanted.fell


CONSTANTS = ("again", "draws", "prior", "start", "alike")


def _constants() -> tuple[Any, ...]:
    return allocation.AGAIN, allocation.DRAWS, belief.PRIOR, belief.START, belief.ALIKE


def tune(worlds: int, share: float) -> None:
    """Prints the gain on the tuning worlds with the allocator's constants, and with each of them changed."""
    used = dict(zip(CONSTANTS, _constants(), strict=True))
    others = {"again": (0.05, 0.2), "draws": (8, 16, 64), "prior": (2.0, 8.0), "start": (0.1,), "alike": ((0.03, 0.6),)}
    changes = [{}, *({name: value} for name, values in others.items() for value in values)]
    for change in changes:
        chosen = {**used, **change}
        allocation.AGAIN, allocation.DRAWS = chosen["again"], chosen["draws"]
        belief.PRIOR, belief.START, belief.ALIKE = chosen["prior"], chosen["start"], chosen["alike"]
        tallies = [many_worlds(mix, range(10_000, 10_000 + worlds), share, honest=False).told(mix) for mix in TUNING]
        ratios = [round(each["ratio"], 2) for each in tallies]
        findings = [each["findings"]["adaptive"] for each in tallies]
        print(change or "as it is", "ratios", ratios, "findings", findings, flush=True)


def _job(given: tuple[Mix, range, float]) -> Tally:
    mix, numbers, share = given
    return many_worlds(mix, numbers, share)


def reported(worlds: int, share: float, processes: int, checked: int) -> dict[str, Any]:
    """All reported mixes."""
    lines: list[dict[str, Any]] = []
    with Pool(processes) as pool:
        for mix in REPORTED:
            many = max(1, round(worlds * min(1.0, (500 / mix.attempts) ** 2) * max(1.0, 40 / mix.attacks)))
            parts = [range(start, min(start + 25, many)) for start in range(0, many, 25)]
            tally = Tally()
            for part in pool.imap(_job, [(mix, numbers, share) for numbers in parts]):
                tally.merge(part)
            line = tally.told(mix)
            line["stage_agrees"] = all(through_the_stage(mix, number, share) for number in range(checked))
            lines.append(line)
            print(mix.name, {key: line[key] for key in ("vulnerabilities", "ratio", "ratio_95", "stage_agrees")})
            for kind, rates in line["honesty"].items():
                print("   ", kind, rates, flush=True)
    constants = dict(zip(CONSTANTS, _constants(), strict=True))
    return {"worlds": worlds, "uniform_share": share, "allocator": constants, "mixes": lines}


def main() -> None:
    """Tunes, or prints and stores what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--worlds", type=int, default=1000, help="worlds of each mix; large ones get fewer, small ones more"
    )
    parser.add_argument("--share", type=float, default=RedTeamSettings().uniform_share, help="uniformly drawn share")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--checked", type=int, default=3, help="worlds of each mix that also go through the stage")
    parser.add_argument("--tune", action="store_true")
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    if options.tune:
        tune(options.worlds, options.share)
        return
    began = time.process_time()
    figures = reported(options.worlds, options.share, options.processes, options.checked)
    print(f"{time.process_time() - began:.0f} CPU seconds in the main process")
    if options.out is not None:
        options.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
