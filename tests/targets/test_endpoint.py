"""The endpoint target against a real server on this machine that is down, slow, busy or out of its mind."""

import asyncio
import json
import threading
import time
from collections import Counter
from typing import Any

import pytest

from breakfix.errors import ConfigError, TargetError
from breakfix.plugins import make
from breakfix.records import Sampling, assistant, user

KEY = "sk-a-very-secret-key"


def endpoint(url: str, **options: Any) -> Any:
    return make("target", "endpoint", {"url": url, "model": "m", "first_wait_s": 0.001, **options})


def ask(target: Any, *texts: str, **sampling: Any) -> list[Any]:
    return target.reply([(user(text),) for text in texts], Sampling(**sampling))


def behaving(server: Any, bad: Any, *, times: int | None = None, only: str | None = None) -> None:
    """The first `times` requests of each conversation (all, by default) get `bad`; those that say `only`, if given."""
    good, seen = server.behave, Counter()

    def behave(request: Any) -> Any:
        seen[request.text] += 1
        hit = (times is None or seen[request.text] <= times) and only in (None, request.text)
        return bad if hit else good(request)

    server.behave = behave


def test_replies_come_in_the_order_of_the_conversations(server: Any) -> None:
    texts = [f"question {number}" for number in range(40)]
    replies = ask(endpoint(server.url), *texts)
    assert [reply.text for reply in replies] == [f"echo: {text}" for text in texts]
    assert {(reply.finish, reply.tokens) for reply in replies} == {("stop", 3)}


def test_the_whole_conversation_and_the_sampling_are_sent(server: Any) -> None:
    target = endpoint(server.url + "/chat/completions/", limit_key="max_completion_tokens")
    target.reply([(user("a"), assistant("b"), user("c"))], Sampling(max_new_tokens=7, temperature=0.5, top_p=0.9))
    (request,) = server.requests
    assert request.path == "/v1/chat/completions"
    assert [turn["role"] for turn in request.body["messages"]] == ["user", "assistant", "user"]
    seed = request.body.pop("seed")
    assert 0 <= seed < 2**31
    del request.body["messages"]
    assert request.body == {"model": "m", "max_completion_tokens": 7, "temperature": 0.5, "top_p": 0.9}


def test_equal_questions_are_drawn_with_different_seeds_and_again_with_the_same(server: Any) -> None:
    ask(endpoint(server.url, concurrency=1), "same", "same", temperature=1.0)
    ask(endpoint(server.url, concurrency=1), "same", "same", temperature=1.0)
    seeds = [request.body["seed"] for request in server.requests]
    assert seeds[0] != seeds[1]
    assert seeds[:2] == seeds[2:]


def test_greedy_requests_carry_no_seed(server: Any) -> None:
    ask(endpoint(server.url), "a")
    assert not {"seed", "top_p"} & set(server.requests[0].body)


def test_as_many_requests_are_under_way_as_allowed_and_no_more(server: Any) -> None:
    good, three = server.behave, threading.Barrier(3, timeout=20)

    def behave(request: Any) -> Any:
        three.wait()
        return good(request)

    server.behave = behave
    replies = ask(endpoint(server.url, concurrency=3, retries=0), *map(str, range(12)))
    assert {reply.finish for reply in replies} == {"stop"}
    assert server.busiest == 3


def test_a_conversation_without_a_user_at_its_end_fails_alone(server: Any) -> None:
    replies = endpoint(server.url).reply([(), (user("a"), assistant("Sure, ")), (user("b"),)], Sampling())
    assert [reply.finish for reply in replies] == ["failed", "failed", "stop"]
    assert "assistant turn" in replies[1].failure


def test_no_conversation_needs_no_server() -> None:
    assert endpoint("http://127.0.0.1:9/v1").reply([], Sampling()) == []


def test_a_cut_reply_says_so(server: Any) -> None:
    body = {"choices": [{"message": {"content": "and so"}, "finish_reason": "length"}], "usage": {"total": "x"}}
    behaving(server, server.answer(body=json.dumps(body).encode()))
    (reply,) = ask(endpoint(server.url), "a")
    assert (reply.text, reply.finish, reply.tokens) == ("and so", "length", 0)


def test_a_refusal_field_counts_as_the_text(server: Any) -> None:
    body = {"choices": [{"message": {"content": None, "refusal": "I can't."}, "finish_reason": "stop"}]}
    behaving(server, server.answer(body=json.dumps(body).encode()))
    assert ask(endpoint(server.url), "a")[0].text == "I can't."


GARBAGE = {
    "no JSON": b"<html>504 Gateway</html>",
    "cut JSON": b'{"choices": [{"message": {"content": "he',
    "wrong shape": b'{"result": "hello"}',
    "no choices": b'{"choices": []}',
    "no text": b'{"choices": [{"message": {"content": null}, "finish_reason": "tool_calls"}]}',
    "wrong type": b'{"choices": [{"message": {"content": 5}}]}',
    "not UTF-8": b'{"choices": [{"message": {"content": "\xff\xfe"}}]}',
    "lone surrogate": b'{"choices": [{"message": {"content": "\\ud800"}}]}',
    "deep": b"[" * 100_000,
    "nothing": b"",
}


@pytest.mark.parametrize("body", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_fails_one_reply_after_retries_and_loses_no_other(server: Any, body: bytes) -> None:
    behaving(server, server.answer(body=body), only="bad")
    replies = ask(endpoint(server.url, retries=2), "good", "bad", "fine")
    assert [reply.finish for reply in replies] == ["stop", "failed", "stop"]
    assert replies[1].failure
    replies[1].model_dump_json()
    assert sum(request.text == "bad" for request in server.requests) == 3


def test_garbage_that_passes_is_forgotten(server: Any) -> None:
    behaving(server, server.answer(body=b"{"), times=2)
    assert [reply.text for reply in ask(endpoint(server.url), "a", "b")] == ["echo: a", "echo: b"]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_a_busy_or_broken_server_is_asked_again(server: Any, status: int) -> None:
    behaving(server, server.answer(status, b"later"), times=2)
    assert ask(endpoint(server.url), "a")[0].text == "echo: a"
    assert len(server.requests) == 3


def test_a_server_that_stays_broken_gives_failed_replies(server: Any) -> None:
    behaving(server, server.answer(500, b"out of memory"))
    replies = ask(endpoint(server.url, retries=1), "a", "b")
    assert [reply.failure for reply in replies] == ["HTTP 500: out of memory"] * 2


def test_a_cut_connection_is_tried_again(server: Any) -> None:
    behaving(server, server.answer(body=server.completion("cut").body, cut=10), times=1)
    assert ask(endpoint(server.url), "a")[0].text == "echo: a"


@pytest.mark.parametrize(
    ("body", "headers", "reason"),
    [(b"{}", {"Content-Encoding": "gzip"}, "not a whole HTTP response"), (b" " * 17 * 2**20, {}, "longer than")],
    ids=["badly compressed", "endless"],
)
def test_a_response_that_cannot_be_read_is_a_failed_reply(
    server: Any, body: bytes, headers: dict[str, str], reason: str
) -> None:
    behaving(server, server.answer(body=body, headers=headers))
    (reply,) = ask(endpoint(server.url, retries=0), "a")
    assert reason in reply.failure


def test_a_body_that_never_ends_is_a_failed_reply(server: Any) -> None:
    behaving(server, server.answer(endless=True), only="bad")
    started = time.monotonic()
    good, bad = ask(endpoint(server.url, retries=0, timeout_s=0.2), "good", "bad")
    assert good.finish == "stop"
    assert bad.failure == "no answer within 0.2 s"
    assert time.monotonic() - started < 5


def test_requests_keep_the_rate_limit(server: Any) -> None:
    started = time.monotonic()
    replies = ask(endpoint(server.url, requests_per_minute=1200), *"abcdef")
    assert {reply.finish for reply in replies} == {"stop"}
    assert time.monotonic() - started >= 0.25


def test_tokens_keep_the_rate_limit_by_what_the_server_counts(server: Any) -> None:
    body = {
        "choices": [{"message": {"content": "yes"}, "finish_reason": "stop"}],
        "usage": {"completion_tokens": 2, "prompt_tokens": 8},
    }
    behaving(server, server.answer(body=json.dumps(body).encode()))
    target, started = endpoint(server.url, tokens_per_minute=6000, concurrency=1), time.monotonic()
    (first,) = ask(target, "a", max_new_tokens=10)
    assert (first.tokens, first.prompt_tokens) == (2, 8)
    ask(target, "b", "c", max_new_tokens=10)
    assert 0.15 <= time.monotonic() - started < 5


def test_retry_after_is_obeyed_by_all_conversations(server: Any) -> None:
    times: list[float] = []
    good = server.behave
    limited = server.answer(429, b"slow down", headers={"Retry-After": "1"})

    def behave(request: Any) -> Any:
        times.append(time.monotonic())
        return limited if len(times) == 1 else good(request)

    server.behave = behave
    replies = ask(endpoint(server.url, concurrency=1), "a", "b")
    assert [reply.finish for reply in replies] == ["stop", "stop"]
    assert times[1] - times[0] >= 0.99


def test_a_wait_beyond_the_budget_is_not_waited(server: Any) -> None:
    behaving(server, server.answer(429, b"quota", headers={"Retry-After": "3600"}), only="bad")
    started = time.monotonic()
    good, bad = ask(endpoint(server.url, budget_s=5, concurrency=1), "good", "bad")
    assert time.monotonic() - started < 5
    assert good.finish == "stop"
    assert "no time is left to wait 3600 s" in bad.failure


def test_a_conversation_that_the_server_rejects_is_not_sent_again(server: Any) -> None:
    behaving(server, server.answer(400, b'{"error": "too long"}'), only="bad")
    good, bad = ask(endpoint(server.url), "good", "bad")
    assert good.finish == "stop"
    assert bad.failure == 'HTTP 400: {"error": "too long"}'
    assert len(server.requests) == 2


def test_a_server_that_is_down_is_an_error_that_says_what_to_do(server: Any) -> None:
    server.stop()
    with pytest.raises(TargetError, match="gives no reply") as raised:
        ask(endpoint(server.url, retries=1), "a", "b", "c")
    assert "start the server" in str(raised.value)


def test_a_server_that_never_answers_in_time_is_an_error(server: Any) -> None:
    behaving(server, server.answer(delay_s=5))
    with pytest.raises(TargetError, match=r"no answer within 0\.1 s") as raised:
        ask(endpoint(server.url, retries=1, timeout_s=0.1), "a")
    assert "timeout_s" in str(raised.value)


def test_one_slow_conversation_fails_alone_once_the_server_has_replied(server: Any) -> None:
    behaving(server, server.answer(delay_s=5), only="slow")
    target = endpoint(server.url, retries=0, timeout_s=0.2)
    assert ask(target, "fast")[0].finish == "stop"
    assert ask(target, "slow")[0].failure == "no answer within 0.2 s"


@pytest.mark.parametrize("status", [301, 401, 403, 404])
def test_a_wrong_key_or_model_is_an_error_that_names_the_variable(server: Any, status: int) -> None:
    behaving(server, server.answer(status, b"no"))
    with pytest.raises(TargetError, match=f"HTTP {status}") as raised:
        ask(endpoint(server.url, key_variable="MY_KEY"), "a")
    assert "MY_KEY" in str(raised.value)
    assert len(server.requests) == 1


def test_a_refused_conversation_fails_alone_once_the_server_has_replied(server: Any) -> None:
    behaving(server, server.answer(403, b"moderated"), only="bad")
    target = endpoint(server.url)
    ask(target, "good")
    assert ask(target, "bad")[0].failure == "HTTP 403: moderated"


def test_the_key_is_sent_and_appears_nowhere_else(
    server: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    monkeypatch.setenv("MY_KEY", KEY)
    behaving(server, server.answer(400, f"bad key {KEY}".encode()), only="bad")
    target = endpoint(server.url, key_variable="MY_KEY", retries=0)
    good, bad = ask(target, "good", "bad")
    assert server.requests[0].headers["Authorization"] == f"Bearer {KEY}"
    assert bad.failure == "HTTP 400: bad key [key]"
    seen = f"{target.identity}{target!r}{vars(target)}{good}{bad}{caplog.text}"
    assert KEY not in seen


def test_a_denied_key_is_blotted_out_of_the_error(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    behaving(server, server.answer(401, f"Incorrect API key provided: {KEY}".encode()))
    with pytest.raises(TargetError) as raised:
        ask(endpoint(server.url, key_variable="MY_KEY"), "a")
    assert KEY not in str(raised.value)
    assert "[key]" in str(raised.value)


def test_a_key_is_read_when_a_request_is_made(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    target = endpoint(server.url, key_variable="MY_KEY")
    ask(target, "a")
    monkeypatch.setenv("MY_KEY", KEY)
    ask(target, "b")
    assert [request.headers.get("Authorization") for request in server.requests] == [None, f"Bearer {KEY}"]


def test_a_key_never_crosses_the_network_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    with pytest.raises(TargetError, match="unencrypted") as raised:
        ask(endpoint("http://192.0.2.1/v1", key_variable="MY_KEY"), "a")
    assert KEY not in str(raised.value)


def test_a_key_that_no_header_can_carry_is_named_but_not_shown(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", f"{KEY}\u2026")
    with pytest.raises(TargetError, match="MY_KEY") as raised:
        ask(endpoint(server.url, key_variable="MY_KEY"), "a")
    assert KEY not in str(raised.value)
    assert not server.requests


@pytest.mark.parametrize(
    "url", ["", "localhost:8000", "ftp://x/v1", "http://", "http://x:port/v1", "https://me:pw@x/v1", "http://x/?k=1"]
)
def test_a_bad_url_is_found_before_any_work(url: str) -> None:
    with pytest.raises(ConfigError, match="URL"):
        endpoint(url)


def test_it_works_inside_a_running_event_loop(server: Any) -> None:
    async def notebook() -> list[Any]:
        return ask(endpoint(server.url), "a")

    assert asyncio.run(notebook())[0].text == "echo: a"


def test_an_endpoint_names_its_server_and_cannot_be_trained(server: Any) -> None:
    target = endpoint(server.url)
    assert target.name == "m"
    assert dict(target.identity) == {
        "engine": "openai-compatible",
        "endpoint": server.url,
        "model": "m",
        "dtype": None,
        "device": None,
    }
    assert not hasattr(target, "checkpoint")


def test_a_whole_prompt_is_posted_as_it_is_to_the_plain_completions(server: Any) -> None:
    body = {"choices": [{"text": " yes", "finish_reason": "stop"}], "usage": {"completion_tokens": 1}}
    server.behave = lambda _: server.answer(body=json.dumps(body).encode())
    target, chat = endpoint(server.url, api="completions"), endpoint(server.url)
    prompt = "[INST] Is it? [/INST]"
    replies = target.reply([(user(prompt),), (user("a"), assistant("b"), user("c")), ()], Sampling(max_new_tokens=3))
    assert (replies[0].text, replies[0].finish, replies[0].tokens) == (" yes", "stop", 1)
    assert [reply.finish for reply in replies[1:]] == ["failed", "failed"]
    (request,) = server.requests
    assert request.path == "/v1/completions"
    assert (request.body["prompt"], request.body["max_tokens"]) == (prompt, 3)
    assert "messages" not in request.body
    assert (target.plain, chat.plain) == (True, False)
    assert target.identity != chat.identity
