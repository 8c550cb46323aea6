"""`breakfix tune`: which settings are searched, in which ranges, for how long."""

import math
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, Discriminator, Field, Tag, model_validator

from breakfix.config.mistakes import nearest
from breakfix.config.section import PluginChoice, Section

Setting = bool | int | float | str
TUNED = ("curate", "post_train")
"""Sections that may be searched: what makes a recipe, never what measures it."""
NO_RECIPE = {
    "curate": frozenset({"sources", "chunk", "failure_share"}),
    "post_train": frozenset({"recipe", "launcher", "save_steps"}),
}
"""Settings of these sections that belong to a machine or to its data, or stand for others: no part of a recipe."""
_TOLERANCE = 1e-9


class Span(Section):
    """A range of numbers; whole bounds give whole numbers."""

    low: int | float
    high: int | float
    log: bool = False
    """Search the exponent evenly, for settings that act by their order of magnitude."""
    step: int | float | None = None

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are meant."""
        return all(isinstance(each, int) for each in (self.low, self.high, self.step or 0))

    @property
    def top(self) -> int | float:
        """The highest value that the steps reach."""
        if self.step is None:
            return self.high
        return self.at(self.steps)

    @property
    def steps(self) -> int:
        """How many steps fit; 0 without steps."""
        return int((self.high - self.low) / self.step + _TOLERANCE) if self.step else 0

    def at(self, number: int) -> int | float:
        """The value after so many steps, without the dust of binary fractions."""
        return min(round(self.low + number * (self.step or 0), 12), self.high)

    def tidy(self, value: float) -> int | float:
        """The nearest value of the range that is short to write: whole, on a step, or of four digits."""
        if self.step is not None:
            return self.at(min(self.steps, max(0, round((value - self.low) / self.step))))
        short = round(value) if self.whole else float(f"{value:.4g}")
        return min(max(short, self.low), self.high)

    def holds(self, value: Any) -> bool:
        """Whether `value` can be proposed."""
        if not isinstance(value, int | float) or isinstance(value, bool) or not self.low <= value <= self.high:
            return False
        return math.isclose(self.tidy(value), value, rel_tol=1e-9) if self.whole or self.step else True

    @model_validator(mode="after")
    def _range(self) -> Self:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low <= self.high):
            raise ValueError("low must not be above high, and both be finite")
        if self.log and self.low <= 0:
            raise ValueError("a logarithmic range begins above 0")
        if self.step is not None and (self.log or not 0 < self.step < math.inf):
            raise ValueError("a step is above 0 and does not go with log")
        return self


Dimension = Annotated[
    Annotated[Span, Tag("range")] | Annotated[tuple[Setting, ...], Tag("values")],
    Discriminator(lambda given: "range" if isinstance(given, dict | Span) else "values"),
]

_SPACE: dict[str, Dimension] = {
    "post_train.sft.learning_rate": Span(low=2e-5, high=2e-4, log=True),
    "post_train.sft.epochs": Span(low=1, high=3),
    "curate.sft_rows": Span(low=300, high=1600, log=True),
    "curate.refusal_share": Span(low=0.2, high=0.5, step=0.05),
    "curate.look_alike_share": Span(low=0.3, high=0.6, step=0.05),
    "post_train.dpo.enabled": (True, False),
    "post_train.dpo.learning_rate": Span(low=2e-6, high=5e-5, log=True),
    "post_train.dpo.beta": Span(low=0.05, high=0.3, log=True),
}


class TuneSettings(Section):
    """`breakfix tune`: the search for a recipe, on the dev split."""

    trials: int = Field(default=24, ge=1)
    """Recipes to train and measure, over all sessions; impossible and repeated ones do not count."""
    minutes: float | None = Field(default=None, gt=0.0)
    """Most time for trials, over all sessions; round 0 is not counted. None leaves it to `trials`."""
    sampler: Literal["tpe", "nsga2", "random", "grid"] = "tpe"
    """Who proposes recipes; `tpe` and `nsga2` need Optuna (the extra `tune`)."""
    grid_points: int = Field(default=3, ge=2)
    """Of `grid`: values per range."""
    seed: int = 0
    """Of the proposals; data and training keep the run's own seed."""
    dev_items: int | None = Field(default=120, ge=1)
    """Items per suite, all of the dev split; None takes all."""
    shortest_answers: float = Field(default=0.9, ge=0.0, le=1.0)
    """Least length of answers to ordinary prompts, as a share of the unfixed model's, for a recipe to be chosen."""
    space: dict[str, Dimension] = _SPACE
    """Key of the configuration to a range or to a list of values; what is written here replaces the whole default."""

    @model_validator(mode="after")
    def _searchable(self) -> Self:
        if not self.space:
            raise ValueError("an empty space leaves nothing to tune")
        for key, dimension in self.space.items():
            if dimension == ():
                raise ValueError(f"{key}: an empty list of values")
        return self


def wrong_keys(space: dict[str, Dimension], config: type[BaseModel]) -> list[str]:
    """What is wrong with the keys of `space` for a configuration of the class `config`, one line each."""
    return [problem for key in space if (problem := _problem(key, config))]


def _problem(key: str, config: type[BaseModel]) -> str | None:
    keys = _tunable(config)
    if key in keys or any(key.startswith(f"{place}.") for place, annotation in keys.items() if _is_plugin(annotation)):
        return None
    near = nearest(key, list(keys))
    return (
        f"{key!r} cannot be tuned: keys of {' and '.join(TUNED)} can, and plug-ins' own options"
        if near is None
        else f"unknown key {key!r}; did you mean {near!r}?"
    )


def _tunable(config: type[BaseModel]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for section in TUNED:
        leaves = _leaves(section, config.model_fields[section].annotation)
        found |= {key: kind for key, kind in leaves.items() if key.split(".")[1] not in NO_RECIPE[section]}
    return found


def _leaves(place: str, model: Any) -> dict[str, Any]:
    """Key to annotation of every setting below `place`."""
    found: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        below = f"{place}.{name}"
        if _is_section(field.annotation) and not _is_plugin(field.annotation):
            found |= _leaves(below, field.annotation)
        else:
            found[below] = field.annotation
    return found


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Section)


def _is_plugin(annotation: Any) -> bool:
    kinds = (annotation, *get_args(annotation))
    return any(isinstance(kind, type) and issubclass(kind, PluginChoice) for kind in kinds)
