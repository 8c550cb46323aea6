"""One request to a server: a reply, or what kind of trouble there was."""

import asyncio
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import httpx

from breakfix.records import Reply
from breakfix.targets.remote.waiting import retry_after_s
from breakfix.targets.remote.wire import parse_models, parse_response

_MAX_BODY = 16 * 1024 * 1024
"""Bytes of a response that are read at most: a reply is text of a few thousand tokens."""
_SHOWN = 200
"""Characters of a server's complaint that are passed on."""
_ASK_AGAIN = frozenset({408, 409, 425, 429})
_ACCESS = frozenset({401, 403, 404, 405})


class Kind(Enum):
    """What a failed request means for the conversation."""

    UNREACHABLE = auto()
    """No connection, which may pass."""
    SILENT = auto()
    """No answer in time, which may pass."""
    TEMPORARY = auto()
    """The server is busy, broken or talks nonsense, which may pass."""
    ACCESS = auto()
    """The key, the model's name or the URL is wrong: the same for every conversation."""
    REJECTED = auto()
    """The server does not accept this conversation."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a request gave no reply."""

    kind: Kind
    reason: str
    wait_s: float = 0.0
    """Seconds that the server asked to wait."""


async def post(client: httpx.AsyncClient, url: str, body: dict[str, Any], *, timeout_s: float) -> Reply | Trouble:
    """Posts `body` to `url`; whatever goes wrong within `timeout_s` seconds is a Trouble."""
    try:
        async with asyncio.timeout(timeout_s), client.stream("POST", url, json=body) as response:
            data = await _read(response)
    except (TimeoutError, httpx.TimeoutException):
        return Trouble(Kind.SILENT, f"no answer within {timeout_s:g} s")
    except (httpx.DecodingError, httpx.RemoteProtocolError) as error:
        return Trouble(Kind.TEMPORARY, f"not a whole HTTP response: {error}")
    except httpx.RequestError as error:
        return Trouble(Kind.UNREACHABLE, f"{type(error).__name__}: {error}".removesuffix(": "))
    if not response.is_success:
        return _complaint(response, data)
    if data is None:
        return Trouble(Kind.TEMPORARY, f"the response is longer than {_MAX_BODY} bytes")
    answer = parse_response(data)
    return answer if isinstance(answer, Reply) else Trouble(Kind.TEMPORARY, answer)


async def served_models(client: httpx.AsyncClient, url: str, *, timeout_s: float) -> frozenset[str] | Trouble | None:
    """The models that a server lists at `url`; None where it does not say, Trouble where it is not there."""
    try:
        async with asyncio.timeout(timeout_s), client.stream("GET", url) as response:
            data = await _read(response)
    except (TimeoutError, httpx.RequestError) as error:
        return Trouble(Kind.UNREACHABLE, f"{type(error).__name__}: {error}".removesuffix(": "))
    return parse_models(data) if data is not None and response.is_success else None


async def _read(response: httpx.Response) -> bytes | None:
    """The body; None when it is unreasonably long."""
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > _MAX_BODY:
            return None
        parts.append(part)
    return b"".join(parts)


def _complaint(response: httpx.Response, data: bytes | None) -> Trouble:
    status = response.status_code
    said = " ".join((data or b"")[: 4 * _SHOWN].decode("utf-8", "replace").split())[:_SHOWN]
    reason = f"HTTP {status}" + (f": {said}" if said else "")
    if status in _ACCESS or response.is_redirect:  # a key is not carried on to wherever a server points
        return Trouble(Kind.ACCESS, reason)
    if status in _ASK_AGAIN or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return Trouble(Kind.TEMPORARY, reason, retry_after_s(response.headers.get("Retry-After")) or 0.0)
    return Trouble(Kind.REJECTED, reason)
