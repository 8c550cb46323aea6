"""Scores are the model's own log-probabilities, however prompts and answers are batched."""

import math
from pathlib import Path

import pytest

from breakfix.targets.local.loading import LocalModel, load_model
from breakfix.targets.local.scoring import score_answers

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def local(tiny_model: Path) -> LocalModel:
    return load_model(tiny_model, dtype="float32", device="cpu")


def plainly(local: LocalModel, prompt: list[int], answer: list[int]) -> float:
    import torch

    with torch.inference_mode():
        logits = local.model(input_ids=torch.tensor([prompt + answer])).logits[0]
    scores = torch.log_softmax(logits, -1)
    return sum(float(scores[len(prompt) - 1 + place, token]) for place, token in enumerate(answer))


def test_scores_equal_a_plain_pass_over_prompt_and_answer(local: LocalModel) -> None:
    long, short = list(range(90, 40, -1)), [7, 8]
    shared = [*list(range(30)), 99]
    prompts = [long, short, long, shared, [*shared[:30], 5], short, long]
    answers = [[1, 2, 3], [4], [9, 9, 9, 9, 9, 9], [5, 6], [1], [], [3]]
    scores = score_answers(local, prompts, answers)
    for score, prompt, answer in zip(scores, prompts, answers, strict=True):
        assert score.total == pytest.approx(plainly(local, prompt, answer), rel=1e-4, abs=1e-4)
        assert score.tokens == len(answer)


def test_the_probabilities_of_all_one_token_answers_sum_to_one(local: LocalModel) -> None:
    answers = [[token] for token in range(len(local.tokenizer))]
    scores = score_answers(local, [[1, 2, 3]] * len(answers), answers)
    assert sum(math.exp(score.total) for score in scores) == pytest.approx(1.0, abs=1e-4)


def test_nothing_is_certain(local: LocalModel) -> None:
    assert [score.total for score in score_answers(local, [[1], [2]], [[], []])] == [0.0, 0.0]
