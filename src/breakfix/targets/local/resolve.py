"""From the name a user writes to a folder with a model in it: the starter, a local folder, a hub id."""
# pyright: basic
# huggingface_hub's error classes come from untyped bases

import os
from pathlib import Path

from breakfix.errors import TargetError
from breakfix.store.files import storage
from breakfix.targets.local.quiet import quiet_transformers
from breakfix.targets.local.starter import NAME, starter_folder

_WANTED = ["*.safetensors", "*.json", "*.jinja", "*.model", "*.txt"]
_CODE = ["*.py"]
_DUPLICATES = ["consolidated*", "original/*"]
"""The same weights once more, in the publisher's own layout."""


def resolve_model(model: str, *, revision: str | None = None, remote_code: bool = False) -> Path:
    """The local folder of `model`, fetched from the hub when it is neither `starter` nor a folder here.

    Raises TargetError when there is no such folder or hub model, or the hub cannot be reached and has left no copy.
    """
    if model == NAME:
        return starter_folder()
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder.absolute()
    if _looks_like_a_path(model):
        raise TargetError("no such model folder", where=model, hint="check the path, or name a model of the hub")
    return _from_hub(model, revision=revision, patterns=_WANTED + (_CODE if remote_code else []))


def _looks_like_a_path(model: str) -> bool:
    return model.startswith((".", "~", os.sep)) or model.count("/") > 1 or Path(model).exists()


def _from_hub(model: str, *, revision: str | None, patterns: list[str]) -> Path:
    from huggingface_hub import constants, errors, snapshot_download

    try:
        with quiet_transformers(), storage(Path(constants.HF_HUB_CACHE)):
            found = snapshot_download(
                model,
                revision=revision,
                allow_patterns=patterns,
                ignore_patterns=_DUPLICATES,
                endpoint=os.environ.get("HF_ENDPOINT"),
            )
    except errors.HFValidationError:
        raise TargetError(
            f"{model!r} is neither a folder here nor a model id",
            hint=f"use {NAME!r}, a folder, or an id such as HuggingFaceTB/SmolLM2-135M-Instruct",
        ) from None
    except errors.GatedRepoError:
        raise TargetError(
            f"the hub asks for permission to read {model!r}",
            hint="accept the model's terms on its page and set HF_TOKEN",
        ) from None
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError):
        raise TargetError(
            f"the hub has no model {model!r}" + (f" at revision {revision!r}" if revision else ""),
            hint="check the spelling; a private model needs HF_TOKEN",
        ) from None
    except (errors.HfHubHTTPError, errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled, OSError) as error:
        raise TargetError(
            f"the model hub cannot be reached for {model!r} ({type(error).__name__}) and no copy is on this machine",
            hint=f"check the network, name a local folder, or use the packaged model: model = {NAME!r}",
        ) from None
    return Path(found)
