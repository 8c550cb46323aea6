"""Decoding a batch gives each row what `transformers.generate` gives it alone, and sampling follows the model."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from breakfix.records import Sampling
from breakfix.store.randomness import stream
from breakfix.targets.local.decoding import Continuation, continue_prompts
from breakfix.targets.local.loading import LocalModel, load_model

pytestmark = pytest.mark.model
GREEDY = Sampling(max_new_tokens=12)
PREFIX = list(range(40, 70))


@pytest.fixture(scope="module")
def local(tiny_model: Path) -> LocalModel:
    return ending_with(load_model(tiny_model, dtype="float32", device="cpu"), ())


def ending_with(local: LocalModel, tokens: Iterable[int]) -> LocalModel:
    return replace(local, end_tokens=tuple(tokens))


def prompts(prefix: Sequence[int]) -> list[list[int]]:
    """Seven prompts of 1 to 40 tokens after `prefix`."""
    rng = stream(1, "test", "prompts")
    return [[*prefix, *(rng.randrange(250) for _ in range(length))] for length in (1, 40, 7, 23, 7, 2, 31)]


def streams(count: int, seed: int = 0) -> list[Random]:
    return [stream(seed, "test", str(row)) for row in range(count)]


def run(local: LocalModel, rows: list[list[int]], sampling: Sampling, seed: int = 0) -> list[Continuation]:
    return continue_prompts(local, rows, sampling=sampling, streams=streams(len(rows), seed))


def generated(local: LocalModel, prompt: list[int], most: int) -> list[int]:
    import torch

    ids = torch.tensor([prompt])
    output = local.model.generate(
        input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=most, do_sample=False, eos_token_id=-1
    )
    return output[0, len(prompt) :].tolist()


@pytest.mark.parametrize("prefix", [[], PREFIX], ids=["nothing shared", "a shared prefix"])
def test_each_row_reads_as_if_it_were_generated_alone(local: LocalModel, prefix: list[int]) -> None:
    rows = prompts(prefix)
    wanted = [generated(local, row, GREEDY.max_new_tokens) for row in rows]
    assert [list(written.ids) for written in run(local, rows, GREEDY)] == wanted


def test_rows_that_end_leave_and_the_others_go_on_unchanged(local: LocalModel) -> None:
    rows = prompts(PREFIX)
    whole = [generated(local, row, 20) for row in rows]
    ends = {whole[0][2], whole[1][5], whole[2][9]}
    for full, written in zip(whole, run(ending_with(local, ends), rows, Sampling(max_new_tokens=20)), strict=True):
        place = next((place for place, token in enumerate(full) if token in ends), None)
        assert list(written.ids) == full[:place]
        assert written.ended == (place is not None)


def test_a_reply_of_one_token_needs_one_pass(local: LocalModel) -> None:
    (written,) = run(local, [[1, 2, 3]], Sampling(max_new_tokens=1))
    assert list(written.ids) == generated(local, [1, 2, 3], 1)
    assert not written.ended


def test_a_sampled_row_does_not_depend_on_its_neighbours(local: LocalModel) -> None:
    sampling = Sampling(max_new_tokens=10, temperature=1.0, top_p=0.95)
    rows = prompts([])
    together = run(local, rows, sampling)
    alone = [
        continue_prompts(local, [row], sampling=sampling, streams=[one])[0]
        for row, one in zip(rows, streams(len(rows)), strict=True)
    ]
    assert together == alone
    assert together != run(local, rows, sampling, seed=1)


def test_no_global_random_state_is_used(local: LocalModel) -> None:
    import torch

    before = torch.random.get_rng_state()
    run(local, prompts([]), Sampling(max_new_tokens=3, temperature=1.0))
    assert torch.equal(before, torch.random.get_rng_state())


def first_tokens(local: LocalModel, sampling: Sampling, draws: int) -> Counter[int]:
    rows = [[65, 66]] * draws
    return Counter(written.ids[0] for written in run(local, rows, sampling))


def probabilities(local: LocalModel, temperature: float) -> list[float]:
    import torch

    with torch.inference_mode():
        logits = local.model(input_ids=torch.tensor([[65, 66]])).logits[0, -1]
    return torch.softmax(logits / temperature, -1).tolist()


def test_samples_have_the_models_own_frequencies(local: LocalModel) -> None:
    draws = 3000
    expected = probabilities(local, 1.5)
    seen = first_tokens(local, Sampling(max_new_tokens=1, temperature=1.5), draws)
    for token, share in enumerate(expected):
        spread = (share * (1 - share) / draws) ** 0.5
        assert abs(seen[token] / draws - share) <= 5 * spread + 1 / draws


def test_the_nucleus_is_the_smallest_set_that_reaches_top_p(local: LocalModel) -> None:
    expected = probabilities(local, 3.0)
    ordered = sorted(range(len(expected)), key=lambda token: -expected[token])
    nucleus: list[int] = []
    while sum(expected[token] for token in nucleus) < 0.3:
        nucleus.append(ordered[len(nucleus)])
    seen = first_tokens(local, Sampling(max_new_tokens=1, temperature=3.0, top_p=0.3), 1500)
    assert len(nucleus) > 1
    assert set(seen) == set(nucleus)


def test_a_tiny_top_p_is_greedy(local: LocalModel) -> None:
    rows = prompts(PREFIX)
    assert run(local, rows, Sampling(max_new_tokens=5, temperature=2.0, top_p=1e-9)) == run(
        local, rows, Sampling(max_new_tokens=5)
    )
