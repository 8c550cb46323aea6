"""Many conversations with one server at once: bounded, patient, every failure kept apart."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from breakfix.errors import TargetError
from breakfix.records import Reply
from breakfix.targets.remote.address import Address
from breakfix.targets.remote.credential import authorization, without_key
from breakfix.targets.remote.pace import Pace
from breakfix.targets.remote.request import Kind, Trouble, post
from breakfix.targets.remote.waiting import backoff_s

_HINTS = {
    Kind.UNREACHABLE: "start the server, or mend target.url; then run the same command again",
    Kind.SILENT: "give the server more time (timeout_s) or less to do at once (concurrency)",
    Kind.ACCESS: "check the key (environment variable {variable}), the model's name and target.url",
}
"""Troubles of the server rather than of a conversation, and what to do about them."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on asking."""

    concurrency: int
    """Requests under way at once."""
    timeout_s: float
    """For one request, from connecting to the last byte."""
    retries: int
    """Further requests after the first, per conversation."""
    first_wait_s: float
    """Upper bound of the first wait; doubles each time."""
    budget_s: float
    """For one conversation, waits and retries included."""


@dataclass(frozen=True, slots=True)
class Server:
    """Whom to ask and how patiently."""

    address: Address
    key_variable: str
    patience: Patience
    chat: bool = True
    """Whether it is sent conversations, or whole prompts."""
    pace: Pace = field(default_factory=Pace)
    """Shared by all calls."""

    @property
    def url(self) -> str:
        """Where requests are posted to."""
        return self.address.chat if self.chat else self.address.plain


def ask_all(
    server: Server,
    bodies: Sequence[dict[str, Any]],
    *,
    tokens: Sequence[int],
    streams: Sequence[Random],
    known_good: bool,
) -> list[Reply]:
    """One reply per request body, in the same order; `streams[i]` jitters the waits of conversation i.

    `tokens[i]` is about how many tokens it costs, for the rate limit.

    A reply that cannot be had is a failed Reply. TargetError is raised only when the server is the trouble and no
    reply is lost by it: it is down and has given none in this call; or it is silent or denies access and has never
    given one (`known_good` says that it has).
    """
    return asyncio.run(_Call(server, known_good=known_good).ask_all(bodies, tokens, streams))


class _Call:
    """What the conversations of one call share."""

    def __init__(self, server: Server, *, known_good: bool) -> None:
        self._server, self._known_good = server, known_good
        self._patience = server.patience
        self._places = asyncio.Semaphore(server.patience.concurrency)
        self._replied = False
        self._open_at = 0.0  # monotonic time before which the server asked to be left alone

    async def ask_all(
        self, bodies: Sequence[dict[str, Any]], tokens: Sequence[int], streams: Sequence[Random]
    ) -> list[Reply]:
        headers = authorization(self._server.key_variable, self._server.address)
        direct = self._server.address.loopback  # no proxy stands between this machine and itself
        timeout = self._patience.timeout_s
        async with httpx.AsyncClient(headers=headers, timeout=timeout, trust_env=not direct) as client:
            try:
                async with asyncio.TaskGroup() as group:
                    tasks = [
                        group.create_task(self._ask(client, body, cost, rng))
                        for body, cost, rng in zip(bodies, tokens, streams, strict=True)
                    ]
            except ExceptionGroup as errors:
                raise errors.exceptions[0] from None
        return [task.result() for task in tasks]

    async def _ask(self, client: httpx.AsyncClient, body: dict[str, Any], tokens: int, rng: Random) -> Reply:
        async with self._places:
            answer = await self._asked_patiently(client, body, tokens, rng)
        if isinstance(answer, Reply):
            return answer
        reason = without_key(answer.reason, self._server.key_variable)
        excused = self._replied or (self._known_good and answer.kind is not Kind.UNREACHABLE)
        if answer.kind in _HINTS and not excused:
            hint = _HINTS[answer.kind].format(variable=self._server.key_variable or "the environment")
            raise TargetError(f"the endpoint gives no reply: {reason}", where=self._server.address.base, hint=hint)
        return Reply(text="", finish="failed", failure=reason)

    async def _asked_patiently(
        self, client: httpx.AsyncClient, body: dict[str, Any], tokens: int, rng: Random
    ) -> Reply | Trouble:
        patience, pace, started = self._patience, self._server.pace, time.monotonic()
        attempt = 0
        while True:
            now = time.monotonic()
            begin = pace.reserve(max(now, self._open_at), tokens)
            started += max(0.0, begin - max(now, self._open_at))  # keeping the pace is no impatience
            await asyncio.sleep(max(0.0, begin - now))
            answer = await post(client, self._server.url, body, timeout_s=patience.timeout_s)
            if isinstance(answer, Reply):
                self._replied = True
                pace.correct(tokens, answer.tokens + answer.prompt_tokens)
                return answer
            if answer.kind in (Kind.ACCESS, Kind.REJECTED) or attempt >= patience.retries:
                return answer
            wait_s = max(answer.wait_s, backoff_s(attempt, first_s=patience.first_wait_s, rng=rng))
            if time.monotonic() - started + wait_s > patience.budget_s:
                return Trouble(answer.kind, f"{answer.reason} (and no time is left to wait {wait_s:.0f} s)")
            if answer.wait_s:
                self._open_at = max(self._open_at, time.monotonic() + answer.wait_s)
            await asyncio.sleep(wait_s)
            attempt += 1
