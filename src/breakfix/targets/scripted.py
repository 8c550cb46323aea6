"""The fake that ships: a model as a table of rules, without weights and almost without cost."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from breakfix.errors import TargetError
from breakfix.protocols import Identity, LogLikelihood
from breakfix.records import Conversation, Reply, Sampling
from breakfix.records.scripted import SCRIPTED_FILE, ScriptedModel
from breakfix.store.digest import value_digest
from breakfix.store.files import write_atomic
from breakfix.targets._script import Script, last_user_text
from breakfix.targets.local.cache import cache_folder

_SURE, _UNSURE = -0.1, -1.0
"""Log-probability of a word that the model would say itself, and of any other."""


def target(
    *, model: str = "", name: str = "scripted", delay_s: Annotated[float, Field(ge=0.0)] = 0.0
) -> "ScriptedTarget":
    """A target that answers by rule.

    Args:
        model: Folder with a `scripted.json` (a ScriptedModel); empty for the built-in one, which complies with all.
        name: Name in tables.
        delay_s: Seconds to wait before each batch of replies, to rehearse with a slow model.

    Raises:
        TargetError: `model` holds no readable `scripted.json`.
    """
    return ScriptedTarget(_read(Path(model).expanduser()) if model else ScriptedModel(), model, name, delay_s)


class ScriptedTarget:
    """A target that answers, scores and can be trained without a model."""

    def __init__(self, script: ScriptedModel, folder: str, name: str, delay_s: float) -> None:
        """`folder` holds the script; empty for the built-in one."""
        self._record, self._folder, self._name, self._delay_s = script, folder, name, delay_s
        self._script = Script(script)

    @property
    def name(self) -> str:
        """Short name for tables."""
        return self._name

    @property
    def identity(self) -> Identity:
        """The digest of the script stands for the weights."""
        return {
            "engine": "scripted",
            "dtype": None,
            "device": None,
            "weights": value_digest(self._record.model_dump(mode="json")),
        }

    @property
    def checkpoint(self) -> Path:
        """Folder with the `scripted.json` from which a scripted trainer can start."""
        if self._folder:
            return Path(self._folder).expanduser().absolute()
        folder = cache_folder() / f"scripted-{str(self.identity['weights'])[:12]}"
        if not (folder / SCRIPTED_FILE).exists():
            write_atomic(folder / SCRIPTED_FILE, self._record.model_dump_json(indent=1) + "\n")
        return folder

    def reply(self, conversations: Sequence[Conversation], sampling: Sampling) -> list[Reply]:
        """One reply per conversation by the first rule that fits; a word counts as a token, chance plays no part."""
        if self._delay_s:
            time.sleep(self._delay_s)
        answer, most = self._script.answer, sampling.max_new_tokens
        return [answer(conversation, most) for conversation in conversations]

    def log_likelihoods(self, prompts: Sequence[Conversation], answers: Sequence[str]) -> list[LogLikelihood]:
        """-0.1 for each word of an answer that occurs in the model's own reply to the prompt, -1 for any other word."""
        return [self._score(prompt, answer) for prompt, answer in zip(prompts, answers, strict=True)]

    def _score(self, prompt: Conversation, answer: str) -> LogLikelihood:
        own = set(self._script.text(last_user_text(prompt) or "").lower().split())
        words = answer.lower().split()
        return LogLikelihood(total=sum(_SURE if word in own else _UNSURE for word in words), tokens=len(words))


def _read(folder: Path) -> ScriptedModel:
    path = folder / SCRIPTED_FILE
    try:
        return ScriptedModel.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise TargetError(
            "there is no scripted model here",
            where=str(path),
            hint="leave `model` out for the built-in one, or name a folder with a scripted.json",
        ) from None
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in problem["loc"])
        raise TargetError(
            f"not a scripted model: {place}: {problem['msg']}",
            where=str(path),
            hint="its keys are the fields of breakfix.records.scripted.ScriptedModel",
        ) from None
