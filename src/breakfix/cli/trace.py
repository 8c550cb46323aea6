"""`breakfix trace`: the lineage of a vulnerability, finding, attempt or training row."""

from typing import Annotated

import typer

from breakfix.cli.screen import RUNS, JsonOption, RunArgument, RunsOption, print_json, print_table
from breakfix.cycle.trace import trace
from breakfix.store.run_folder import open_run


def trace_command(
    run: RunArgument,
    wanted: Annotated[str, typer.Argument(help="Id, or its first digits.", metavar="ID")],
    runs: RunsOption = RUNS,
    as_json: JsonOption = False,
) -> None:
    """Walk the lineage of a vulnerability, finding, attempt or training row, both ways."""
    steps = trace(open_run(runs / run), wanted)
    if as_json:
        print_json([step.model_dump(mode="json") for step in steps])
    else:
        rows = [(step.relation, step.round, step.kind, step.id, step.text) for step in steps]
        print_table(f"Lineage of {wanted}", ("", "round", "what", "id", "text"), rows)
