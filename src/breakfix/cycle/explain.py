"""Why a stage would run again: what it was made from, beside what it would be made from now."""

from typing import Any

from breakfix.config import Config
from breakfix.cycle.stages import StageKey, begun_parts
from breakfix.records import Record
from breakfix.store.manifest import read_manifest
from breakfix.store.run_folder import ALL_STAGES, RunFolder


class Change(Record):
    """One thing that differs."""

    stage: str
    what: str
    """Dotted place, such as `settings.attempts`."""
    was: Any
    now: Any


_SECTION = {"curate": "curate", "post_train": "post_train", "benchmark": "benchmark", "red_team": "red_team"}


def explain(run: RunFolder, config: Config) -> list[Change]:
    """Every difference between what the run's stages were made from and what `config` and the files say now.

    Compares settings, seed, threshold and the digests of the files that a stage read; models are not loaded.
    """
    found: list[Change] = []
    for number in run.rounds():
        for stage in ALL_STAGES:
            folder = run.stage(number, stage)
            parts = begun_parts(folder)
            if parts is not None:
                found += _changes(run, StageKey(number, stage), parts, config)
    return found


def _changes(run: RunFolder, key: StageKey, parts: dict[str, Any], config: Config) -> list[Change]:
    now: dict[str, Any] = {"seed": config.seed}
    if key.stage in _SECTION:
        section = getattr(config, _SECTION[key.stage]).model_dump(mode="json")
        now["settings"] = {name: section[name] for name in parts["settings"] if name in section}
        if key.stage == "red_team":  # an idle setting is left out of what a stage was made from
            parts = {**parts, "settings": {"strategy": "uniform", **parts["settings"]}}
            now["settings"]["strategy"] = section["strategy"]
    if "harmful_from" in parts:
        now["harmful_from"] = config.judge.harmful_from
    now["inputs"] = {path: _digest_now(run, path) for path in parts["inputs"]}
    return [
        Change(stage=str(key), what=place, was=was, now=value)
        for place, was, value in _differences("", {name: parts[name] for name in now if name in parts}, now)
    ]


def _differences(place: str, was: Any, now: Any) -> list[tuple[str, Any, Any]]:
    if isinstance(was, dict) and isinstance(now, dict):
        keys = sorted({*was, *now})  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        return [
            item
            for key in keys  # pyright: ignore[reportUnknownVariableType]
            for item in _differences(f"{place}.{key}" if place else str(key), was.get(key), now.get(key))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        ]
    return [] if was == now else [(place, was, now)]


def _digest_now(run: RunFolder, path: str) -> str | None:
    """Digest that the writing stage's manifest gives, so that explaining stays quick."""
    manifest = read_manifest((run.root / path).parent)
    if manifest is None:
        return None
    return next((entry.sha256 for entry in manifest.outputs if entry.path == path), None)
