"""`breakfix new`: a configuration to start from, with every knob explained."""

from pathlib import Path
from typing import Annotated

import typer

from breakfix.cli.screen import say
from breakfix.cli.template import config_template
from breakfix.errors import ConfigError
from breakfix.store.files import write_atomic


def new_command(
    name: Annotated[str, typer.Argument(help="Name of the run; the file is NAME.toml.")],
    model: Annotated[
        str, typer.Option("--model", help="Model to make safer: `starter`, a folder or a hub id.")
    ] = "starter",
    folder: Annotated[Path, typer.Option("--folder", help="Where to write the file.")] = Path(),
) -> None:
    """Write a configuration to start from, with every knob explained."""
    path = folder / f"{name}.toml"
    if path.exists():
        raise ConfigError("the file exists already", where=str(path), hint="choose another name or delete it")
    write_atomic(path, config_template(name, model))
    typer.echo(str(path))
    say(f"next: breakfix run {path}")
