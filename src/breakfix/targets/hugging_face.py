"""A chat model on this machine: the starter, a folder of safetensors, or any hub id."""

import math
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from random import Random
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from breakfix.errors import ConfigError
from breakfix.protocols import Identity, LogLikelihood
from breakfix.records import Conversation, Reply, Sampling
from breakfix.store.digest import value_digest
from breakfix.store.randomness import stream
from breakfix.targets._repeats import request_keys
from breakfix.targets.local.batching import length_sorted_batches
from breakfix.targets.local.chat_prompts import encode_answers, encode_plain, encode_prompts, failed
from breakfix.targets.local.decoding import Continuation, continue_prompts
from breakfix.targets.local.hardware import Dtype, choose_device, choose_dtype
from breakfix.targets.local.installed import require_packages
from breakfix.targets.local.loading import LocalModel, load_model, load_tokenizer
from breakfix.targets.local.memory import free_memory, halve_when_full
from breakfix.targets.local.resolve import resolve_model
from breakfix.targets.local.scoring import score_answers
from breakfix.targets.local.weights import tokenizer_digest, weights_digest

ENGINE = "transformers"
_NEEDED = ("torch", "transformers", "safetensors", "huggingface_hub")
_TOKENS_PER_ROW = 512
"""A batch of long prompts holds fewer rows: at most this many tokens times `batch_size` after padding."""
_TOO_LARGE = "one conversation alone does not fit into memory"


class Options(BaseModel):
    """How to load and run the model."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True, protected_namespaces=())

    model: str
    name: str
    dtype: Dtype
    device: str
    batch_size: int
    max_prompt_tokens: int | None
    template: Literal["chat", "none"]
    revision: str | None
    remote_code: bool


def target(
    *,
    model: str = "starter",
    name: str = "",
    dtype: Dtype = "auto",
    device: str = "auto",
    batch_size: Annotated[int, Field(ge=1)] = 32,
    max_prompt_tokens: Annotated[int, Field(ge=1)] | None = None,
    template: Literal["chat", "none"] = "chat",
    revision: str | None = None,
    trust_remote_code: bool = False,
    i_understand_remote_code: bool = False,
) -> "HuggingFaceTarget":
    """The model `model` as a target; its weights are found and loaded when they are first needed.

    Args:
        model: `starter`, a folder of safetensors with a tokenizer, or a hub id.
        name: Name in tables; by default the last part of `model`.
        dtype: Number format of the weights; `auto` is bfloat16 where the hardware computes in it, else float32.
        device: `auto`, `cpu`, `cuda`, `cuda:N` or `mps`; `auto` takes the GPU where there is one.
        batch_size: Conversations run together; changes the speed and, in bfloat16, the rounding.
        max_prompt_tokens: Longer conversations fail; by default all that the model's context can hold.
        template: `chat` writes conversations by the model's own chat template; `none` takes a single user turn, as it
            is, for the whole prompt, and puts only the tokenizer's own first token before it.
        revision: Branch, tag or commit of a hub model.
        trust_remote_code: Let the model's own Python code run here; needs `i_understand_remote_code` too.
        i_understand_remote_code: The second key of the same lock.

    Raises:
        MissingExtra: PyTorch or transformers is not installed.
        ConfigError: Only one of the two remote-code options is set.
    """
    require_packages(*_NEEDED)
    if trust_remote_code != i_understand_remote_code:
        raise ConfigError(
            "trust_remote_code lets code from the model's folder run with your rights",
            where="target",
            hint="leave both out, or set trust_remote_code and i_understand_remote_code if you have read that code",
        )
    return HuggingFaceTarget(
        Options(
            model=model,
            name=name or Path(model).name,
            dtype=dtype,
            device=device,
            batch_size=batch_size,
            max_prompt_tokens=max_prompt_tokens,
            template=template,
            revision=revision,
            remote_code=trust_remote_code,
        )
    )


class HuggingFaceTarget:
    """A target that answers and scores with a model on this machine."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._folder: Path | None = None
        self._loaded: LocalModel | None = None

    @property
    def name(self) -> str:
        """Short name for tables."""
        return self._options.name

    @property
    def plain(self) -> bool:
        """Whether it takes whole prompts instead of conversations."""
        return not self._chat

    @property
    def checkpoint(self) -> Path:
        """The local folder of safetensors and tokenizer from which training can start."""
        if self._folder is None:
            options = self._options
            self._folder = resolve_model(options.model, revision=options.revision, remote_code=options.remote_code)
        return self._folder

    @property
    def identity(self) -> Identity:
        """Digests of weights, tokenizer and chat template; engine and versions; dtype and device."""
        device = choose_device(self._options.device)
        tokenizer = load_tokenizer(self.checkpoint, remote_code=self._options.remote_code, chat=self._chat)
        return {
            "engine": ENGINE,
            "weights": weights_digest(self.checkpoint),
            "tokenizer": tokenizer_digest(self.checkpoint),
            "chat_template": value_digest(tokenizer.chat_template) if self._chat else "none",
            "dtype": choose_dtype(self._options.dtype, device),
            "device": device.partition(":")[0],
            "max_prompt_tokens": self._options.max_prompt_tokens,
            **{package: metadata.version(package) for package in ("torch", "transformers")},
        }

    def reply(self, conversations: Sequence[Conversation], sampling: Sampling) -> list[Reply]:
        """One reply per conversation, in the same order.

        A conversation that ends in an assistant turn is continued there, and the reply is the continuation only.
        Batches are formed inside the call, so the same call gives the same replies, whatever was asked before.
        """
        local = self._local()
        encoded = self._encoded(local, conversations, reserved=sampling.max_new_tokens)
        streams = [stream(sampling.seed, "reply", key) for key in request_keys(conversations)]
        replies = [item if isinstance(item, Reply) else failed(_TOO_LARGE) for item in encoded]
        prompts = {index: item for index, item in enumerate(encoded) if not isinstance(item, Reply)}
        for index, written in self._continued(local, prompts, sampling, streams).items():
            replies[index] = _reply(local, written, prompt_tokens=len(prompts[index]))
        return replies

    def log_likelihoods(self, prompts: Sequence[Conversation], answers: Sequence[str]) -> list[LogLikelihood]:
        """Log-likelihood (natural log) of `answers[i]` as the assistant turn after `prompts[i]`, in the same order.

        The token that ends the turn is not scored. A pair that cannot be scored has total -inf and no tokens.
        """
        local = self._local()
        wanted = encode_answers(local.tokenizer, answers)
        encoded = self._encoded(local, prompts, reserved=0)
        scores = [LogLikelihood(total=-math.inf, tokens=0)] * len(encoded)
        usable = {
            index: item
            for index, item in enumerate(encoded)
            if not isinstance(item, Reply) and len(item) + len(wanted[index]) <= local.context
        }
        longest = max((len(wanted[index]) for index in usable), default=0)
        # by the prompt's length alone, so that the answers to one prompt share a batch
        for rows in self._batches({index: len(ids) + longest for index, ids in usable.items()}):
            found = halve_when_full(
                rows,
                lambda part: score_answers(local, [usable[row] for row in part], [wanted[row] for row in part]),
            )
            for row, score in zip(rows, found, strict=True):
                scores[row] = score or scores[row]
        return scores

    def release(self) -> None:
        """Frees the model's memory; the next use loads it again."""
        if self._loaded is not None:
            self._loaded = None
            free_memory()

    def _local(self) -> LocalModel:
        if self._loaded is None:
            device = choose_device(self._options.device)
            self._loaded = load_model(
                self.checkpoint,
                dtype=choose_dtype(self._options.dtype, device),
                device=device,
                remote_code=self._options.remote_code,
                chat=self._chat,
            )
        return self._loaded

    @property
    def _chat(self) -> bool:
        return self._options.template == "chat"

    def _encoded(
        self, local: LocalModel, conversations: Sequence[Conversation], *, reserved: int
    ) -> list[list[int] | Reply]:
        encode = encode_prompts if self._chat else encode_plain
        limit = min(self._options.max_prompt_tokens or local.context, local.context - reserved)
        return encode(local.tokenizer, conversations, limit=limit)

    def _batches(self, lengths: dict[int, int]) -> list[list[int]]:
        """The keys of `lengths` in batches of similar length."""
        keys, size = list(lengths), self._options.batch_size
        batches = length_sorted_batches(list(lengths.values()), size, tokens=size * _TOKENS_PER_ROW)
        return [[keys[place] for place in batch] for batch in batches]

    def _continued(
        self, local: LocalModel, prompts: dict[int, list[int]], sampling: Sampling, streams: list[Random]
    ) -> dict[int, Continuation]:
        found: dict[int, Continuation] = {}
        for rows in self._batches({index: len(ids) for index, ids in prompts.items()}):
            written = halve_when_full(
                rows,
                lambda part: continue_prompts(
                    local,
                    [prompts[row] for row in part],
                    sampling=sampling,
                    streams=[streams[row] for row in part],
                ),
            )
            found.update((row, text) for row, text in zip(rows, written, strict=True) if text is not None)
        return found


def _reply(local: LocalModel, written: Continuation, *, prompt_tokens: int) -> Reply:
    text: str = local.tokenizer.decode(written.ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    finish = "stop" if written.ended else "length"
    return Reply(text=text, finish=finish, tokens=len(written.ids), prompt_tokens=prompt_tokens)
