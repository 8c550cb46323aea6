"""`breakfix report`: the run as one HTML page."""

import os
import sys
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
    if show and not (_has_screen() and typer.launch(page.resolve().as_uri()) == 0):
        say("no browser could be opened; open the file by hand")


def _has_screen() -> bool:
    """Whether a browser could show anything: on a server the openers only print noise."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
