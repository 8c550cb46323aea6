"""TRL's DPO trainer with two steps put in where it has no hook: before and while the reference is computed."""
# pyright: basic
# trl is only partly typed

from collections.abc import Callable
from typing import Any


def preference_trainer(mend: Callable[[Any], Any], hasten: Callable[[Any], Any], **arguments: Any) -> Any:
    """A DPOTrainer made with `arguments`.

    `mend` gets the tokenised data and returns what is trained on, the reference's log-probabilities included; TRL
    would compute those from the unmended data. `hasten` gets the model before its first reference pass.
    """
    from trl.trainer.dpo_trainer import DPOTrainer

    class MendedTrainer(DPOTrainer):
        def _prepare_dataset(self, *given: Any, **named: Any) -> Any:
            return mend(super()._prepare_dataset(*given, **named))

        def compute_ref_log_probs(self, model: Any, inputs: Any) -> Any:
            hasten(self.model)
            return super().compute_ref_log_probs(model, inputs)

    return MendedTrainer(**arguments)
