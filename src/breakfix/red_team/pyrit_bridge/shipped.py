"""What PyRIT's wheel brings along: where it is installed, its jailbreak templates and its seed sets, read from there.

Nothing is copied into this package: many of the texts have no clear licence upstream. PyRIT itself is not imported.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, cast

import yaml
from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from breakfix.config import nearest
from breakfix.errors import ConfigError, GoalFileError, MissingExtra
from breakfix.exclusion import EXCLUDED, excluded
from breakfix.seed_sets import pyrit_seeds

RELEASE = "1.1"
"""The release line that the bridge is written for."""
TemplateGroup = Literal["classic", "Arth_Singh", "in_the_wild", "pliny", "all"]
_TEMPLATES = ("datasets", "jailbreak", "templates")
_NEIGHBOURS = 3
_SEEDS = ("datasets", "seed_datasets", "local")
_LICENCES = {"adv_bench": "MIT", "airt": "MIT", "garak": "Apache-2.0"}


def pyrit_folder() -> Path:
    """The folder of the installed package; raises MissingExtra without it, or for another release than 1.1."""
    hint = "install the extra that carries it: pip install 'breakfix[pyrit]'"
    spec = find_spec("pyrit")
    if spec is None or spec.origin is None:
        raise MissingExtra("this plug-in needs the Python package 'pyrit', which is not installed", hint=hint)
    version = metadata.version("pyrit")
    if not version.startswith(f"{RELEASE}."):
        raise MissingExtra(f"the bridge is written for PyRIT {RELEASE}; {version} is installed", hint=hint)
    return Path(spec.origin).parent


def template_names(group: TemplateGroup) -> dict[str, Path]:
    """The templates of `group` by name (`dan_1`, `in_the_wild/...`), in name order; none with more slots than one."""
    folder = pyrit_folder().joinpath(*_TEMPLATES)
    found = {path.relative_to(folder).with_suffix("").as_posix(): path for path in sorted(folder.rglob("*.yaml"))}
    return {name: path for name, path in found.items() if _belongs(name, group)}


def _belongs(name: str, group: TemplateGroup) -> bool:
    part = name.partition("/")[0] if "/" in name else "classic"
    return part != "multi_parameter" and group in (part, "all")


@dataclass(frozen=True, slots=True)
class Templates:
    """Jinja texts with a slot `prompt`, and how many the exclusion rule refused."""

    texts: tuple[str, ...]
    excluded: int


@lru_cache(maxsize=16)
def templates(name: str = "", group: TemplateGroup = "all") -> Templates:
    """The template `name`, or all of `group` in name order.

    Raises ConfigError with the nearest name for an unknown one, and for one that is refused.
    """
    known = template_names("all" if name else group)
    if name and name not in known:
        near = nearest(name, list(known))
        raise ConfigError(
            f"PyRIT has no template {name!r}" + (f"; did you mean {near!r}?" if near else ""),
            where="attack 'pyrit_template'",
            hint=f"some of {len(known)}: {', '.join(list(known)[:12])}, ...",
        )
    texts = [_template_text(path) for path in ([known[name]] if name else known.values())]
    kept = tuple(text for text in texts if not excluded(text))
    if not kept:
        raise ConfigError(EXCLUDED, where="attack 'pyrit_template'", hint="choose another template")
    return Templates(kept, len(texts) - len(kept))


def filled(text: str, prompt: str) -> str:
    """The Jinja `text` with `prompt` in its slot; what is in the prompt is not read as a template."""
    return _jinja().from_string(text).render(prompt=prompt)


@lru_cache(maxsize=1)
def _jinja() -> SandboxedEnvironment:
    return SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


def _template_text(path: Path) -> str:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    fields = cast("dict[str, Any]", yaml.load(path.read_text(encoding="utf-8"), Loader=loader))  # noqa: S506 - both are safe
    slot = "{{ prompt }}"
    return filled(
        str(fields["value"]), slot
    )  # PyRIT reads a file as a template once when it loads it: some count on it


@lru_cache(maxsize=1)
def many_shot_examples() -> tuple[dict[str, str], ...]:
    """The wheel's `user` and `assistant` pairs in their order, without those that the exclusion rule refuses.

    A pair is also left out where it and its neighbours together are refused, since a prompt holds many of them.
    """
    text = pyrit_folder().joinpath("datasets", "jailbreak", "many_shot_examples.json").read_text(encoding="utf-8")
    kept: list[dict[str, str]] = []
    for pair in cast("list[dict[str, str]]", json.loads(text)):
        together = "\n".join(part for each in (*kept[-_NEIGHBOURS:], pair) for part in each.values())
        if not excluded(together):
            kept.append(pair)
    return tuple(kept)


def seed_sets() -> dict[str, Path]:
    """The seed sets of texts in the wheel by name (`adv_bench`, `airt/violence`, `garak/doctor`), in name order."""
    folder = pyrit_folder().joinpath(*_SEEDS)
    return {path.relative_to(folder).with_suffix("").as_posix(): path for path in sorted(folder.rglob("*.prompt"))}


def seed_set(name: str) -> Path:
    """The file of the set `name`; raises ConfigError with the nearest name for an unknown one."""
    known = seed_sets()
    if name not in known:
        near = nearest(name, list(known))
        raise ConfigError(
            f"PyRIT ships no seed set {name!r}" + (f"; did you mean {near!r}?" if near else ""),
            where="goals 'pyrit'",
            hint=f"known: {', '.join(known)}",
        )
    return known[name]


def seeds(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Place and fields of every seed of the set `name` that can be a goal.

    Left out are seeds that are no text, later turns of a conversation, system turns and templates with slots.
    """
    text = seed_set(name).read_text(encoding="utf-8")
    return ((place, fields) for place, fields in pyrit_seeds(text, name, GoalFileError) if _is_goal(fields))


def _is_goal(fields: dict[str, Any]) -> bool:
    return (
        fields.get("data_type", "text") == "text"
        and fields.get("role", "user") == "user"
        and fields.get("seed_type", "prompt") in ("prompt", "objective")
        and not fields.get("sequence")
        and not fields.get("parameters")
        and isinstance(fields.get("value"), str)
    )


def licence_of(name: str) -> str:
    """The licence of a seed set as far as it is stated; `unknown` otherwise."""
    return _LICENCES.get(name.partition("/")[0], "unknown")
