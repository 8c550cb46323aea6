"""The five stages, each as a command of its own."""

from typing import Annotated

import typer

from breakfix.cli.screen import RUNS, Bars, ConfigArgument, JsonOption, RunsOption, print_json, print_table, say
from breakfix.cli.status import short
from breakfix.config import load_config
from breakfix.cycle.single import run_stage
from breakfix.store.manifest import Manifest

RoundOption = Annotated[
    int | None, typer.Option("--round", help="Round to work on; by default the first that lacks the stage.", min=0)
]


def curate_command(
    config: ConfigArgument, round_number: RoundOption = None, runs: RunsOption = RUNS, as_json: JsonOption = False
) -> None:
    """Stage 1 alone: findings become training data."""
    _run("curate", config, round_number, runs, as_json)


def post_train_command(
    config: ConfigArgument, round_number: RoundOption = None, runs: RunsOption = RUNS, as_json: JsonOption = False
) -> None:
    """Stage 2 alone: training data becomes a checkpoint."""
    _run("post_train", config, round_number, runs, as_json)


def benchmark_command(
    config: ConfigArgument, round_number: RoundOption = None, runs: RunsOption = RUNS, as_json: JsonOption = False
) -> None:
    """Stage 3 alone: a checkpoint is measured."""
    _run("benchmark", config, round_number, runs, as_json)


def red_team_command(
    config: ConfigArgument, round_number: RoundOption = None, runs: RunsOption = RUNS, as_json: JsonOption = False
) -> None:
    """Stage 4 alone: a checkpoint is attacked."""
    _run("red_team", config, round_number, runs, as_json)


def identify_command(
    config: ConfigArgument, round_number: RoundOption = None, runs: RunsOption = RUNS, as_json: JsonOption = False
) -> None:
    """Stage 5 alone: what fell is grouped into vulnerabilities."""
    _run("identify", config, round_number, runs, as_json)


def _run(stage: str, config: ConfigArgument, round_number: int | None, runs: RunsOption, as_json: bool) -> None:
    with Bars() as bars:
        key, manifest = run_stage(load_config(config), stage, round_number, runs=runs, progress=bars)
    if as_json:
        print_json({"round": key.round, **manifest.model_dump(mode="json")})
        return
    say(f"stage {key} is finished ({manifest.seconds:.0f} s, {manifest.failures} failures)")
    _show(manifest)


def _show(manifest: Manifest) -> None:
    print_table("Summary", ("what", "value"), [(name, short(value)) for name, value in manifest.summary.items()])
    print_table("Files", ("path", "rows"), [(entry.path, entry.rows or "") for entry in manifest.outputs])
