"""What perturbations do to a model: attack success, what the validity filter leaves of it, and changed verdicts.

AdvGLUE (arXiv 2111.02840, section 4): `ASR = Σ 1[f(A(x)) ≠ y] / Σ 1[f(x) = y]` over the texts that the model gets
right; the curated ASR also wants A(x) to be valid; `filter rate = 1 − curated / ASR`, which is the share of invalid
texts among the successful ones and has an interval of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from breakfix.records import Rate
from breakfix.statistics.rates import rate_of


@dataclass(frozen=True, slots=True)
class Turned:
    """One text before and after a perturbation."""

    right: bool | None
    """Whether the model is right on the original; None is undetermined."""
    fooled: bool | None
    """Whether it is wrong on the perturbed text; None is undetermined."""
    valid: bool
    """Whether the perturbed text passes the validity filter."""
    group: str
    """Cluster of the text."""


def attack_success(turned: Sequence[Turned], *, confidence: float = 0.95) -> Rate:
    """Share fooled of the texts that the model gets right; those it gets wrong are not counted at all."""
    return _rate(turned, [_fooled(each) for each in turned], confidence)


def curated_attack_success(turned: Sequence[Turned], *, confidence: float = 0.95) -> Rate:
    """The same, where only a valid text may fool."""
    values = [None if (fooled := _fooled(each)) is None else fooled and each.valid for each in turned]
    return _rate(turned, values, confidence)


def filter_rate(turned: Sequence[Turned], *, confidence: float = 0.95) -> Rate:
    """Share of the successful texts that are invalid; `curated = ASR · (1 − filter rate)` holds exactly."""
    hits = [each for each in turned if each.right and each.fooled]
    return rate_of([float(not each.valid) for each in hits], [each.group for each in hits], confidence=confidence)


def changed_share(
    before: Sequence[bool | None], after: Sequence[bool | None], clusters: Sequence[str], *, confidence: float = 0.95
) -> Rate:
    """Share of pairs whose verdict changed either way; a pair of which one side is undetermined is."""
    values = [
        None if one is None or other is None else float(one != other) for one, other in zip(before, after, strict=True)
    ]
    return rate_of(values, clusters, confidence=confidence)


def _fooled(each: Turned) -> bool | None:
    return None if each.right is None else each.fooled


def _rate(turned: Sequence[Turned], values: Sequence[bool | None], confidence: float) -> Rate:
    kept = [(value, each.group) for each, value in zip(turned, values, strict=True) if each.right is not False]
    return rate_of(
        [None if value is None else float(value) for value, _ in kept],
        [group for _, group in kept],
        confidence=confidence,
    )
