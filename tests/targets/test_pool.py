"""The pool target against servers on this machine, some of which are down, slow, busy or out of their minds."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from breakfix.errors import ConfigError, TargetError
from breakfix.plugins import make
from breakfix.records import Reply, Sampling, assistant, user

NewServer = Callable[[], Any]


def pool(*servers: Any, **options: Any) -> Any:
    urls = [each if isinstance(each, str) else each.url for each in servers]
    return make("target", "pool", {"urls": urls, "model": "m", "first_rest_s": 0.05, "stall_s": 0.3, **options})


def ask(target: Any, *texts: str) -> list[Reply]:
    return target.reply([(user(text),) for text in texts], Sampling())


def texts_of(server: Any) -> list[str]:
    return [request.text for request in server.requests]


def test_replies_come_in_order_and_the_work_is_spread_evenly(new_server: NewServer) -> None:
    servers = [new_server() for _ in range(3)]
    texts = [f"question {number}" for number in range(30)]
    replies = ask(pool(*servers, concurrency=4), *texts)
    assert [reply.text for reply in replies] == [f"echo: {text}" for text in texts]
    assert sorted(text for server in servers for text in texts_of(server)) == sorted(texts)
    assert all(len(server.requests) >= 4 for server in servers)


def test_a_conversation_goes_on_where_it_began(new_server: NewServer) -> None:
    first, other = new_server(), new_server()
    target = pool(first, other)
    talks = [(user(f"talk {number}"),) for number in range(8)]
    for turn in range(3):
        replies = target.reply(talks, Sampling())
        talks = [
            (*talk, assistant(reply.text), user(f"{talk[0].text}, turn {turn}"))
            for talk, reply in zip(talks, replies, strict=True)
        ]
    begun = {text.split(",")[0] for text in texts_of(first)}
    assert begun.isdisjoint(text.split(",")[0] for text in texts_of(other))
    assert Counter(len(server.requests) for server in (first, other)) == {12: 2}


FAULTS = {
    "dropped connections": {"reset": True},
    "too many requests": {"status": 429, "body": b"slow down", "headers": {"Retry-After": "1"}},
    "internal errors": {"status": 500, "body": b"out of memory"},
    "truncated JSON": {"body": b'{"choices": [{"message": {"content": "he'},
    "cut bodies": {"body": b"{}", "cut": 10},
    "stalls": {"delay_s": 5.0},
    "endless bodies": {"endless": True},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_whatever_one_server_does_nothing_is_lost_or_answered_twice(
    new_server: NewServer, fault: dict[str, Any]
) -> None:
    bad, good, fine = new_server(), new_server(), new_server()
    bad.behave = lambda _: bad.answer(**fault)
    texts = [f"question {number}" for number in range(24)]
    target, started = pool(bad, good, fine, concurrency=2), time.monotonic()
    replies = ask(target, *texts)
    assert [reply.text for reply in replies] == [f"echo: {text}" for text in texts]
    assert target.counts.replies == len(texts)
    assert time.monotonic() - started < 4
    answered = Counter(texts_of(good) + texts_of(fine))
    assert set(answered) == set(texts)
    assert max(answered.values()) == 1


def test_a_server_that_is_down_costs_nothing_but_its_share(new_server: NewServer) -> None:
    down, good = new_server(), new_server()
    down.stop()
    target = pool(down.url, good)
    assert {reply.finish for reply in ask(target, *"abcdef")} == {"stop"}
    assert len(good.requests) == 6


def test_servers_that_are_all_down_are_an_error(new_server: NewServer) -> None:
    servers = [new_server(), new_server()]
    for each in servers:
        each.stop()
    with pytest.raises(TargetError, match="none of the 2 endpoints gives a reply") as raised:
        ask(pool(*servers, first_rest_s=0.001), "a")
    assert "start the servers" in str(raised.value)


def test_a_member_that_serves_another_model_is_an_error_that_names_both(new_server: NewServer) -> None:
    right, wrong = new_server(), new_server()
    right.models, wrong.models = ["m", "n"], ["other"]
    with pytest.raises(TargetError, match="this member of the pool serves other, not 'm'") as raised:
        ask(pool(right, wrong), *"abcdef")
    assert raised.value.where == wrong.url


def test_the_identity_does_not_tell_where_the_model_runs(new_server: NewServer) -> None:
    one, two = new_server(), new_server()
    assert pool(one, two).identity == pool(two).identity
    assert pool(one).identity["model"] == "m"
    assert not hasattr(pool(one), "checkpoint")


@pytest.mark.parametrize(
    ("urls", "says"),
    [
        ([], "at least 1"),
        (["http://127.0.0.1:9/v1", "ftp://x"], "not an http or https URL"),
        (["http://127.0.0.1:9/v1", "http://127.0.0.1:9/v1/"], "given twice"),
    ],
)
def test_bad_addresses_are_found_before_any_work(urls: list[str], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        make("target", "pool", {"urls": urls, "model": "m"})


def test_the_key_goes_to_every_member_and_appears_nowhere_else(
    new_server: NewServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "sk-a-very-secret-key"
    monkeypatch.setenv("MY_KEY", key)
    good, bad = new_server(), new_server()
    bad.behave = lambda _: bad.answer(400, f"bad key {key}".encode())
    target = pool(good, bad, key_variable="MY_KEY", concurrency=1)
    replies = ask(target, *"abcd")
    assert {each.headers["Authorization"] for server in (good, bad) for each in server.requests} == {f"Bearer {key}"}
    assert "HTTP 400: bad key [key]" in {reply.failure for reply in replies}
    assert key not in f"{target.identity}{target!r}{vars(target)}{replies}"
