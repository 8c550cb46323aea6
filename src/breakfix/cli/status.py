"""`breakfix status`: which runs there are, and how far one is."""

from typing import Annotated, Any

import typer

from breakfix.cli.screen import RUNS, JsonOption, RunsOption, figure, print_json, print_table, say
from breakfix.errors import RunFolderError
from breakfix.records import GateReport, Rate
from breakfix.store.journal import events
from breakfix.store.manifest import read_manifest
from breakfix.store.run_folder import ALL_STAGES, RunFolder, open_run


def status_command(
    run: Annotated[str | None, typer.Argument(help="Name of a run; without it all runs are listed.")] = None,
    runs: RunsOption = RUNS,
    as_json: JsonOption = False,
) -> None:
    """Show the runs, or how far one run is."""
    if run is None:
        found = [_overview(folder) for folder in _all_runs(runs)]
        if as_json:
            print_json(found)
        elif found:
            print_table("Runs", ("name", "rounds", "gate", "last event"), [tuple(item.values()) for item in found])
        else:
            say(f"no runs in {runs}; `breakfix new NAME` writes a configuration to start from")
        return
    opened = open_run(runs / run)
    stages = _stages(opened)
    if as_json:
        print_json({**_overview(opened), "stages": stages})
        return
    print_table(
        f"Run {run}", ("stage", "state", "seconds", "failures", "summary"), [tuple(item.values()) for item in stages]
    )
    for event in events(opened.root)[-5:]:
        say(" ".join(str(value) for value in event.values()))


def _all_runs(runs: Any) -> list[RunFolder]:
    found: list[RunFolder] = []
    for header in sorted(runs.glob("*/cycle.json")):
        try:
            found.append(open_run(header.parent))
        except RunFolderError as error:
            say(f"skipped: {error}")
    return found


def _overview(run: RunFolder) -> dict[str, Any]:
    gate = run.root / "gate.json"
    last = events(run.root)[-1:]
    return {
        "name": run.name,
        "rounds": len(run.rounds()),
        "gate": GateReport.model_validate_json(gate.read_bytes()).verdict if gate.exists() else "not decided",
        "last": f"{last[0]['at']} {last[0]['event']} {last[0].get('stage', '')}".strip() if last else "",
    }


def _stages(run: RunFolder) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for number in run.rounds():
        for stage in ALL_STAGES:
            folder = run.stage(number, stage)
            done = read_manifest(folder)
            if done is None and not folder.exists():
                continue
            rows.append(
                {
                    "stage": f"{number}/{stage}",
                    "state": "finished" if done else "half-finished",
                    "seconds": done.seconds if done else "",
                    "failures": done.failures if done else "",
                    "summary": "; ".join(
                        f"{key} {short(value)}" for key, value in (done.summary if done else {}).items()
                    ),
                }
            )
    return rows


def short(value: Any) -> str:
    """A summary value in a few words; a rate with its interval."""
    if isinstance(value, dict) and {"value", "of"} <= set(value):  # pyright: ignore[reportUnknownArgumentType]
        return figure(Rate.model_validate(value))
    text = f"{value:.3g}" if isinstance(value, float) else str(value)  # pyright: ignore[reportUnknownArgumentType]
    return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004 - width of one summary item
