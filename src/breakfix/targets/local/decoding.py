"""Token by token: one batch of prompts is continued until every row has ended or is full.

Differs from `transformers.generate` where it matters here: what all prompts share is read once, rows that have ended
leave the batch, sampling draws from one random stream per row, so that a sampled reply does not depend on its
neighbours, and neither a global random state nor the model remembers a call.
"""
# pyright: basic
# torch's tensors and transformers' models are only partly typed

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from breakfix.records import Sampling
from breakfix.targets.local.loading import LocalModel
from breakfix.targets.local.prefill import Prefilled, forward, prefill

_SHRINK_AT = 0.75
"""Share of rows still live at which the ended ones leave the batch: leaving copies the cache of the others."""


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

    written = [_Row(stream) for stream in streams]
    with torch.inference_mode():
        _write(local, prompts, sampling, written)
    return [Continuation(tuple(row.ids), row.ended) for row in written]


@dataclass(slots=True)
class _Row:
    """One reply under way."""

    stream: Random
    ids: list[int] = field(default_factory=list)
    ended: bool = False

    def take(self, token: int, end_tokens: frozenset[int]) -> None:
        """Writes `token` down, unless the reply is over."""
        if not self.ended:
            self.ended = token in end_tokens
            if not self.ended:
                self.ids.append(token)


def _write(local: LocalModel, prompts: Sequence[Sequence[int]], sampling: Sampling, written: Sequence[_Row]) -> None:
    state = prefill(local, prompts)
    rows, logits, end_tokens = list(written), state.logits, frozenset(local.end_tokens)
    for left in range(sampling.max_new_tokens - 1, -1, -1):
        tokens = _choose(logits, sampling, [row.stream for row in rows])
        for row, token in zip(rows, tokens.tolist(), strict=True):
            row.take(token, end_tokens)
        live = [place for place, row in enumerate(rows) if not row.ended]
        if not live or not left:
            return
        if len(live) <= _SHRINK_AT * len(rows):
            rows, tokens = [rows[place] for place in live], _kept(state, tokens, live)
        logits = _next_logits(local, state, tokens)


def _next_logits(local: LocalModel, state: Prefilled, tokens: Any) -> Any:
    """Reads one more token per row; returns the scores (rows, vocabulary) of the one after it."""
    import torch

    state.mask = torch.cat([state.mask, torch.ones_like(tokens[:, None])], 1)
    state.positions = state.positions + 1
    logits = forward(local, tokens[:, None], mask=state.mask, positions=state.positions, cache=state.cache)
    return logits[:, -1].float()


def _kept(state: Prefilled, tokens: Any, live: list[int]) -> Any:
    """Takes all but the `live` rows out of the batch; returns what is left of `tokens`."""
    import torch

    index = torch.tensor(live, device=tokens.device)
    state.cache.reorder_cache(index)
    state.mask, state.positions = state.mask[index], state.positions[index]
    return tokens[index]


def _choose(logits: Any, sampling: Sampling, streams: Sequence[Random]) -> Any:
    """Next tokens (rows,) from logits (rows, vocabulary): the likeliest, or drawn by inverting the nucleus' CDF."""
    import torch

    if sampling.temperature == 0:
        return logits.argmax(-1)
    ordered, tokens = torch.softmax(logits / sampling.temperature, -1).sort(-1, descending=True)
    cumulative = ordered.cumsum(-1)
    # the smallest set of tokens whose probability reaches top_p (Holtzman et al. 2020, equation 2)
    size = (cumulative - ordered < sampling.top_p).sum(-1, keepdim=True).clamp(min=1)
    mass = cumulative.gather(-1, size - 1)
    draws = torch.tensor([[stream.random()] for stream in streams], dtype=mass.dtype, device=mass.device)
    place = torch.searchsorted(cumulative, draws * mass, right=True)
    return tokens.gather(-1, torch.minimum(place, size - 1)).squeeze(-1)
