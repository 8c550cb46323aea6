"""Training that goes wrong while its loss looks fine, or not even that: what stops a job and what is marked."""

import math
from collections.abc import Sequence
from statistics import fmean

from breakfix.errors import TrainingFailed
from breakfix.records import TrainingStep

PREFIX = "alarm/"
"""Alarms are values of their step whose names begin so."""
WINDOW = 5
"""Steps over which rewards are averaged before an alarm."""

_MARGIN = 0.01
_SHARE = 0.1


def check_step(before: Sequence[TrainingStep], step: TrainingStep) -> TrainingStep:
    """`step` with its alarms among its values; `before` are up to four earlier steps of its phase.

    Raises TrainingFailed when the loss or the gradient is not a finite number.
    """
    gradient = step.values.get("grad_norm", 0.0)
    if not (math.isfinite(step.loss) and math.isfinite(gradient)):
        raise TrainingFailed(
            f"{step.phase} step {step.step}: the loss is {step.loss} and the gradient norm {gradient}",
            hint=f"lower post_train.{step.phase}.learning_rate; if it is low already, set the trainer's "
            'precision = "float32"',
        )
    if _displaces([*before, step]):
        return step.model_copy(update={"values": {**step.values, f"{PREFIX}displacement": 1.0}})
    return step


def _displaces(steps: Sequence[TrainingStep]) -> bool:
    """Whether the chosen answers grow less likely while the margin grows (likelihood displacement, arXiv 2410.08847).

    The chosen reward is beta times the log-probability gained since the reference, on the same rows, so unlike the
    log-probability itself it does not move with the length of the rows of a batch.
    """
    recent = steps[-WINDOW:]
    if len(recent) < WINDOW or any("rewards/margins" not in step.values for step in recent):
        return False
    chosen = fmean(step.values["rewards/chosen"] for step in recent)
    margin = fmean(step.values["rewards/margins"] for step in recent)
    return margin > _MARGIN and chosen < -_SHARE * margin
