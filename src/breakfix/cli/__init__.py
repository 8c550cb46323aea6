"""The command line: one short function a command, each loaded only when it is called."""

import os
import sys

import typer
from rich.console import Console

from breakfix.cli.commands import app
from breakfix.cli.screen import visible
from breakfix.errors import BreakfixError

INTERRUPTED = 130


def main() -> None:
    """Entry point of `breakfix`: turns a BreakfixError into a message and its exit code."""
    # Read by OpenMP when torch loads: idle threads that spin make a shared machine several times slower.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        app()
    except BreakfixError as error:
        shown = visible(str(error))  # it may quote a server or a file
        Console(stderr=True).print(f"breakfix: {shown}", style="bold red", markup=False, highlight=False)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        Console(stderr=True).print("stopped; the same command goes on from here")
        sys.exit(INTERRUPTED)
