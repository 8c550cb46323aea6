"""Log-probabilities of tokens from hidden states, forward and backward, a few tokens at a time.

Written out by hand because automatic differentiation keeps several float32 copies of the (tokens, vocabulary) logits;
this keeps one, in the format of the computation.
"""
# pyright: basic
# torch's autograd functions are untyped

import functools
from collections.abc import Iterator
from typing import Any

_TILE = 256
"""Tokens whose float32 logits exist at a time."""


def token_scores(states: Any, weight: Any, bias: Any, wanted: Any) -> tuple[Any, Any, Any, Any]:
    """For each of n tokens: log-probability of `wanted`, entropy, mean logit, and whether `wanted` is the likeliest.

    `states` is (n, size), `weight` (vocabulary, size), `bias` (vocabulary) or None, `wanted` (n). Only the
    log-probability has a gradient. Computes in the autocast format where autocast is on.
    """
    return _function().apply(states, weight, bias, wanted)


def _tiles(count: int) -> Iterator[slice]:
    return (slice(first, min(first + _TILE, count)) for first in range(0, count, _TILE))


@functools.cache
def _function() -> Any:
    import torch

    class TokenScores(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, states: Any, weight: Any, bias: Any, wanted: Any) -> Any:
            device, count = states.device.type, len(states)
            dtype = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else states.dtype
            low_states, low_weight = states.to(dtype), weight.to(dtype)
            logits = torch.nn.functional.linear(low_states, low_weight, None if bias is None else bias.to(dtype))
            log_z, log_probs, entropy, mean = (states.new_empty(count, dtype=torch.float32) for _ in range(4))
            top = torch.empty_like(wanted, dtype=torch.bool)
            for tile in _tiles(count):
                row = logits[tile].float()
                log_z[tile] = row.logsumexp(-1)
                log_probs[tile] = row.gather(1, wanted[tile, None])[:, 0] - log_z[tile]
                mean[tile], top[tile] = row.mean(-1), row.argmax(-1) == wanted[tile]
                entropy[tile] = log_z[tile] - (row * (row - log_z[tile, None]).exp_()).sum(-1)
            ctx.save_for_backward(low_states, low_weight, bias, wanted, logits, log_z)
            ctx.formats = states.dtype, weight.dtype
            ctx.mark_non_differentiable(entropy, mean, top)
            return log_probs, entropy, mean, top

        @staticmethod
        def backward(ctx: Any, gradient: Any, *_: Any) -> Any:
            states, weight, bias, wanted, logits, log_z = ctx.saved_tensors
            of_states, of_weight, of_bias = ctx.needs_input_grad[:3]
            grad_states = torch.empty_like(states) if of_states else None
            grad_weight = torch.zeros_like(weight, dtype=torch.float32) if of_weight else None
            grad_bias = torch.zeros_like(bias, dtype=torch.float32) if of_bias else None
            for tile in _tiles(len(states)):
                # d log p(w) / d logit(v) = [v = w] - p(v)
                row = (logits[tile].float() - log_z[tile, None]).exp_().mul_(-gradient[tile, None].float())
                row.scatter_add_(1, wanted[tile, None], gradient[tile, None].float())
                low = row.to(states.dtype)
                if grad_states is not None:
                    grad_states[tile] = low @ weight
                if grad_weight is not None:
                    grad_weight += low.T @ states[tile]
                if grad_bias is not None:
                    grad_bias += row.sum(0)
            state_format, weight_format = ctx.formats
            return (
                None if grad_states is None else grad_states.to(state_format),
                None if grad_weight is None else grad_weight.to(weight_format),
                None if grad_bias is None else grad_bias.to(bias.dtype),
                None,
            )

    return TokenScores
