"""Name to plug-in: a folder is the registry, entry points extend it.

A file `crescendo.py` in `red_team/attacks/` is the attack `crescendo`; it defines one factory named after its kind
(`def attack(...)`), whose typed keyword arguments are its options. Others add theirs by an entry point in the group
`breakfix.<kind>` that names a module of the same shape. Listing reads file names only and imports nothing.
"""

import importlib
import inspect
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import ConfigDict, ValidationError, create_model

from breakfix.config import describe, nearest
from breakfix.errors import ConfigError, MissingExtra, UnknownPlugin

KINDS: dict[str, str] = {
    "target": "breakfix.targets",
    "judge": "breakfix.judges",
    "attack": "breakfix.red_team.attacks",
    "goals": "breakfix.red_team.goals",
    "suite": "breakfix.benchmark.suites",
    "source": "breakfix.curate.sources",
    "trainer": "breakfix.post_train.trainers",
}
"""Kind (and factory name) to the package whose folder is its registry."""

_ROOT = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class PluginEntry:
    """Where a plug-in of a name lives."""

    kind: str
    name: str
    module: str
    owner: str
    """Distribution that ships it."""


def entries(kind: str) -> dict[str, PluginEntry]:
    """Every plug-in of `kind` by name; raises ConfigError when two owners claim one name."""
    package = KINDS[kind]
    folder = _ROOT.joinpath(*package.split(".")[1:])
    found = {
        path.stem: PluginEntry(kind, path.stem, f"{package}.{path.stem}", "breakfix")
        for path in sorted(folder.glob("*.py"))
        if not path.stem.startswith("_")
    }
    for point in metadata.entry_points(group=f"breakfix.{kind}"):
        owner = point.dist.name if point.dist else "unknown"
        if point.name in found:
            raise ConfigError(
                f"two {kind} plug-ins are called {point.name!r}: one of {found[point.name].owner}, one of {owner}",
                hint="uninstall one of them or rename its entry point",
            )
        found[point.name] = PluginEntry(kind, point.name, point.value, owner)
    return found


def caption(entry: PluginEntry) -> str:
    """First docstring line of the plug-in's file, read without importing a built-in one."""
    if entry.owner != "breakfix":
        return (inspect.getdoc(importlib.import_module(entry.module)) or "").partition("\n")[0]
    text = _ROOT.joinpath(*entry.module.split(".")[1:]).with_suffix(".py").read_text(encoding="utf-8")
    return text.lstrip().removeprefix('"""').partition("\n")[0].removesuffix('"""')


def make(kind: str, name: str, options: dict[str, Any] | None = None, **given: Any) -> Any:
    """The plug-in `name` of `kind`, made with the user's `options` and what it wants of what the cycle has `given`.

    Raises UnknownPlugin, ConfigError or MissingExtra.
    """
    build = factory(find(kind, name))
    wanted = {key: value for key, value in given.items() if key in inspect.signature(build).parameters}
    return build(**check(kind, name, options or {}, given=tuple(given)), **wanted)


def check(kind: str, name: str, options: dict[str, Any], *, given: tuple[str, ...] = ()) -> dict[str, Any]:
    """`options` validated and converted by the factory's own signature; raises before any work starts."""
    build = factory(find(kind, name))
    hints = get_type_hints(build, include_extras=True)  # keeps bounds such as Field(ge=1)
    fields: dict[str, Any] = {
        parameter.name: (
            hints.get(parameter.name, Any),
            ... if parameter.default is inspect.Parameter.empty else parameter.default,
        )
        for parameter in inspect.signature(build).parameters.values()
        if parameter.name not in given
    }
    model = create_model(
        "Options",
        __config__=ConfigDict(extra="forbid", arbitrary_types_allowed=True, protected_namespaces=()),
        **fields,
    )
    try:
        checked = model(**options)
    except ValidationError as error:
        raise ConfigError(describe(error, sorted(fields)), where=f"{kind} {name!r}") from None
    return {key: getattr(checked, key) for key in options}


def find(kind: str, name: str) -> PluginEntry:
    """The plug-in `name` of `kind`; raises UnknownPlugin with the nearest right name."""
    known = entries(kind)
    if name in known:
        return known[name]
    near = nearest(name, list(known))
    raise UnknownPlugin(
        f"there is no {kind} called {name!r}" + (f"; did you mean {near!r}?" if near else ""),
        hint=f"`breakfix list {kind}` shows them: {', '.join(known) or 'none'}",
    )


def factory(entry: PluginEntry) -> Any:
    """The function that makes the plug-in; raises MissingExtra when a package that its module needs is missing."""
    try:
        module = importlib.import_module(entry.module)
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] == "breakfix":
            raise
        raise MissingExtra(
            f"the {entry.kind} {entry.name!r} needs the Python package {error.name!r}, which is not installed",
            hint="install the extra that carries it: pip install 'breakfix[local]'",
        ) from None
    build = getattr(module, entry.kind, None)
    if build is None:
        raise ConfigError(
            f"the plug-in {entry.module} defines no function {entry.kind!r}", hint="see docs/plugins.md for its shape"
        )
    return build
