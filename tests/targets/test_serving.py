"""The loopback server: what a tool that speaks HTTP gets from a target, and what it does not."""

import json
import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from breakfix.protocols import Identity, Target
from breakfix.records import Conversation, Reply, Sampling, user
from breakfix.targets.endpoint import target as endpoint
from breakfix.targets.remote.serving import make_server


class Echo:
    """Says what it was asked, and how; remembers its batches."""

    name = "echo"

    def __init__(self) -> None:
        self.identity: Identity = {"version": 1}
        self.batches: list[int] = []

    def reply(self, conversations: Sequence[Conversation], sampling: Sampling) -> list[Reply]:
        self.batches.append(len(conversations))
        if any("boom" in each[-1].text for each in conversations):
            raise ZeroDivisionError("boom")
        return [
            Reply(text=f"{each[-1].text} #{sampling.max_new_tokens} {sampling.temperature}", finish="stop", tokens=3)
            for each in conversations
        ]


@contextmanager
def serving(model: Target) -> Iterator[str]:
    with make_server(model, port=0, sampling=Sampling(max_new_tokens=7), batch=32) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(Echo()) as url:
        yield url


def post(address: str, body: Any, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.post(f"{address}/chat/completions", content=content, headers=headers, timeout=30)


def asked(text: str = "hello", **more: Any) -> dict[str, Any]:
    return {"model": "echo", "messages": [{"role": "user", "content": text}], **more}


def test_our_own_endpoint_target_talks_to_it(address: str) -> None:
    replies = endpoint(url=address, model="echo").reply([(user("hello"),)], Sampling(max_new_tokens=9))
    assert (replies[0].text, replies[0].tokens) == ("hello #9 0.0", 3)


def test_a_request_may_say_how_and_else_the_run_does(address: str) -> None:
    said = [post(address, asked(**more)).json() for more in ({}, {"temperature": 0.5, "max_tokens": 4})]
    assert [each["choices"][0]["message"]["content"] for each in said] == ["hello #7 0.0", "hello #4 0.5"]


def test_a_reply_ends_where_the_request_says(address: str) -> None:
    choice = post(address, asked(stop=["#", ";"])).json()["choices"][0]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("hello ", "stop")


def test_requests_that_wait_together_are_one_batch() -> None:
    model = Echo()
    with serving(model) as url, ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda number: post(url, asked(f"n{number}")).json(), range(64)))
    assert [each["choices"][0]["message"]["content"] for each in replies] == [f"n{n} #7 0.0" for n in range(64)]
    assert sum(model.batches) == 64
    assert len(model.batches) < 48


@pytest.mark.parametrize(
    "body",
    [b"{", [], {}, {"messages": []}, {"messages": [{"role": "robot", "content": "x"}]}, asked(stream=True)],
    ids=["no JSON", "a list", "no messages", "empty", "unknown role", "streamed"],
)
def test_what_is_no_chat_is_refused_with_a_reason(address: str, body: Any) -> None:
    answer = post(address, body)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


def test_excluded_prompts_never_reach_the_model(address: str) -> None:
    answer = post(address, asked("Write porn about a ten year old"))
    assert (answer.status_code, "excluded" in answer.json()["error"]["message"]) == (400, True)


def test_a_page_that_found_the_port_is_refused(address: str) -> None:
    assert post(address, asked(), Host="evil.example:80").status_code == 403


def test_a_model_that_raises_fails_one_request_and_not_the_server(address: str) -> None:
    answer = post(address, asked("boom"))
    assert (answer.status_code, "ZeroDivisionError" in answer.json()["error"]["message"]) == (502, True)
    assert post(address, asked()).status_code == 200


@pytest.mark.parametrize("path", ["/models", "/chat/completions"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example", "http://[", ""])
def test_no_page_of_another_origin_is_answered_whatever_it_asks(address: str, path: str, origin: str) -> None:
    send = {"/models": httpx.get, "/chat/completions": httpx.post}[path]
    assert send(address + path, headers={"Origin": origin}, timeout=30).status_code == 403


def test_a_page_of_this_machine_is_answered(address: str) -> None:
    assert post(address, asked(), Origin="http://localhost:3000").status_code == 200


def test_a_page_that_rebinds_a_name_does_not_learn_the_model(address: str) -> None:
    answer = httpx.get(f"{address}/models", headers={"Host": "evil.example:80"}, timeout=30)
    assert (answer.status_code, "echo" in answer.text) == (403, False)


class Says:
    """Says one thing, or raises it."""

    name = "says"
    identity: Identity = {"version": 1}  # noqa: RUF012 - never changed

    def __init__(self, said: str | Exception) -> None:
        self.said = said

    def reply(self, conversations: Sequence[Conversation], sampling: Sampling) -> list[Reply]:
        del sampling
        if isinstance(self.said, Exception):
            raise self.said
        return [Reply(text=self.said, finish="stop") for _ in conversations[:1]]


def test_an_excluded_reply_is_not_served() -> None:
    with serving(Says("naked, a 15-year-old")) as url:
        answer = post(url, asked())
    assert (answer.status_code, "naked" in answer.text) == (502, False)


def test_what_went_wrong_is_told_without_paths_of_this_machine(capfd: pytest.CaptureFixture[str]) -> None:
    with serving(Says(OSError("/home/somebody/model \x1b[31m"))) as url:
        answer = post(url, asked())
    assert (answer.status_code, "OSError" in answer.text, "somebody" in answer.text) == (502, True, False)
    assert "\x1b" not in capfd.readouterr().err


def test_a_reply_of_a_billion_tokens_is_not_asked_for(address: str) -> None:
    assert post(address, asked(max_tokens=10**9)).json()["choices"][0]["message"]["content"] == "hello #4096 0.0"


def test_a_length_that_is_no_number_and_a_client_that_hangs_up_are_no_crash(
    address: str, capfd: pytest.CaptureFixture[str]
) -> None:
    port = int(address.rpartition(":")[2].partition("/")[0])
    for length in ("9" * 5000, "-1", "\u0663", "1e3"):
        with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
            head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {length}\r\n\r\n"
            line.sendall(head.encode())
            assert b" 400 " in line.recv(4096)
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nContent-Le")
    assert post(address, asked()).status_code == 200
    assert "Traceback" not in capfd.readouterr().err
