"""How likely a model finds given answers."""
# pyright: basic
# torch's tensors and transformers' models are only partly typed

from collections.abc import Sequence
from typing import Any

from breakfix.protocols import LogLikelihood
from breakfix.targets.local.decoding import accepted_arguments, left_padded
from breakfix.targets.local.loading import LocalModel


def score_answers(
    local: LocalModel, prompts: Sequence[Sequence[int]], answers: Sequence[Sequence[int]]
) -> list[LogLikelihood]:
    """Log-likelihood of the tokens `answers[i]` right after the tokens `prompts[i]`, as one padded batch."""
    import torch

    rows = [[*prompt, *answer] for prompt, answer in zip(prompts, answers, strict=True)]
    ids, mask = left_padded(local, rows, max(len(row) for row in rows))
    longest = max(len(answer) for answer in answers)
    with torch.inference_mode():
        output = local.model(
            input_ids=ids,
            attention_mask=mask,
            use_cache=False,
            **accepted_arguments(
                local.model, position_ids=(mask.cumsum(-1) - 1).clamp(min=0), logits_to_keep=longest + 1
            ),
        )
        # position t predicts token t + 1, so the last position predicts nothing that is asked for
        logits = output.logits[:, -longest - 1 : -1]
        return [_sum(logits[row, longest - len(answer) :], answer) for row, answer in enumerate(answers)]


def _sum(logits: Any, answer: Sequence[int]) -> LogLikelihood:
    """Sum over (answer tokens, vocabulary) logits of the log-probabilities of `answer`."""
    import torch

    if not answer:
        return LogLikelihood(total=0.0, tokens=0)
    wanted = torch.tensor(answer, device=logits.device)
    chosen = torch.log_softmax(logits.float(), -1).gather(-1, wanted[:, None])
    return LogLikelihood(total=float(chosen.sum()), tokens=len(answer))
