"""Prompts read into a key-value cache, the tokens that all of them begin with only once.

Chat templates begin every prompt with the same system turn, and many-shot prompts with the same shots: a batch reads
that prefix as a single row and copies its keys and values to all rows.
"""
# pyright: basic
# torch's tensors and transformers' models are only partly typed

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from breakfix.targets.local.loading import LocalModel

_WORTH_SHARING = 64
"""Tokens that sharing must save before it pays for a second pass."""


@dataclass(slots=True)
class Prefilled:
    """A batch of prompts that the model has read."""

    cache: Any
    """Keys and values of all prompts, padded on the left of what follows the shared prefix."""
    mask: Any
    """(rows, tokens in the cache): 0 on the padding."""
    positions: Any
    """(rows, 1): position of each prompt's last token."""
    logits: Any
    """(rows, vocabulary): scores of the first token after each prompt, float32."""


def prefill(local: LocalModel, prompts: Sequence[Sequence[int]]) -> Prefilled:
    """Reads `prompts` (token ids, none empty) as one batch; to be called in inference mode."""
    import torch

    cache = _new_cache(local)
    shared = _sharable(cache, prompts)
    if shared:
        prefix = torch.tensor([prompts[0][:shared]], device=local.device)
        places = torch.arange(shared, device=local.device)[None]
        forward(local, prefix, mask=torch.ones_like(prefix), positions=places, cache=cache)
        cache.reorder_cache(torch.zeros(len(prompts), dtype=torch.long, device=local.device))
    ids, own = left_padded(local, [prompt[shared:] for prompt in prompts])
    mask = torch.cat([own.new_ones(len(prompts), shared), own], 1)
    positions = (mask.cumsum(-1) - 1).clamp(min=0)[:, shared:]
    logits = forward(local, ids, mask=mask, positions=positions, cache=cache)[:, -1].float()
    return Prefilled(cache, mask, positions[:, -1:], logits)


def forward(local: LocalModel, ids: Any, *, mask: Any, positions: Any, cache: Any, keep: int = 1) -> Any:
    """Logits (rows, `keep`, vocabulary) of the last `keep` of the tokens `ids` (rows, tokens), which join the cache."""
    output = local.model(
        input_ids=ids,
        attention_mask=mask,
        past_key_values=cache,
        use_cache=True,
        **_accepted(local.model, position_ids=positions, logits_to_keep=keep),
    )
    return output.logits[:, -keep:]


def left_padded(local: LocalModel, prompts: Sequence[Sequence[int]]) -> tuple[Any, Any]:
    """Ids (rows, longest prompt) padded on the left, and a mask of the same shape that is 0 on the padding."""
    import torch

    width = max(len(prompt) for prompt in prompts)
    ids = torch.full((len(prompts), width), local.pad_token, dtype=torch.long)
    mask = torch.ones((len(prompts), width), dtype=torch.long)
    for row, prompt in enumerate(prompts):
        ids[row, width - len(prompt) :] = torch.tensor(prompt)
        mask[row, : width - len(prompt)] = 0
    return ids.to(local.device), mask.to(local.device)


def shared_prefix(prompts: Sequence[Sequence[int]]) -> int:
    """Number of tokens that all prompts begin with, at least one token of each left over."""
    rows = [list(prompt) for prompt in prompts]
    first, last = min(rows), max(rows)  # whatever these two share, all between them in order share
    most = min(len(row) for row in rows) - 1
    return next((place for place in range(most) if first[place] != last[place]), most)


def _sharable(cache: Any, prompts: Sequence[Sequence[int]]) -> int:
    """Length of the prefix to read once; 0 where it does not pay or the model's cache is not plain attention."""
    from transformers.cache_utils import DynamicLayer

    shared = shared_prefix(prompts)
    plain = bool(cache.layers) and all(type(layer) is DynamicLayer for layer in cache.layers)
    return shared if plain and shared * (len(prompts) - 1) >= _WORTH_SHARING else 0


def _new_cache(local: LocalModel) -> Any:
    from transformers import DynamicCache

    return DynamicCache(config=local.model.config.get_text_config(decoder=True))


def _accepted(model: Any, **arguments: Any) -> dict[str, Any]:
    """Those of `arguments` that the model's forward pass knows; not every architecture has all."""
    known = inspect.signature(model.forward).parameters
    return {name: value for name, value in arguments.items() if name in known}
