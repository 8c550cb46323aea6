"""Only safetensors are read, and a digest names exactly what was read."""

from pathlib import Path

import pytest

from breakfix.errors import WeightsError
from breakfix.targets.local.weights import safetensors_of, tokenizer_digest, weights_digest


def model(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return folder


def test_pickled_weights_are_refused_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"pytorch_model\.bin.*can run code") as raised:
        safetensors_of(model(tmp_path, config__json="{}", pytorch_model__bin="x"))
    assert "save_pretrained" in str(raised.value)


def test_pickled_weights_beside_safetensors_are_not_read(tmp_path: Path) -> None:
    folder = model(tmp_path, model__safetensors="x", pytorch_model__bin="x")
    assert [path.name for path in safetensors_of(folder)] == ["model.safetensors"]


def test_an_adapter_alone_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="adapter") as raised:
        safetensors_of(model(tmp_path, adapter_config__json="{}", adapter_model__safetensors="x"))
    assert "merge" in str(raised.value)


def test_an_empty_folder_has_no_weights(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no safetensors"):
        safetensors_of(tmp_path)


def test_the_digest_follows_the_content_and_not_the_place(tmp_path: Path) -> None:
    first = model(tmp_path / "a", model__safetensors="weights", config__json="{}")
    same = model(tmp_path / "b", model__safetensors="weights", config__json="{}", README__md="other")
    other = model(tmp_path / "c", model__safetensors="Weights", config__json="{}")
    assert weights_digest(first) == weights_digest(same) != weights_digest(other)
    before = weights_digest(first)
    model(first, model__safetensors="retrained!")
    assert weights_digest(first) != before


def test_the_configuration_is_part_of_the_weights(tmp_path: Path) -> None:
    folder = model(tmp_path, model__safetensors="x", config__json='{"rope_theta": 1}')
    before = weights_digest(folder)
    model(folder, config__json='{"rope_theta": 10}')
    assert weights_digest(folder) != before


def test_the_tokenizer_has_its_own_digest(tmp_path: Path) -> None:
    folder = model(tmp_path, tokenizer__json="a", model__safetensors="x")
    before = tokenizer_digest(folder)
    model(folder, model__safetensors="y")
    assert tokenizer_digest(folder) == before
    model(folder, tokenizer__json="b")
    assert tokenizer_digest(folder) != before
