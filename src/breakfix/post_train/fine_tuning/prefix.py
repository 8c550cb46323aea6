"""Rows of one forward pass mostly open with the same tokens (the system turn): those are computed once.

Causal attention makes it exact: a row's later positions see the same keys and values whether its opening was computed
alone or with the others, and gradients flow back through them. For the starter model's 24 system tokens in rows of 80
that is a fifth of a pass.
"""
# pyright: basic
# torch modules are untyped

from typing import Any

_WORTH = 8
"""Shared tokens from which on a pass of its own pays."""
_ROPE = ("default", "linear", "llama3")
"""Position encodings that do not depend on the length of the whole sequence."""


def can_share(model: Any) -> bool:
    """Whether every layer of `model` attends to all earlier positions, so that an opening can be computed apart."""
    config = model.config.get_text_config()
    layers = getattr(config, "layer_types", None) or ["full_attention"]
    rope = getattr(config, "rope_parameters", None) or {}
    return (
        set(layers) == {"full_attention"} and rope.get("rope_type") in _ROPE and not model.is_activation_checkpointing
    )


def shared_opening(input_ids: Any, attention_mask: Any, scored: Any) -> int:
    """How many first tokens all rows share, none of them scored or needed to score the next one; 0 if not worth it.

    `input_ids` and `attention_mask` are (batch, length), `scored` (batch, length - 1) marks the positions whose next
    token is scored.
    """
    if len(input_ids) == 1:
        return 0
    equal = (input_ids == input_ids[:1]).all(0) & attention_mask.bool().all(0)
    opening = int(equal.long().cumprod(0).sum())
    shared = min(opening, int(scored.any(0).long().argmax()))
    return shared if shared >= _WORTH else 0


def states_after(backbone: Any, shared: int, input_ids: Any, attention_mask: Any) -> Any:
    """Last hidden states (batch, length - shared, size) of the positions after the first `shared`, which are alike."""
    from transformers import DynamicCache

    cache = DynamicCache(config=backbone.config)
    backbone(input_ids=input_ids[:1, :shared], past_key_values=cache, use_cache=True)
    cache.batch_repeat_interleave(len(input_ids))
    rest = backbone(
        input_ids=input_ids[:, shared:], attention_mask=attention_mask, past_key_values=cache, use_cache=True
    )
    return rest.last_hidden_state
