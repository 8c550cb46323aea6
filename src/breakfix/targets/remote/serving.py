"""A target behind an OpenAI-compatible address on this machine, for tools that only speak HTTP.

It listens on the loopback interface and nowhere else, and answers only requests that were meant for it: a web page that
finds the port sends another `Host`. Requests that wait together are one batch of the target.
"""

import json
import re
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from typing import Any, cast
from urllib.parse import urlsplit

from pydantic import ValidationError

from breakfix.exclusion import EXCLUDED, excluded
from breakfix.protocols import Target
from breakfix.records import Message, Reply, Sampling
from breakfix.safe_text import visible

HOST = "127.0.0.1"
MOST_BYTES = 8 * 2**20
"""Of one request."""
LINGER = 0.02
"""Seconds that a batch waits for company."""
SILENT = 60
MOST_TOKENS = 4096
"""Of one reply, whatever is asked for; a request for a billion would hold the model for ever."""
_LENGTH = re.compile(r"\d{1,9}", re.ASCII)
_OURS = ("127.0.0.1", "localhost")
_OK = 200
_LIMITS = ("max_completion_tokens", "max_tokens")


class Refused(ValueError):
    """A request that is not answered, and why."""

    def __init__(self, why: str, status: int = 400) -> None:
        """`status` is HTTP's."""
        self.status = status
        super().__init__(why)


@dataclass(slots=True)
class _Waiting:
    conversation: tuple[Message, ...]
    sampling: Sampling
    done: threading.Event = field(default_factory=threading.Event)
    reply: Reply | None = None


class Batcher:
    """Turns single questions from many threads into batches of the target, which is asked by one thread only."""

    def __init__(self, target: Target, *, most: int) -> None:
        """At most `most` questions in one batch."""
        self._target, self._most = target, most
        self._queue: Queue[_Waiting] = Queue()
        threading.Thread(target=self._work, daemon=True).start()

    def ask(self, conversation: tuple[Message, ...], sampling: Sampling) -> Reply:
        """The target's reply; waits for it."""
        waiting = _Waiting(conversation, sampling)
        self._queue.put(waiting)
        waiting.done.wait()
        return waiting.reply or Reply(text="", finish="failed", failure="no reply")

    def _work(self) -> None:
        while True:
            batch = [self._queue.get()]
            until = time.monotonic() + LINGER
            while len(batch) < self._most and (left := until - time.monotonic()) > 0:
                try:
                    batch.append(self._queue.get(timeout=left))
                except Empty:
                    break
            self._answer(batch)

    def _answer(self, batch: list[_Waiting]) -> None:
        alike: defaultdict[Sampling, list[_Waiting]] = defaultdict(list)
        for each in batch:
            alike[each.sampling].append(each)
        for sampling, asking in alike.items():
            try:
                replies = self._target.reply([each.conversation for each in asking], sampling)
                for each, reply in zip(asking, replies, strict=True):
                    each.reply = reply
            except Exception as error:  # noqa: BLE001 - a server outlives the question that its model cannot bear
                # Its text may hold paths or a server's words; whoever asks learns the kind, the terminal all of it.
                sys.stderr.write(f"{visible(f'{type(error).__name__}: {error}')[:2000]}\n")
                for each in asking:
                    each.reply = Reply(text="", finish="failed", failure=f"the model failed: {type(error).__name__}")
            for each in asking:
                each.done.set()


class _Server(ThreadingHTTPServer):
    """A server that knows its model."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up, or takes too long, is no news; anything else is shown as ever."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)

    def __init__(self, port: int, target: Target, sampling: Sampling, batch: int) -> None:
        super().__init__((HOST, port), _Handler)
        self.model, self.sampling = target.name, sampling
        self.batcher = Batcher(target, most=batch)


class _Handler(BaseHTTPRequestHandler):
    """One request."""

    timeout = SILENT
    """Seconds that a client may be silent in the middle of its request."""

    def do_GET(self) -> None:
        """The list of models."""
        models = {"object": "list", "data": [{"id": self._own.model, "object": "model"}]}
        self._answer(lambda: models)

    def do_POST(self) -> None:
        """A chat completion."""
        self._answer(lambda: _completion(self._body(), self._own.model, self._own.batcher, self._own.sampling))

    def _answer(self, work: Callable[[], Mapping[str, Any]]) -> None:
        try:
            self._need_to_be_meant()
            answer = work()
        except Refused as problem:
            self._send(problem.status, {"error": {"message": str(problem), "type": "invalid_request_error"}})
        else:
            self._send(200, answer)

    @property
    def _own(self) -> _Server:
        return cast("_Server", self.server)

    def _need_to_be_meant(self) -> None:
        """Raises Refused for what a web page sends: its own `Host` when it rebinds a name, else its `Origin`."""
        if (self.headers.get("Host") or "").rpartition(":")[0] not in _OURS:
            raise Refused("this server answers requests to 127.0.0.1 only", 403)
        origin = self.headers.get("Origin")
        if origin is not None and not _is_ours(origin):
            raise Refused("this server answers no other web page", 403)

    def _body(self) -> Mapping[str, Any]:
        if not self.path.endswith("/chat/completions"):
            raise Refused(f"there is only /v1/chat/completions here, not {self.path[:80]}")
        length = self.headers.get("Content-Length") or ""
        if not _LENGTH.fullmatch(length) or int(length) > MOST_BYTES:
            raise Refused(f"a body of at most {MOST_BYTES} bytes is wanted")
        try:
            body = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError) as error:
            raise Refused(f"not JSON: {error}") from None
        if not isinstance(body, dict):
            raise Refused("not an object")
        return cast("dict[str, Any]", body)

    def _send(self, status: int, body: Mapping[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.close_connection = status != _OK  # what is left of a refused body must not be read as a request
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the overridden parameter
        """Says nothing: a line a request would drown everything else."""


def make_server(target: Target, *, port: int, sampling: Sampling, batch: int) -> ThreadingHTTPServer:
    """A server for `target` on the loopback interface, not yet serving; port 0 takes a free one.

    `sampling` holds where a request does not say otherwise, `batch` is the most that the target is asked at once.
    """
    return _Server(port, target, sampling, batch)


def _completion(body: Mapping[str, Any], model: str, batcher: Batcher, sampling: Sampling) -> dict[str, Any]:
    if body.get("stream"):
        raise Refused("replies are not streamed here; leave `stream` out")
    try:
        conversation = tuple(_message(each) for each in body.get("messages") or ())
        wanted = {name: body[name] for name in ("temperature", "top_p", "seed") if body.get(name) is not None}
        limit = next((body[name] for name in _LIMITS if body.get(name) is not None), sampling.max_new_tokens)
        limit = min(limit, max(MOST_TOKENS, sampling.max_new_tokens)) if isinstance(limit, int) else limit
        how = Sampling.model_validate({**sampling.model_dump(), **wanted, "max_new_tokens": limit})
    except (ValidationError, TypeError) as error:
        raise Refused(f"not a chat: {str(error)[:200]}") from None
    if not conversation:
        raise Refused("`messages` is empty")
    if any(excluded(message.text) for message in conversation):
        raise Refused(EXCLUDED)
    reply = batcher.ask(conversation, how)
    if reply.finish == "failed":
        raise Refused(reply.failure or "no reply", 502)
    if excluded(reply.text):
        raise Refused(EXCLUDED, 502)
    text, cut = _stopped(reply.text, body.get("stop"))
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text},
        "finish_reason": "stop" if cut else reply.finish,
    }
    return {
        "id": "chatcmpl-breakfix",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [choice],
        "usage": {"prompt_tokens": 0, "completion_tokens": reply.tokens, "total_tokens": reply.tokens},
    }


def _is_ours(origin: str) -> bool:
    try:
        return urlsplit(origin).hostname in _OURS
    except ValueError:
        return False


def _message(value: Any) -> Message:
    fields = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    return Message.model_validate({"role": fields.get("role"), "text": fields.get("content")})


def _stopped(text: str, stop: Any) -> tuple[str, bool]:
    """`text` up to the first of the texts at which it shall stop, and whether there was one."""
    ends = [stop] if isinstance(stop, str) else cast("list[Any]", stop) if isinstance(stop, list) else []
    places = [text.find(end) for end in ends if isinstance(end, str) and end and end in text]
    return (text[: min(places)], True) if places else (text, False)
