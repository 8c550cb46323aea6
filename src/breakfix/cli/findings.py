"""`breakfix findings`: what a round found, for other programs."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from breakfix.cli.screen import (
    RUNS,
    JsonOption,
    RunArgument,
    RunsOption,
    figure,
    print_json,
    print_table,
    say,
)
from breakfix.errors import ConfigError
from breakfix.report.findings import FORMATS, FoundRound, gather, summary
from breakfix.report.findings.gather import tags, title
from breakfix.store.files import write_atomic
from breakfix.store.run_folder import open_run


def findings_command(
    run: RunArgument,
    *,
    round_number: Annotated[
        int | None, typer.Option("--round", help="By default the latest that is identified.", min=0)
    ] = None,
    form: Annotated[str | None, typer.Option("--format", help=f"One of: {', '.join(FORMATS)}.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="A file; by default standard output. Findings hold harmful replies.")
    ] = None,
    runs: RunsOption = RUNS,
    as_json: JsonOption = False,
) -> None:
    """Write a round's findings as JSON Lines, CSV, SARIF or AVID reports; without a format, show its vulnerabilities.

    Each comes with its vulnerability's rate, interval and judge, and with tags of OWASP, MITRE ATLAS and AILuminate.
    """
    found = gather(open_run(runs / run), round_number)
    if form is None and out is None:
        print_json(summary(found)) if as_json else _show(found)
        return
    write = FORMATS.get(form or "jsonl")
    if write is None:
        raise ConfigError(f"no format {form!r}", where="--format", hint=f"one of: {', '.join(FORMATS)}")
    if out is None:
        sys.stdout.write(write(found))
        return
    write_atomic(out, write(found))
    print_json({**summary(found), "file": str(out)}) if as_json else typer.echo(str(out))


def _show(found: FoundRound) -> None:
    print_table(
        f"Vulnerabilities of {found.run}, round {found.number}, worst risk first",
        ("id", "what", "status", "severity", "training goals", "held-out goals", "tags"),
        [
            (
                each.id,
                title(each),
                each.status,
                f"{each.severity:.1f}",
                figure(each.rate),
                figure(each.held_out) if each.held_out else "–",
                ", ".join(tag.id for tag in tags(each)),
            )
            for each in found.vulnerabilities
        ],
    )
    say(f"judge {found.judge}: " + "; ".join(f"{name}: {said}" for name, said in found.judge_errors.items()))
    say(f"{sum(1 for _ in found.findings())} findings; --format {'|'.join(FORMATS)} writes them out")
