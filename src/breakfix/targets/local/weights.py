"""Weights on disk: only safetensors are read, and what was read is named by digest."""

from functools import lru_cache
from pathlib import Path

from breakfix.errors import WeightsError
from breakfix.store.digest import file_digest, value_digest

SAFE = "*.safetensors"
UNSAFE = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.h5", "*.msgpack")
TOKENIZER = (
    "tokenizer.json",
    "tokenizer_config.json",
    "tokenizer.model",
    "special_tokens_map.json",
    "vocab.*",
    "merges.*",
)
ADAPTER = "adapter_config.json"


def safetensors_of(folder: Path) -> list[Path]:
    """The safetensors files of a model folder, in name order; raises WeightsError when there is none to load."""
    found = sorted(folder.glob(SAFE))
    if (folder / ADAPTER).exists() and not (folder / "config.json").exists():
        raise WeightsError(
            "this is an adapter, not a whole model",
            where=str(folder),
            hint="merge it into its base model first (PEFT: merge_and_unload, then save_pretrained)",
        )
    if found:
        return found
    pickled = sorted(path.name for pattern in UNSAFE for path in folder.glob(pattern))
    if pickled:
        raise WeightsError(
            f"the weights ({', '.join(pickled[:3])}) are in a format that can run code when it is read",
            where=str(folder),
            hint="save them as safetensors: model.save_pretrained(folder) in an environment you trust",
        )
    raise WeightsError(
        "no safetensors files here", where=str(folder), hint="name a model folder that holds model.safetensors"
    )


def weights_digest(folder: Path) -> str:
    """SHA-256 over names and contents of the weights and of the model's configuration."""
    return _digest_of([*safetensors_of(folder), *folder.glob("config.json")])


def tokenizer_digest(folder: Path) -> str:
    """SHA-256 over names and contents of the tokenizer's files."""
    return _digest_of(sorted({path for pattern in TOKENIZER for path in folder.glob(pattern)}))


def _digest_of(paths: list[Path]) -> str:
    entries = [
        (path.name, _unchanged_file_digest(path, path.stat().st_mtime_ns, path.stat().st_size)) for path in paths
    ]
    return value_digest(entries)


@lru_cache(maxsize=256)
def _unchanged_file_digest(path: Path, _mtime_ns: int, _size: int) -> str:
    return file_digest(path)
