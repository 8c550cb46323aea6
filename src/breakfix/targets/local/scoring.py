"""How likely a model finds given answers; a prompt with several answers is read once."""
# pyright: basic
# torch's tensors and transformers' models are only partly typed

from collections.abc import Sequence
from typing import Any

from breakfix.protocols import LogLikelihood
from breakfix.targets.local.loading import LocalModel
from breakfix.targets.local.prefill import Prefilled, forward, prefill


def score_answers(
    local: LocalModel, prompts: Sequence[Sequence[int]], answers: Sequence[Sequence[int]]
) -> list[LogLikelihood]:
    """Log-likelihood (natural log) of the tokens `answers[i]` right after the tokens `prompts[i]`, as one batch."""
    import torch

    keys = [tuple(prompt) for prompt in prompts]
    unique = list(dict.fromkeys(keys))
    place = {key: number for number, key in enumerate(unique)}
    with torch.inference_mode():
        state = prefill(local, unique)
        rows = torch.tensor([place[key] for key in keys], device=local.device)
        logits = _answer_logits(local, state, rows, answers)
        return [_sum(logits[row], answer) for row, answer in enumerate(answers)]


def _answer_logits(local: LocalModel, state: Prefilled, rows: Any, answers: Sequence[Sequence[int]]) -> Any:
    """Scores (answers, longest answer, vocabulary): place t scores token t of the answer."""
    import torch

    first = state.logits[rows][:, None]
    longest = max(len(answer) for answer in answers)
    if longest <= 1:
        return first
    read = torch.full((len(answers), longest - 1), local.pad_token, dtype=torch.long)
    for row, answer in enumerate(answers):
        known = answer[:-1]
        read[row, : len(known)] = torch.tensor(known, dtype=torch.long)
    read = read.to(local.device)
    state.cache.reorder_cache(rows)
    later = forward(
        local,
        read,
        mask=torch.cat([state.mask[rows], torch.ones_like(read)], 1),  # what pads an answer comes after all it scores
        positions=state.positions[rows] + 1 + torch.arange(longest - 1, device=local.device),
        cache=state.cache,
        keep=longest - 1,
    )
    return torch.cat([first.to(later.dtype), later], 1)


def _sum(logits: Any, answer: Sequence[int]) -> LogLikelihood:
    """Sum of the log-probabilities of `answer` under logits (answer tokens or more, vocabulary)."""
    import torch

    if not answer:
        return LogLikelihood(total=0.0, tokens=0)
    wanted = torch.tensor(answer, device=logits.device)
    chosen = torch.log_softmax(logits[: len(answer)].float(), -1).gather(-1, wanted[:, None])
    return LogLikelihood(total=float(chosen.sum()), tokens=len(answer))
