"""The head that scores answers only gives TRL's numbers and TRL's gradients."""
# pyright: basic
# torch and trl are only partly typed

from pathlib import Path
from typing import Any

import pytest

from breakfix.post_train.fine_tuning import head, prefix
from breakfix.post_train.fine_tuning.weights import load_model

pytestmark = [pytest.mark.model, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
OUTPUTS = ("log_probs", "entropy", "mean_logits", "is_top1")


def batch_of(opening: int) -> dict[str, Any]:
    """Three rows of up to 30 tokens that share the first `opening`; prompts of 14 tokens, one answer short."""
    import torch

    torch.manual_seed(1)
    ids = torch.randint(3, 200, (3, 30))
    ids[:, :opening] = ids[0, :opening]
    labels = ids.clone()
    labels[:, :14] = -100
    labels[1, 20:] = -100
    mask = torch.ones_like(ids)
    mask[1, 20:] = 0
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


@pytest.fixture
def batch() -> dict[str, Any]:
    return batch_of(0)


def with_heads(toy: Path) -> tuple[Any, Any]:
    from trl.trainer.utils import add_fused_lm_head

    theirs, ours = load_model(toy, "float32"), load_model(toy, "float32")
    for model in (theirs, ours):
        add_fused_lm_head(model, outputs=OUTPUTS)
    assert head.score_answers_only(ours)
    return theirs, ours


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("opening", [0, 9, 14, 18], ids=lambda count: f"{count} shared tokens")
def test_scores_and_gradients_equal_trls(toy: Path, opening: int, precision: str) -> None:
    import torch

    batch = batch_of(opening)

    tolerance = {"float32": {"rtol": 1e-4, "atol": 1e-5}, "bfloat16": {"rtol": 5e-2, "atol": 5e-2}}[precision]
    found = []
    for model in with_heads(toy):
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            scored = model(**batch, fused_lm_head=True)
        (-scored.log_probs.sum() / scored.label_mask.sum()).backward()
        gradients = torch.cat([weight.grad.flatten() for weight in model.parameters()])
        found.append(([getattr(scored, name).float() for name in (*OUTPUTS, "label_mask")], gradients))
    (their_scores, their_gradients), (our_scores, our_gradients) = found
    for name, theirs, ours in zip((*OUTPUTS, "label_mask"), their_scores, our_scores, strict=True):
        if name != "is_top1" or precision == "float32":  # rounding may tip a near tie
            torch.testing.assert_close(ours, theirs, **tolerance, msg=lambda text, name=name: f"{name}: {text}")
    torch.testing.assert_close(our_gradients, their_gradients, **tolerance)


def test_a_call_without_labels_is_an_ordinary_forward_pass(toy: Path, batch: dict[str, Any]) -> None:
    import torch

    theirs, ours = with_heads(toy)
    inputs = {key: batch[key] for key in ("input_ids", "attention_mask")}
    torch.testing.assert_close(ours(**inputs).logits, theirs(**inputs).logits)


def test_a_pass_without_any_answer_is_left_to_trl(toy: Path, batch: dict[str, Any]) -> None:
    import torch

    _, ours = with_heads(toy)
    empty = {**batch, "labels": torch.full_like(batch["labels"], -100)}
    assert not ours(**empty, fused_lm_head=True).log_probs.any()


def test_logits_beyond_the_memory_limit_are_left_to_trl(
    toy: Path, batch: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    theirs, ours = with_heads(toy)
    monkeypatch.setattr(head, "_BYTES", 100)
    torch.testing.assert_close(
        ours(**batch, fused_lm_head=True).log_probs, theirs(**batch, fused_lm_head=True).log_probs, rtol=0, atol=0
    )


def test_the_opening_stops_before_the_first_state_that_is_needed() -> None:
    import torch

    ids = torch.tensor([[5, 6, 7, 8, 9] * 4, [5, 6, 7, 8, 9] * 4])
    mask, scored = torch.ones_like(ids), torch.zeros(2, 19, dtype=torch.bool)
    scored[0, 12:], scored[1, 15:] = True, True
    assert prefix.shared_opening(ids, mask, scored) == 12
    ids[1, 10] = 1
    assert prefix.shared_opening(ids, mask, scored) == 10
    mask[1, 9:] = 0
    assert prefix.shared_opening(ids, mask, scored) == 9
    ids[1, 3] = 1
    assert prefix.shared_opening(ids, mask, scored) == 0, "three tokens are not worth a pass"
    assert prefix.shared_opening(ids[:1], mask[:1], scored[:1]) == 0


def test_only_full_attention_with_plain_positions_is_shared(toy: Path) -> None:
    model = load_model(toy, "float32")
    assert prefix.can_share(model)
    model.config.layer_types = ["full_attention", "sliding_attention"]
    assert not prefix.can_share(model)
    model.config.layer_types = None
    model.config.rope_parameters = {"rope_type": "longrope"}
    assert not prefix.can_share(model)


def test_the_head_is_put_on_once(toy: Path) -> None:
    _, ours = with_heads(toy)
    forward = ours.forward
    assert head.score_answers_only(ours)
    assert ours.forward is forward


@pytest.mark.parametrize("odd", [{"logit_scale": 0.5}, {"output_router_logits": True}], ids=str)
def test_architectures_that_do_more_than_project_keep_trls_head(toy: Path, odd: dict[str, Any]) -> None:
    model = load_model(toy, "float32")
    for key, value in odd.items():
        setattr(model.config, key, value)
    assert not head.score_answers_only(model)
