"""One stage on its own: the same work as in the loop, in the same run folder."""

from pathlib import Path

from breakfix.config import Config
from breakfix.cycle.loop import open_for
from breakfix.cycle.parts import make_parts
from breakfix.cycle.rounds import (
    Cycle,
    benchmark_round,
    curate_round,
    identify_round,
    post_train_round,
    red_team_round,
)
from breakfix.cycle.stages import StageKey
from breakfix.errors import ConfigError
from breakfix.protocols import Progress
from breakfix.store.manifest import Manifest, read_manifest
from breakfix.store.run_folder import RunFolder

_FROM_ROUND_1 = ("curate", "post_train")


def run_stage(
    config: Config, stage: str, number: int | None, *, runs: Path, progress: Progress
) -> tuple[StageKey, Manifest]:
    """Runs, resumes or just reads one stage; raises UsageError when an earlier stage is not finished."""
    parts = make_parts(config)
    run = open_for(config, runs, parts)
    key = StageKey(_first_without(run, stage) if number is None else number, stage)
    if key.round == 0 and stage in _FROM_ROUND_1:
        raise ConfigError(f"round 0 is the unfixed model and has no stage {stage}", hint="use --round 1 or later")
    with run.writing():
        return key, _work(Cycle(run, parts, progress), key)


def _work(cycle: Cycle, key: StageKey) -> Manifest:
    if key.stage == "benchmark":
        return benchmark_round(cycle, key.round)
    if key.stage == "red_team":
        return red_team_round(cycle, key.round)
    if key.stage == "identify":
        return identify_round(cycle, key.round)
    return curate_round(cycle, key.round) if key.stage == "curate" else post_train_round(cycle, key.round)


def _first_without(run: RunFolder, stage: str) -> int:
    number = 1 if stage in _FROM_ROUND_1 else 0
    while read_manifest(run.stage(number, stage)) is not None:
        number += 1
    return number
