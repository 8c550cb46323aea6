"""Device and number format are what was asked for, what the machine has, or an error."""

import pytest

from breakfix.errors import TargetError
from breakfix.targets.local.hardware import _numbered, choose_device, choose_dtype

pytestmark = pytest.mark.model


def test_a_device_that_is_not_there_is_an_error_that_says_what_to_do() -> None:
    import torch

    absent = "mps" if torch.cuda.is_available() else "cuda"
    with pytest.raises(TargetError, match=absent) as raised:
        choose_device(absent)
    assert 'device = "auto"' in str(raised.value)


@pytest.mark.parametrize("name", ["tpu", "", "gpu:0"])
def test_an_unknown_device_is_an_error(name: str) -> None:
    with pytest.raises(TargetError, match="no device"):
        choose_device(name)


@pytest.mark.parametrize("name", ["cuda:2", "cuda:x", "cuda:-1"])
def test_a_gpu_number_beyond_the_last_is_an_error(name: str) -> None:
    with pytest.raises(TargetError, match="this machine has 2"):
        _numbered(name, 2)
    assert _numbered("cuda:1", 2) == "cuda:1"


def test_auto_finds_a_device_and_a_format_that_work() -> None:
    import torch

    device = choose_device("auto")
    assert device == ("cuda" if torch.cuda.is_available() else "cpu")
    assert choose_dtype("auto", device) in ("bfloat16", "float32")
    assert choose_dtype("auto", "mps") == "float32"


def test_a_format_that_was_asked_for_is_taken() -> None:
    assert choose_device("cpu") == "cpu"
    assert choose_dtype("float16", "cpu") == "float16"
