"""`breakfix run`: the whole cycle."""

from typing import Annotated

import typer

from breakfix.cli.screen import RUNS, Bars, ConfigArgument, JsonOption, RunsOption, print_json, say
from breakfix.config import load_config
from breakfix.cycle.loop import run_cycle
from breakfix.cycle.stages import StageKey
from breakfix.errors import ConfigError
from breakfix.report.page import write_report
from breakfix.store.run_folder import ALL_STAGES, open_run

GATE_FAILED = 3


def run_command(
    config: ConfigArgument,
    runs: RunsOption = RUNS,
    redo: Annotated[
        str | None, typer.Option("--from", help="Make this stage (such as 1/curate) and all later ones again.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="An inconclusive gate exits with 3, too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Run the whole cycle of a configuration; the same command resumes it.

    Exit codes: 0 done, 1 a stage failed, 2 usage or configuration, 3 the gate failed.
    """
    settings = load_config(config)
    with Bars() as bars:
        decided = run_cycle(settings, runs, redo=stage_key(redo) if redo else None, progress=bars, announce=say)
    page = write_report(open_run(runs / settings.name))
    if as_json:
        print_json({**decided.model_dump(mode="json"), "report": str(page)})
    else:
        for decision in decided.decisions:
            for check in decision.checks:
                say(f"round {decision.round}: {check.verdict:12} {check.title}: {check.reason}")
    say(f"report: {page}")
    if decided.verdict == "fail" or (strict and decided.verdict != "pass"):
        raise typer.Exit(GATE_FAILED)


def stage_key(text: str) -> StageKey:
    """`1/curate` as a StageKey; raises ConfigError for anything else."""
    number, _, stage = text.partition("/")
    stage = stage.replace("-", "_")
    if not number.isdigit() or stage not in ALL_STAGES:
        raise ConfigError(
            f"{text!r} is not a stage", where="--from", hint=f"write ROUND/STAGE with one of {ALL_STAGES}"
        )
    return StageKey(int(number), stage)
