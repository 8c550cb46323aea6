"""PyRIT's text converters by name: which there are, what they want, and one of them at work."""
# pyright: basic, reportMissingImports=false
# PyRIT is optional, and typed in parts

import inspect
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from breakfix.config import nearest
from breakfix.errors import ConfigError
from breakfix.red_team.pyrit_bridge import api

Options = Mapping[str, str | int | float | bool]
_WHERE = "attack 'pyrit_converter'"
_SUFFIX = "Converter"
_PLAIN = (str, int, float, bool)
_BARE = ("LLMGenericText",)
"""What others are built on; does nothing without a prompt that a configuration cannot hold."""


@dataclass(frozen=True, slots=True)
class ConverterEntry:
    """A converter that works here: texts in, texts out, no file and no network of its own."""

    name: str
    """Class name without `Converter`, such as `Base64`."""
    kind: Literal["text", "model"]
    """`model` has the adversary rewrite the text."""
    options: tuple[str, ...]
    """Its options that a configuration can hold."""
    required: tuple[str, ...]
    """Those of them without a default."""


@lru_cache(maxsize=1)
def converters() -> dict[str, ConverterEntry]:
    """Every converter that works here, by name; raises MissingExtra without PyRIT.

    Left out are those for images, sounds and documents, and those that want an object which a configuration cannot
    hold, such as a tokenizer.
    """
    api.memory()
    import pyrit.converter as px

    names = [name.removesuffix(_SUFFIX) for name in sorted(px.__all__) if name.endswith(_SUFFIX)]
    found = [_entry(name) for name in names]
    return {entry.name: entry for entry in found if entry is not None}


def converter_entry(name: str, options: Options) -> ConverterEntry:
    """The converter `name`; raises ConfigError for an unknown one, and for options that it has not or misses."""
    api.memory()
    entry = _entry(name)
    if entry is None:
        near = nearest(name, list(converters()))
        raise ConfigError(
            f"PyRIT has no converter {name!r} that works here" + (f"; did you mean {near!r}?" if near else ""),
            where=_WHERE,
            hint=f"known: {', '.join(converters())}",
        )
    unknown = next((option for option in options if option not in entry.options), None)
    missing = next((option for option in entry.required if option not in options), None)
    if unknown or missing:
        raise ConfigError(
            f"{name} has no option {unknown!r}" if unknown else f"{name} wants the option {missing!r}",
            where=f"{_WHERE}.options",
            hint=f"its options: {', '.join(entry.options) or 'none'}",
        )
    return entry


async def converted(entry: ConverterEntry, options: Options, text: str, seed: int) -> str:
    """`text` as the converter makes it; all its chance comes from `seed`."""
    with _chance(seed, whole_process=entry.kind == "text"):
        given: dict[str, Any] = dict(options)
        if "seed" in entry.options:
            given.setdefault("seed", seed)
        if entry.kind == "model":
            given["converter_target"] = api.endpoint("adversary")
        made = _class(entry.name)(**given)
        result = await made.convert_async(prompt=text, input_type="text")
    return result.output_text


@contextmanager
def _chance(seed: int, *, whole_process: bool) -> Iterator[None]:
    """Chance by `seed`; `whole_process` also seeds the standard library's, which a few of them use, and puts it back.

    One that waits for a model must leave that alone, since others go on meanwhile.
    """
    from pyrit.common.random_context import configure_random_seed

    configure_random_seed(seed=seed)
    before = random.getstate()
    if whole_process:
        random.seed(seed)
    try:
        yield
    finally:
        if whole_process:
            random.setstate(before)


def _class(name: str) -> Any:
    """The class of a converter; None where there is none or a package of its own is missing."""
    import pyrit.converter as px

    try:
        return getattr(px, name + _SUFFIX, None)
    except ModuleNotFoundError:  # four of the image converters want a package that PyRIT does not declare
        return None


@lru_cache(maxsize=256)
def _entry(name: str) -> ConverterEntry | None:
    found = _class(name)
    if found is None or inspect.isabstract(found) or name in _BARE:
        return None
    if "text" not in found.SUPPORTED_INPUT_TYPES or found.SUPPORTED_OUTPUT_TYPES != ("text",):
        return None
    parameters = inspect.signature(found).parameters.values()
    plain = {each.name for each in parameters if _is_plain(_hint(each, found))}
    required = {each.name for each in parameters if _is_required(each)}
    kind = "model" if "converter_target" in required else "text"
    if not required <= plain | {"converter_target"}:
        return None
    return ConverterEntry(name, kind, tuple(sorted(plain)), tuple(sorted(required & plain)))


def _is_required(parameter: inspect.Parameter) -> bool:
    if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
        return False
    return parameter.default is parameter.empty or repr(parameter.default) == "REQUIRED_VALUE"


def _hint(parameter: inspect.Parameter, found: Any) -> Any:
    """A parameter's type; None where it names what is imported for type checkers only."""
    try:
        return get_type_hints(
            SimpleNamespace(__annotations__={"it": parameter.annotation}), vars(inspect.getmodule(found))
        )["it"]
    except NameError:
        return None


def _is_plain(hint: Any) -> bool:
    """Whether a configuration can hold a value of this type."""
    origin, parts = get_origin(hint), get_args(hint)
    return hint in _PLAIN or origin is Literal or (origin in (Union, UnionType) and any(map(_is_plain, parts)))
