"""Token by token: one batch of prompts is continued until every row has ended or is full.

Differs from `transformers.generate` in four ways that matter here: rows that have ended leave the batch, the
key-value cache has exactly the length this batch needs (`generate` keeps the longest length it has ever seen, which
changes bf16 rounding with history), sampling draws from one random stream per row, so that a sampled reply does not
depend on its neighbours, and no global random state is touched.
"""
# pyright: basic
# torch's tensors and transformers' models are only partly typed

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from breakfix.records import Sampling
from breakfix.targets.local.loading import LocalModel

_SHRINK_AT = 0.5
"""Share of live rows at which ended ones leave the batch: selecting rows copies the whole cache."""


@dataclass(frozen=True, slots=True)
class Continuation:
    """What the model wrote after one prompt."""

    ids: tuple[int, ...]
    """Generated tokens, without the token that ended them."""
    ended: bool
    """Whether the model ended by itself."""


def continue_prompts(
    local: LocalModel, prompts: Sequence[Sequence[int]], *, sampling: Sampling, streams: Sequence[Random]
) -> list[Continuation]:
    """Continues each prompt by up to `sampling.max_new_tokens` tokens; `streams[i]` is the chance of row i."""
    import torch

    with torch.inference_mode():
        return _Batch(local, prompts, sampling, streams).run()


class _Batch:
    """The rows still being written, in step."""

    def __init__(
        self, local: LocalModel, prompts: Sequence[Sequence[int]], sampling: Sampling, streams: Sequence[Random]
    ) -> None:
        import torch

        self.local, self.sampling, self.streams = local, sampling, list(streams)
        self.width = max(len(prompt) for prompt in prompts)
        self.inputs, self.mask = left_padded(local, prompts, self.width + sampling.max_new_tokens)
        self.positions = (self.mask[:, : self.width].cumsum(-1) - 1).clamp(min=0)
        self.cache = _new_cache(local, self.width + sampling.max_new_tokens)
        self.rows = list(range(len(prompts)))
        self.written: list[list[int]] = [[] for _ in prompts]
        self.ended = [False] * len(prompts)
        self.ends = frozenset(local.end_tokens)
        self.torch = torch

    def run(self) -> list[Continuation]:
        """Writes until nothing is left to write."""
        for step in range(self.sampling.max_new_tokens):
            tokens = _choose(self._logits(step), self.sampling, [self.streams[row] for row in self.rows])
            live = self._note(tokens.tolist())
            if not live:
                break
            self.inputs, self.positions = tokens[:, None], self.positions[:, -1:] + 1
            if len(live) <= _SHRINK_AT * len(self.rows):
                self._keep(live)
        return [Continuation(tuple(ids), ended) for ids, ended in zip(self.written, self.ended, strict=True)]

    def _logits(self, step: int) -> Any:
        """Next-token logits of the rows in the batch, (rows, vocabulary)."""
        output = self.local.model(
            input_ids=self.inputs,
            attention_mask=self.mask[:, : self.width + step],
            past_key_values=self.cache,
            use_cache=True,
            **accepted_arguments(self.local.model, position_ids=self.positions, logits_to_keep=1),
        )
        return output.logits[:, -1].float()

    def _note(self, tokens: list[int]) -> list[int]:
        """Writes one token down per row; returns the places in the batch of rows that go on."""
        live: list[int] = []
        for place, (row, token) in enumerate(zip(self.rows, tokens, strict=True)):
            if self.ended[row]:
                continue
            if token in self.ends:
                self.ended[row] = True
            else:
                self.written[row].append(token)
                live.append(place)
        return live

    def _keep(self, places: list[int]) -> None:
        """Takes ended rows out of the batch."""
        index = self.torch.tensor(places, device=self.local.device)
        self.rows = [self.rows[place] for place in places]
        self.inputs, self.positions, self.mask = self.inputs[index], self.positions[index], self.mask[index]
        self.cache.reorder_cache(index)


def left_padded(local: LocalModel, prompts: Sequence[Sequence[int]], length: int) -> tuple[Any, Any]:
    """Prompt ids (rows, longest prompt) padded on the left, and a mask (rows, `length`) that is 0 on the padding."""
    import torch

    width = max(len(prompt) for prompt in prompts)
    ids = torch.full((len(prompts), width), local.pad_token, dtype=torch.long)
    mask = torch.ones((len(prompts), length), dtype=torch.long)
    for row, prompt in enumerate(prompts):
        ids[row, width - len(prompt) :] = torch.tensor(prompt)
        mask[row, : width - len(prompt)] = 0
    return ids.to(local.device), mask.to(local.device)


def _new_cache(local: LocalModel, length: int) -> Any:
    from transformers import DynamicCache, StaticCache

    config = local.model.config.get_text_config(decoder=True)
    if getattr(local.model, "_can_compile_fullgraph", False):  # transformers' own mark of static-cache support
        return StaticCache(config=config, max_cache_len=length)
    return DynamicCache(config=config)


def _choose(logits: Any, sampling: Sampling, streams: Sequence[Random]) -> Any:
    """Next tokens (rows,) from logits (rows, vocabulary): the likeliest, or drawn by inverting the nucleus' CDF."""
    import torch

    if sampling.temperature == 0:
        return logits.argmax(-1)
    ordered, tokens = torch.softmax(logits / sampling.temperature, -1).sort(-1, descending=True)
    cumulative = ordered.cumsum(-1)
    nucleus = cumulative - ordered < sampling.top_p  # the smallest set whose probability reaches top_p
    mass = (ordered * nucleus).sum(-1, keepdim=True)
    draws = torch.tensor([[stream.random()] for stream in streams], dtype=mass.dtype, device=mass.device) * mass
    place = torch.searchsorted(cumulative, draws).clamp(max=nucleus.sum(-1, keepdim=True) - 1)
    return tokens.gather(-1, place).squeeze(-1)


def accepted_arguments(model: Any, **arguments: Any) -> dict[str, Any]:
    """Those of `arguments` that the model's forward pass knows; not every architecture has all."""
    known = inspect.signature(model.forward).parameters
    return {name: value for name, value in arguments.items() if name in known}
