"""`breakfix report`: the run as one HTML page."""

from typing import Annotated

import typer

from breakfix.cli.screen import RUNS, RunArgument, RunsOption, say
from breakfix.report.page import write_report
from breakfix.store.run_folder import open_run


def report_command(
    run: RunArgument,
    runs: RunsOption = RUNS,
    show: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Write the report of a run, and say where it is."""
    page = write_report(open_run(runs / run))
    typer.echo(str(page))
    if show and typer.launch(page.resolve().as_uri()) != 0:
        say("no browser could be opened; open the file by hand")
