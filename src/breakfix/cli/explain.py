"""`breakfix explain`: why a finished stage no longer matches its configuration."""

from breakfix.cli.screen import RUNS, ConfigArgument, JsonOption, RunsOption, print_json, print_table, say
from breakfix.config import load_config
from breakfix.cycle.explain import explain
from breakfix.store.run_folder import open_run


def explain_command(config: ConfigArgument, runs: RunsOption = RUNS, as_json: JsonOption = False) -> None:
    """Say why a finished stage no longer matches its configuration, setting by setting."""
    settings = load_config(config)
    changes = explain(open_run(runs / settings.name), settings)
    if as_json:
        print_json([change.model_dump(mode="json") for change in changes])
    elif changes:
        print_table(
            "What changed",
            ("stage", "what", "was", "now"),
            [(change.stage, change.what, change.was, change.now) for change in changes],
        )
        say(f"`breakfix run {config} --from {changes[0].stage}` makes these stages and everything after them again")
    else:
        say("nothing changed: every stage matches this configuration")
