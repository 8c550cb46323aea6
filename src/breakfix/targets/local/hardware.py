"""Which device and number format a model runs in on this machine."""

from typing import Literal

from breakfix.errors import TargetError

Dtype = Literal["auto", "bfloat16", "float16", "float32"]


def choose_device(device: str) -> str:
    """`device`, or for `auto` the GPU where there is one, else the CPU; raises TargetError when it is absent."""
    import torch

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    kind = device.partition(":")[0]
    if kind == "cpu":
        return "cpu"
    if kind == "cuda" and torch.cuda.is_available():
        return _numbered(device, torch.cuda.device_count())
    if kind == "mps" and torch.backends.mps.is_available():
        return "mps"
    raise TargetError(
        f"this machine has no device {device!r} that PyTorch {torch.__version__} can use",
        where="target.device",
        hint='set device = "auto" (or "cpu"), or install a PyTorch build for the GPU',
    )


def choose_dtype(dtype: Dtype, device: str) -> str:
    """`dtype`, or for `auto` bfloat16 where the hardware computes in it, else float32."""
    if dtype != "auto":
        return dtype
    return "bfloat16" if _computes_bfloat16(device) else "float32"


def _numbered(device: str, count: int) -> str:
    number = device.partition(":")[2]
    if number and not (number.isdigit() and int(number) < count):
        raise TargetError(f"there is no GPU {number!r}; this machine has {count}", where="target.device")
    return device


def _computes_bfloat16(device: str) -> bool:
    """Whether bfloat16 is native: emulated, it is slower than float32."""
    import torch

    if device.startswith("cuda"):
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device == "cpu":
        found = torch.cpu.get_capabilities()
        return any(bool(found.get(name)) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return False
