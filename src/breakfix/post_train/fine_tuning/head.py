"""A language-model head that scores only the tokens that are trained, for CPUs.

TRL's fused head scores every position where Triton is missing, prompts and padding included, and computes the
projection onto the vocabulary twice. For a small model on a CPU that is more than a third of a step. This one keeps
TRL's contract (`model(..., labels=..., fused_lm_head=True)` returns a FusedCausalLMOutput) and gives the same numbers.
"""
# pyright: basic
# torch modules are patched here, which no type describes

import functools
import types
from typing import Any

from breakfix.post_train.fine_tuning.prefix import can_share, shared_opening, states_after
from breakfix.post_train.fine_tuning.token_scores import token_scores

IGNORED = -100
"""Label of a token that is not trained."""
_BYTES = 1 << 30
"""Most memory for the logits of one pass, kept for its backward pass; beyond it TRL's head runs, which keeps none."""
_BYTES_PER_LOGIT = 4
_SCALED = ("final_logit_softcapping", "logit_scale", "output_multiplier", "lm_head_multiplier", "logits_scaling")
"""Configuration keys of architectures that do more than a projection; they keep TRL's head."""


def score_answers_only(model: Any) -> bool:
    """Gives `model`, which already has TRL's fused head, a head that skips prompts and padding.

    Returns whether it fits: GPUs, mixture-of-experts models and models that scale their logits keep TRL's head. Calling
    it again changes nothing.
    """
    if getattr(model.forward, "answers_only", False):
        return True
    config = model.config.get_text_config()
    scaled = any(getattr(config, key, None) is not None for key in _SCALED)
    if model.device.type != "cpu" or scaled or hasattr(config, "output_router_logits"):
        return False
    whole = model.forward

    @functools.wraps(type(model).forward)
    def forward(self: Any, *args: Any, fused_lm_head: bool = False, labels: Any = None, **kwargs: Any) -> Any:
        known = fused_lm_head and "shift_labels" not in kwargs
        if labels is None or not (known and 0 < _logit_bytes(labels, config.vocab_size) <= _BYTES):
            return whole(*args, fused_lm_head=fused_lm_head, labels=labels, **kwargs)
        scored = labels[:, 1:] != IGNORED
        return _score(_states(self, scored, *args, **kwargs), self.get_output_embeddings(), labels[:, 1:], scored)

    forward.answers_only = True  # type: ignore[attr-defined]
    model.forward = types.MethodType(forward, model)
    return True


def _states(model: Any, scored: Any, *args: Any, **kwargs: Any) -> Any:
    """The last hidden states from which tokens are scored, (n, size); `scored` (batch, length - 1) marks them."""
    kwargs = {**kwargs, "use_cache": False}
    if not args and kwargs.keys() == {"input_ids", "attention_mask", "use_cache"} and can_share(model):
        ids, mask = kwargs["input_ids"], kwargs["attention_mask"]
        shared = shared_opening(ids, mask, scored)
        if shared:
            return states_after(model.base_model, shared, ids, mask)[:, :-1][scored[:, shared:]]
    return model.base_model(*args, **kwargs).last_hidden_state[:, :-1][scored]


def _logit_bytes(labels: Any, vocabulary: int) -> int:
    return int((labels[:, 1:] != IGNORED).sum()) * vocabulary * _BYTES_PER_LOGIT


def _score(states: Any, head: Any, labels: Any, scored: Any) -> Any:
    """TRL's per-token scores (batch, length - 1), zero where nothing is scored.

    `states` are the (n, size) hidden states of the scored positions, `labels` and `scored` (batch, length - 1).
    """
    from trl.trainer.utils import FusedCausalLMOutput

    values = token_scores(states, head.weight, head.bias, labels[scored])
    log_probs, entropy, mean, top = (part.new_zeros(scored.shape).masked_scatter(scored, part) for part in values)
    return FusedCausalLMOutput(log_probs=log_probs, entropy=entropy, mean_logits=mean, is_top1=top, label_mask=scored)
