"""One chat model behind several OpenAI-compatible servers at once, such as one vLLM per GPU."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Annotated, Any

import httpx
from pydantic import Field

from breakfix.errors import ConfigError, TargetError
from breakfix.protocols import Identity
from breakfix.records import Conversation, Reply, Sampling, assistant
from breakfix.store.randomness import stream
from breakfix.targets._repeats import request_keys
from breakfix.targets.remote.address import Address, parse_address
from breakfix.targets.remote.beside import beside_running_loop
from breakfix.targets.remote.credential import authorization, without_key
from breakfix.targets.remote.member import Member
from breakfix.targets.remote.pace import Pace, estimated_tokens
from breakfix.targets.remote.pooling import Answered, Asked, Counts, Pool, PoolPatience, ask_pool
from breakfix.targets.remote.request import Trouble, post, served_models
from breakfix.targets.remote.wire import SEEDS, LimitKey, request_body, unsendable

_CHECK_S = 5.0
_SHOWN = 300
"""Characters of what a server says of itself."""
_REMEMBERED = 1 << 16
"""Conversations of which it is remembered which member has read them."""


def target(
    *,
    urls: Annotated[list[str], Field(min_length=1)],
    model: str,
    name: str = "",
    key_variable: str = "OPENAI_API_KEY",
    concurrency: Annotated[int, Field(ge=1)] = 8,
    timeout_s: Annotated[float, Field(gt=0.0)] = 60.0,
    stall_s: Annotated[float, Field(ge=0.0)] = 0.0,
    retries: Annotated[int, Field(ge=0)] = 8,
    first_rest_s: Annotated[float, Field(gt=0.0)] = 1.0,
    budget_s: Annotated[float, Field(gt=0.0)] = 600.0,
    requests_per_minute: Annotated[float, Field(gt=0.0)] | None = None,
    tokens_per_minute: Annotated[float, Field(gt=0.0)] | None = None,
    limit_key: LimitKey = "max_tokens",
) -> "PoolTarget":
    """The model `model` of all servers at `urls` as one target.

    A conversation goes on where it began, so that the server's prefix cache serves it, unless that server is behind or
    fails. Which server answers changes no identity: all must serve the same weights under the same name.

    Args:
        urls: Base URLs, such as `http://127.0.0.1:8000/v1`; without credentials.
        model: The servers' name for the model; a server that lists its models must list it.
        name: Name in tables; by default `model`.
        key_variable: Environment variable with the key, read at each call; empty for none. A key is never sent over
            plain http to another machine.
        concurrency: Requests under way at once, per server.
        timeout_s: Seconds for one request, from connecting to the last byte.
        stall_s: Seconds of silence after which an idle server takes a conversation over; the first answer counts and
            the other is discarded. 0 for four times the usual reply time, half a second at least.
        retries: Further requests after a dropped connection, a timeout, status 408, 409, 425, 429 or 5xx, or a response
            that is no chat completion, at another server where there is one. Retry-After is obeyed and no retry.
        first_rest_s: Seconds that a server is left alone after three failures in a row; doubles up to 30.
        budget_s: Seconds without any reply after which the servers are given up.
        requests_per_minute: Rate limit per server, retries included; requests are spread evenly. None for none.
        tokens_per_minute: Likewise for the tokens of prompts and replies, guessed until the server counts them.
        limit_key: What the servers call the upper bound of new tokens.

    Raises:
        ConfigError: One of `urls` is no http(s) URL, carries credentials or is given twice.
    """
    addresses = [parse_address(url) for url in urls]
    twice = next((each.base for place, each in enumerate(addresses) if each in addresses[:place]), None)
    if twice is not None:
        raise ConfigError(f"{twice} is given twice", where="target.urls", hint="take one of them out")
    members = [
        Member(concurrency, Pace(requests_per_minute, tokens_per_minute), first_rest_s=first_rest_s) for _ in addresses
    ]
    patience = PoolPatience(retries=retries, budget_s=budget_s, stall_s=stall_s)
    return PoolTarget(
        addresses,
        members,
        patience,
        model=model,
        name=name or model,
        key=key_variable,
        timeout_s=timeout_s,
        limit=limit_key,
    )


class PoolTarget:
    """A target that answers over the network from several places; it cannot score answers or be trained."""

    def __init__(
        self,
        addresses: Sequence[Address],
        members: Sequence[Member],
        patience: PoolPatience,
        *,
        model: str,
        name: str,
        key: str,
        timeout_s: float,
        limit: LimitKey,
    ) -> None:
        self._addresses, self._members, self._patience = addresses, members, patience
        self._model, self._name, self._key, self._timeout_s = model, name, key, timeout_s
        self._limit: LimitKey = limit
        self._counts, self._latencies = Counts(), deque[float](maxlen=64)
        self._readers: OrderedDict[int, int] = OrderedDict()
        """Hash of a conversation that ends in an assistant turn to the member that wrote it."""

    @property
    def name(self) -> str:
        """Short name for tables."""
        return self._name

    @property
    def plain(self) -> bool:
        """A pool takes conversations."""
        return False

    @property
    def counts(self) -> Counts:
        """What the pool has lived through so far."""
        return self._counts

    @property
    def identity(self) -> Identity:
        """The model's name; where it runs does not matter, and what runs there is not known here."""
        return {"engine": "openai-compatible", "model": self._model, "dtype": None, "device": None}

    def reply(self, conversations: Sequence[Conversation], sampling: Sampling) -> list[Reply]:
        """One reply per conversation, in the same order; raises TargetError when the servers give none at all."""
        replies = [unsendable(conversation, chat=True) for conversation in conversations]
        sent = [place for place, reply in enumerate(replies) if reply is None]
        keys = request_keys(conversations)
        bodies = [self._body(conversations[place], sampling, keys[place]) for place in sent]
        tokens = [
            estimated_tokens(sum(len(turn.text) for turn in conversations[place]), sampling.max_new_tokens)
            for place in sent
        ]
        homes = self._homes([conversations[place] for place in sent])
        answers = beside_running_loop(lambda: asyncio.run(self._asked(bodies, homes, tokens))) if sent else []
        for place, answer in zip(sent, answers, strict=True):
            self._remember(conversations[place], answer)
        found = dict(zip(sent, answers, strict=True))
        return [found[place].reply if reply is None else reply for place, reply in enumerate(replies)]

    async def _asked(
        self, bodies: Sequence[dict[str, Any]], homes: Sequence[int], tokens: Sequence[int]
    ) -> list[Answered]:
        async with AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(self._client(address)) for address in self._addresses]

            async def ask(member: int, number: int) -> Asked:
                address = self._addresses[member]
                answer = await post(clients[member], address.chat, bodies[number], timeout_s=self._timeout_s)
                if isinstance(answer, Reply):
                    return answer
                return Trouble(answer.kind, without_key(answer.reason, self._key), answer.wait_s)

            async def check(member: int) -> Trouble | None:
                return await self._check(clients[member], self._addresses[member])

            names = [address.base for address in self._addresses]
            pool = Pool(self._members, names, ask, check, self._patience, self._counts, self._latencies)
            return await ask_pool(pool, homes, tokens)

    def _client(self, address: Address) -> httpx.AsyncClient:
        headers = authorization(self._key, address)
        direct = address.loopback  # no proxy stands between this machine and itself
        return httpx.AsyncClient(headers=headers, timeout=self._timeout_s, trust_env=not direct)

    async def _check(self, client: httpx.AsyncClient, address: Address) -> Trouble | None:
        served = await served_models(client, address.models, timeout_s=min(_CHECK_S, self._timeout_s))
        if isinstance(served, Trouble):
            return served
        if served is not None and self._model not in served:
            known = ", ".join(sorted(served))[:_SHOWN] or "nothing"
            raise TargetError(
                f"this member of the pool serves {known}, not {self._model!r}",
                where=address.base,
                hint="all members must serve the same model under the same name; mend target.urls or target.model",
            )
        return None

    def _homes(self, conversations: Sequence[Conversation]) -> list[int]:
        """The member that has read each conversation's beginning; new ones go where there are fewest."""
        found = [self._readers.get(hash(tuple(conversation[:-1]))) for conversation in conversations]
        load = [found.count(place) for place in range(len(self._members))]
        homes: list[int] = []
        for home in found:
            place = min(range(len(load)), key=load.__getitem__) if home is None else home
            load[place] += home is None
            homes.append(place)
        return homes

    def _remember(self, conversation: Conversation, answer: Answered) -> None:
        if answer.member is None:
            return
        self._readers[hash((*conversation, assistant(answer.reply.text)))] = answer.member
        if len(self._readers) > _REMEMBERED:
            self._readers.popitem(last=False)

    def _body(self, conversation: Conversation, sampling: Sampling, key: str) -> dict[str, Any]:
        seed = stream(sampling.seed, "reply", key).randrange(SEEDS)
        return request_body(self._model, conversation, sampling=sampling, seed=seed, limit_key=self._limit)
