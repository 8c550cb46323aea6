"""Adapters in a row become one that adds exactly the same."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from breakfix.errors import WeightsError
from breakfix.post_train.adapters import combine

LAYERS = ("base_model.model.model.layers.0.self_attn.q_proj", "base_model.model.model.layers.0.mlp.up_proj")


def adapter(
    folder: Path, *, rank: int, alpha: float, seed: int, layers: tuple[str, ...] = LAYERS, **extra: object
) -> Path:
    draw = np.random.default_rng(seed)
    folder.mkdir()
    config = {"peft_type": "LORA", "r": rank, "lora_alpha": alpha, "target_modules": ["up_proj", "q_proj"], **extra}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    weights = {}
    for layer in layers:
        weights[f"{layer}.lora_A.weight"] = draw.standard_normal((rank, 6)).astype(np.float32)
        weights[f"{layer}.lora_B.weight"] = draw.standard_normal((5, rank)).astype(np.float32)
    save_file(weights, folder / "adapter_model.safetensors")
    return folder


def delta(folder: Path, layer: str) -> np.ndarray:
    config = json.loads((folder / "adapter_config.json").read_text())
    weights = load_file(folder / "adapter_model.safetensors")
    scaling = config["lora_alpha"] / (np.sqrt(config["r"]) if config.get("use_rslora") else config["r"])
    return scaling * weights[f"{layer}.lora_B.weight"] @ weights[f"{layer}.lora_A.weight"]


ranks = st.lists(st.tuples(st.integers(1, 6), st.floats(0.5, 32.0), st.booleans()), min_size=1, max_size=3)


@given(ranks)
@settings(deadline=None, max_examples=25)
def test_the_combined_adapter_adds_what_its_parts_add(
    tmp_path_factory: pytest.TempPathFactory, parts: list[tuple[int, float, bool]]
) -> None:
    root = tmp_path_factory.mktemp("adapters")
    made = [
        adapter(root / str(number), rank=rank, alpha=alpha, seed=number, use_rslora=rs)
        for number, (rank, alpha, rs) in enumerate(parts)
    ]
    combine(made, root / "all")
    for layer in LAYERS:
        wanted = sum(delta(part, layer) for part in made)
        np.testing.assert_allclose(delta(root / "all", layer), wanted, rtol=1e-5, atol=1e-4)
    assert json.loads((root / "all" / "adapter_config.json").read_text())["r"] == sum(rank for rank, _, _ in parts)


@pytest.mark.parametrize(
    "odd", [{"use_dora": True}, {"rank_pattern": {"q_proj": 4}}, {"peft_type": "IA3"}, {"bias": "all"}], ids=str
)
def test_what_cannot_be_combined_exactly_is_refused(tmp_path: Path, odd: dict[str, object]) -> None:
    made = adapter(tmp_path / "odd", rank=2, alpha=4, seed=0, **odd)
    with pytest.raises(WeightsError, match="plain LoRA"):
        combine([made], tmp_path / "all")


def test_adapters_of_different_modules_are_refused(tmp_path: Path) -> None:
    parts = [
        adapter(tmp_path / "a", rank=2, alpha=4, seed=0),
        adapter(tmp_path / "b", rank=2, alpha=4, seed=1, layers=LAYERS[:1]),
    ]
    with pytest.raises(WeightsError, match="different modules"):
        combine(parts, tmp_path / "all")
