"""`breakfix serve`: a round's model behind an OpenAI-compatible address on this machine."""

from typing import Annotated

import typer

from breakfix.cli.screen import RUNS, ConfigArgument, RunsOption, say
from breakfix.config import load_config
from breakfix.cycle.parts import make_target
from breakfix.errors import ConfigError
from breakfix.records import Sampling
from breakfix.store.run_folder import open_run
from breakfix.targets.remote.serving import HOST, make_server


def serve_command(
    config: ConfigArgument,
    *,
    round_number: Annotated[int, typer.Option("--round", help="Round whose model answers; 0 is unfixed.", min=0)] = 0,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 takes a free one.", min=0, max=65535)] = 8000,
    runs: RunsOption = RUNS,
) -> None:
    """Serve a round's model on this machine only, for tools that speak HTTP, such as garak."""
    settings = load_config(config)
    checkpoint = None
    if round_number:
        checkpoint = open_run(runs / settings.name).stage(round_number, "post_train") / "checkpoint"
        if not checkpoint.is_dir():
            raise ConfigError(f"round {round_number} has no checkpoint", where=settings.name, hint="train it first")
    target = make_target(settings.target, checkpoint)
    sampling = Sampling(max_new_tokens=settings.red_team.max_new_tokens, seed=settings.seed)
    try:
        server = make_server(target, port=port, sampling=sampling, batch=settings.red_team.chunk)
    except OSError as error:
        raise ConfigError(f"port {port}: {error.strerror}", where="--port", hint="choose another, or 0") from None
    with server:
        typer.echo(f"http://{HOST}:{server.server_address[1]}/v1")
        say(f"{target.name} answers until you stop it")
        server.serve_forever()
