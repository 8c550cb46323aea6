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

IGNORED = -100
"""Label of a token that is not trained."""
_BYTES = 3 << 29
"""Most memory for the logits of one pass (logits, log-probabilities and their gradient); beyond it TRL's head runs."""
_BYTES_PER_LOGIT = 12
_SCALED = ("final_logit_softcapping", "logit_scale", "output_multiplier", "lm_head_multiplier", "logits_scaling")
"""Configuration keys of architectures that do more than a projection; they keep TRL's head."""


def score_answers_only(model: Any) -> bool:
    """Gives `model`, which already has TRL's fused head, a head that skips prompts and padding.

    Returns whether it fits: GPUs, mixture-of-experts models and models that scale their logits keep TRL's head.
    """
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
        hidden = self.base_model(*args, **{**kwargs, "use_cache": False}).last_hidden_state[:, :-1]
        return _score(hidden, self.get_output_embeddings(), labels[:, 1:])

    model.forward = types.MethodType(forward, model)
    return True


def _logit_bytes(labels: Any, vocabulary: int) -> int:
    return int((labels[:, 1:] != IGNORED).sum()) * vocabulary * _BYTES_PER_LOGIT


def _score(hidden: Any, head: Any, labels: Any) -> Any:
    """Per-token scores of `labels` (batch, length), -100 where nothing is scored; `hidden` is (batch, length, size)."""
    import torch
    from trl.trainer.utils import FusedCausalLMOutput

    mask = labels != IGNORED
    wanted = labels[mask]  # (n)
    logits = torch.nn.functional.linear(hidden[mask], head.weight, head.bias).float()  # (n, vocabulary)
    log_probs = torch.log_softmax(logits, dim=-1)

    def spread(values: Any) -> Any:
        return values.new_zeros(mask.shape).masked_scatter(mask, values)

    with torch.no_grad():
        entropy = -(log_probs.exp() * log_probs).sum(-1)
        top = log_probs.argmax(-1) == wanted
        mean = logits.mean(-1)
    return FusedCausalLMOutput(
        log_probs=spread(log_probs.gather(1, wanted[:, None])[:, 0]),
        entropy=spread(entropy),
        mean_logits=spread(mean),
        is_top1=spread(top),
        label_mask=mask,
    )
