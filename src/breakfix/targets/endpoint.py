"""A chat model behind any OpenAI-compatible server: vLLM, llama.cpp, Ollama, or a provider."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from breakfix.protocols import Identity
from breakfix.records import Conversation, Reply, Sampling
from breakfix.store.randomness import stream
from breakfix.targets._repeats import request_keys
from breakfix.targets.remote.address import parse_address
from breakfix.targets.remote.beside import beside_running_loop
from breakfix.targets.remote.conversing import Patience, Server, ask_all
from breakfix.targets.remote.pace import Pace, estimated_tokens
from breakfix.targets.remote.wire import SEEDS, LimitKey, request_body, unsendable


def target(
    *,
    url: str,
    model: str,
    name: str = "",
    key_variable: str = "OPENAI_API_KEY",
    concurrency: Annotated[int, Field(ge=1)] = 8,
    timeout_s: Annotated[float, Field(gt=0.0)] = 60.0,
    retries: Annotated[int, Field(ge=0)] = 5,
    first_wait_s: Annotated[float, Field(gt=0.0)] = 0.5,
    budget_s: Annotated[float, Field(gt=0.0)] = 600.0,
    requests_per_minute: Annotated[float, Field(gt=0.0)] | None = None,
    tokens_per_minute: Annotated[float, Field(gt=0.0)] | None = None,
    limit_key: LimitKey = "max_tokens",
    api: Literal["chat", "completions"] = "chat",
) -> "EndpointTarget":
    """The model `model` of the server at `url` as a target.

    Args:
        url: Base URL, such as `http://127.0.0.1:8000/v1`; without credentials.
        model: The server's name for the model.
        name: Name in tables; by default `model`.
        key_variable: Environment variable with the key, read at each request; empty for none. A key is never sent
            over plain http to another machine.
        concurrency: Requests under way at once.
        timeout_s: Seconds for one request, from connecting to the last byte.
        retries: Further requests after a dropped connection, a timeout, status 408, 409, 425, 429 or 5xx, or a
            response that is no chat completion.
        first_wait_s: Upper bound of the first wait in seconds; doubles each time, with jitter. Retry-After is obeyed.
        budget_s: Seconds for one conversation, waits and retries included.
        requests_per_minute: Rate limit, retries included; requests are spread evenly. None for none.
        tokens_per_minute: Likewise for the tokens of prompts and replies, guessed until the server counts them.
        limit_key: What the server calls the upper bound of new tokens.
        api: `chat` posts conversations to `/chat/completions`; `completions` posts a single user turn, as it is, to
            `/completions`, for models with a prompt format of their own.

    Raises:
        ConfigError: `url` is no http(s) URL, or carries credentials.
    """
    patience = Patience(
        concurrency=concurrency, timeout_s=timeout_s, retries=retries, first_wait_s=first_wait_s, budget_s=budget_s
    )
    server = Server(
        parse_address(url),
        key_variable,
        patience,
        chat=api == "chat",
        pace=Pace(requests_per_minute, tokens_per_minute),
    )
    return EndpointTarget(server, model, name or model, limit_key)


class EndpointTarget:
    """A target that answers over the network; it cannot score answers or be trained."""

    def __init__(self, server: Server, model: str, name: str, limit_key: LimitKey) -> None:
        self._server, self._model, self._name = server, model, name
        self._limit_key: LimitKey = limit_key
        self._known_good = False

    @property
    def name(self) -> str:
        """Short name for tables."""
        return self._name

    @property
    def plain(self) -> bool:
        """Whether it takes whole prompts instead of conversations."""
        return not self._server.chat

    @property
    def identity(self) -> Identity:
        """Server and model; what runs behind them is not known here."""
        return {
            "engine": "openai-compatible",
            "endpoint": self._server.address.base,
            "model": self._model,
            "dtype": None,
            "device": None,
            **({} if self._server.chat else {"api": "completions"}),
        }

    def reply(self, conversations: Sequence[Conversation], sampling: Sampling) -> list[Reply]:
        """One reply per conversation, in the same order; raises TargetError when the server gives none at all."""
        replies = [unsendable(conversation, chat=self._server.chat) for conversation in conversations]
        keys = request_keys(conversations)
        sent = [place for place, reply in enumerate(replies) if reply is None]
        bodies = [self._body(conversations[place], sampling, keys[place]) for place in sent]
        tokens = [
            estimated_tokens(sum(len(turn.text) for turn in conversations[place]), sampling.max_new_tokens)
            for place in sent
        ]
        waits = [stream(sampling.seed, "wait", keys[place]) for place in sent]
        answers = beside_running_loop(
            lambda: ask_all(self._server, bodies, tokens=tokens, streams=waits, known_good=self._known_good)
        )
        self._known_good = self._known_good or any(answer.finish != "failed" for answer in answers)
        found = dict(zip(sent, answers, strict=True))
        return [found[place] if reply is None else reply for place, reply in enumerate(replies)]

    def _body(self, conversation: Conversation, sampling: Sampling, key: str) -> dict[str, Any]:
        seed = stream(sampling.seed, "reply", key).randrange(SEEDS)
        return request_body(
            self._model,
            conversation,
            sampling=sampling,
            seed=seed,
            limit_key=self._limit_key,
            chat=self._server.chat,
        )
