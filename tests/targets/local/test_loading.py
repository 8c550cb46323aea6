"""A model folder that cannot be used says why and what to do, before anything is generated from it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from breakfix.errors import BreakfixError, TargetError, WeightsError
from breakfix.targets.local.loading import load_model

pytestmark = pytest.mark.model


@pytest.fixture
def broken(tiny_model: Path, tmp_path: Path) -> Callable[[], Path]:
    """Makes a copy of the tiny model to break."""
    return lambda: Path(shutil.copytree(tiny_model, tmp_path / "model"))


def rewrite(folder: Path, name: str, **changes: object) -> None:
    path = folder / name
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def no_template(folder: Path) -> None:
    (folder / "chat_template.jinja").unlink()


def no_tokenizer(folder: Path) -> None:
    for path in (*folder.glob("tokenizer*"), *folder.glob("special*")):
        path.unlink()


def no_configuration(folder: Path) -> None:
    (folder / "config.json").unlink()


def unknown_architecture(folder: Path) -> None:
    rewrite(folder, "config.json", model_type="no-such-model", architectures=["NoSuchModel"])


def one_layer_more(folder: Path) -> None:
    rewrite(folder, "config.json", num_hidden_layers=3)


def cut_weights(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def not_weights(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"\x80\x04 not safetensors")


def no_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


@pytest.mark.parametrize(
    ("damage", "error", "what"),
    [
        (no_template, TargetError, "no chat template"),
        (no_tokenizer, TargetError, "tokenizer cannot be loaded"),
        (no_configuration, TargetError, "cannot be loaded"),
        (unknown_architecture, TargetError, "cannot be loaded"),
        (one_layer_more, WeightsError, "missing or of another shape"),
        (cut_weights, WeightsError, "damaged"),
        (not_weights, WeightsError, "damaged"),
        (no_weights, WeightsError, "no safetensors"),
    ],
)
def test_a_broken_folder_is_refused_with_its_reason(
    broken: Callable[[], Path], damage: Callable[[Path], None], error: type[BreakfixError], what: str
) -> None:
    folder = broken()
    damage(folder)
    with pytest.raises(error, match=what) as raised:
        load_model(folder, dtype="float32", device="cpu")
    assert raised.value.hint


def test_all_tokens_that_end_a_turn_are_known(broken: Callable[[], Path]) -> None:
    folder = broken()
    rewrite(folder, "generation_config.json", eos_token_id=[5, 6])
    local = load_model(folder, dtype="float32", device="cpu")
    assert local.end_tokens == (5, 6, local.tokenizer.eos_token_id)


def test_a_model_without_an_end_is_refused(broken: Callable[[], Path]) -> None:
    folder = broken()
    rewrite(folder, "generation_config.json", eos_token_id=None)
    rewrite(folder, "config.json", eos_token_id=None)
    rewrite(folder, "tokenizer_config.json", eos_token=None)
    with pytest.raises(TargetError, match="which token ends"):
        load_model(folder, dtype="float32", device="cpu")


def test_the_format_asked_for_is_the_format_loaded(tiny_model: Path) -> None:
    import torch

    assert load_model(tiny_model, dtype="bfloat16", device="cpu").model.dtype == torch.bfloat16
    assert load_model(tiny_model, dtype="float32", device="cpu").context == 512
