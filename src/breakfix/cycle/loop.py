"""The loop: measure the unfixed model, then fix and measure again until the gate or the evidence says stop."""

import json
from collections.abc import Callable
from contextlib import closing
from importlib import metadata
from pathlib import Path
from typing import Any

from breakfix.config import Config
from breakfix.cycle.decide import Verdicts, decide_round, why_stop
from breakfix.cycle.parts import Parts, make_parts, start_checkpoint
from breakfix.cycle.rounds import (
    Cycle,
    benchmark_round,
    curate_round,
    identify_round,
    post_train_round,
    red_team_round,
)
from breakfix.cycle.stages import StageKey, redo_from
from breakfix.cycle.tracking import make_tracking
from breakfix.judges import agreement
from breakfix.labels.validation import quoted, stored
from breakfix.protocols import Progress, Quiet
from breakfix.records import Agreement, GateReport
from breakfix.report.cards import CARDS, write_cards
from breakfix.store import journal
from breakfix.store.files import write_atomic
from breakfix.store.run_folder import RunFolder, create_run

Announce = Callable[[str], None]
"""Told in one line what the cycle begins or has decided."""


def run_cycle(
    config: Config,
    runs: Path = Path("runs"),
    *,
    redo: StageKey | None = None,
    progress: Progress | None = None,
    announce: Announce = lambda _: None,
) -> GateReport:
    """Runs, or resumes, the whole cycle of `config` in the folder `runs / config.name`.

    Finished stages are skipped and half-finished ones go on where they were killed. `redo` puts that stage and all
    later ones aside first. Raises a BreakfixError that says what to do next.
    """
    parts = make_parts(config)
    if config.rounds > 0:
        start_checkpoint(parts.unfixed)  # a target that cannot be trained is found out before hours of attacks
    if config.red_team.attacker.evolve:
        start_checkpoint(parts.adversary or parts.unfixed)  # likewise
    run = open_for(config, runs, parts)
    with run.writing(), closing(make_tracking(config, run, announce)) as tracking:
        if redo is not None:
            redo_from(run, redo)
        cycle = Cycle(run, parts, progress or Quiet())
        measure(cycle, 0, announce)
        tracking.follow()
        verdicts = Verdicts.of_unfixed(cycle)
        stopped = "only round 0 was asked for"
        for number in range(1, config.rounds + 1):
            announce(f"round {number}: fixing what fell in round {number - 1}")
            curate_round(cycle, number)
            post_train_round(cycle, number)
            tracking.follow()
            measure(cycle, number, announce)
            tracking.follow()
            verdicts = decide_round(cycle, verdicts, number)
            stopped = why_stop(cycle, verdicts, number)
            if stopped:
                break
        report = conclude(run, verdicts, stopped, announce)
        tracking.conclude(report, [run.root / "gate.json", *(run.root / "best" / name for name in CARDS)])
        return report


def measure(cycle: Cycle, number: int, announce: Announce) -> None:
    """Stages 3 to 5 of one round."""
    announce(f"round {number}: " + ("the unfixed model" if number == 0 else "measuring and attacking the new model"))
    benchmark_round(cycle, number)
    red_team_round(cycle, number)
    identify_round(cycle, number)


def open_for(config: Config, runs: Path, parts: Parts) -> RunFolder:
    """The run folder of `config`; `cycle.json` follows the configuration, the journal keeps what it was before.

    It also follows the judge's validations, which explain numbers but change none: no stage becomes stale by them.
    """
    measured = measured_agreement(config, parts)
    header = {
        "name": config.name,
        "seed": config.seed,
        "config": config.model_dump(mode="json"),
        "versions": versions(),
        "target": dict(parts.unfixed.identity),
        "judge": dict(parts.judge.identity),
        "agreement": measured.model_dump(mode="json") if measured else None,
        "goals": len(parts.goals),
    }
    run = create_run(runs / config.name, header)
    before = run.header()
    if before["config"] != header["config"]:
        with run.writing():
            journal.note(run.root, "configuration changed", before=before["config"])
            write_header(run, {**before, **header})
    elif before.get("agreement") != header["agreement"]:
        with run.writing():
            journal.note(
                run.root, "agreement changed", labels=[row.labels for row in measured.sets] if measured else []
            )
            write_header(run, {**before, "agreement": header["agreement"]})
    return run


def measured_agreement(config: Config, parts: Parts) -> Agreement | None:
    """How well the run's judge agrees with people: the user's own validations of it, and the packaged measurement."""
    own = stored(Path(config.judge.validations), parts.judge.identity, harmful_from=config.judge.harmful_from)
    return quoted(agreement(config.judge.plugin), own)


def write_header(run: RunFolder, header: dict[str, Any]) -> None:
    """Replaces `cycle.json` as a whole."""
    write_atomic(run.root / "cycle.json", json.dumps(header, indent=1, ensure_ascii=False) + "\n")


def conclude(run: RunFolder, verdicts: Verdicts, stopped: str, announce: Announce) -> GateReport:
    """Writes `gate.json`, points `best` at the kept round, and returns the decision."""
    report = verdicts.report(stopped)
    write_atomic(run.root / "gate.json", report.model_dump_json(indent=1) + "\n")
    link = run.root / "best"
    link.unlink(missing_ok=True)
    if report.best:
        link.symlink_to(run.stage(report.best, "post_train").relative_to(run.root))
        write_cards(run, report.best, run.stage(report.best, "post_train"))
    journal.note(run.root, "decided", verdict=report.verdict, best=report.best, stopped=stopped)
    announce(f"gate: {report.verdict}" + (f", round {report.best} is kept" if report.best else "") + f"; {stopped}")
    return report


def versions() -> dict[str, str | None]:
    """Versions of everything that can change a number; None for what is not installed."""
    return {name: _version(name) for name in ("breakfix", "torch", "transformers", "trl", "peft", "numpy", "scipy")}


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
