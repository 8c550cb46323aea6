"""`breakfix import`: another tool's recorded attacks become a round's red-team stage."""

from pathlib import Path
from typing import Annotated

import typer

from breakfix.cli.screen import RUNS, Bars, ConfigArgument, JsonOption, RunsOption, print_json, print_table, say
from breakfix.cli.status import short
from breakfix.config import load_config
from breakfix.cycle.bring_in import bring_in
from breakfix.red_team.recorded import READERS


def import_command(
    tool: Annotated[str, typer.Argument(help=f"Who recorded it: {', '.join(READERS)}.", metavar="TOOL")],
    file: Annotated[Path, typer.Argument(help="The tool's report.", metavar="FILE")],
    config: ConfigArgument,
    *,
    round_number: Annotated[int, typer.Option("--round", help="Round whose model was attacked.", min=0)] = 0,
    same_model: Annotated[
        bool, typer.Option("--same-model", help="Vouch that the replies are the round's model's own.")
    ] = False,
    bad_rows: Annotated[
        float, typer.Option("--bad-rows", help="Share of the rows that may be malformed.", min=0.0, max=1.0)
    ] = 0.05,
    runs: RunsOption = RUNS,
    as_json: JsonOption = False,
) -> None:
    """Take over the attacks that another tool recorded, as stage 4 of a round, judged by the run's judge.

    The same file as goals, attacked anew: goals = [{ plugin = "garak", path = "..." }].
    """
    settings = load_config(config)
    with Bars() as bars:
        key, manifest = bring_in(
            settings,
            tool,
            file,
            number=round_number,
            runs=runs,
            same_model=same_model,
            bad_rows=bad_rows,
            progress=bars,
        )
    if as_json:
        print_json({"round": key.round, **manifest.model_dump(mode="json")})
        return
    print_table("Summary", ("what", "value"), [(name, short(value)) for name, value in manifest.summary.items()])
    for row in manifest.summary["first_bad_rows"]:
        say(f"left out: {row}")
    if manifest.summary["torn"]:
        say("the file ends in the middle of a line; what was written before it is in")
    say(f"next: breakfix identify {config} --round {key.round}")
