"""What every target plug-in must do, whatever stands behind it."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from breakfix.plugins import entries, make
from breakfix.protocols import ScoringTarget
from breakfix.records import Conversation, Message, Reply, Sampling, assistant, user

SECRET = "sk-never-to-be-seen"  # noqa: S105 - a made-up one
MAKERS: dict[str, Callable[[pytest.FixtureRequest], dict[str, Any]]] = {
    "scripted": lambda _: {},
    "endpoint": lambda request: {"url": request.getfixturevalue("server").url, "model": "m"},
    "pool": lambda request: {"urls": [request.getfixturevalue("server").url], "model": "m"},
    "hugging_face": lambda request: {"model": str(request.getfixturevalue("tiny_model")), "device": "cpu"},
}
NAMES = [
    pytest.param(name, marks=pytest.mark.model) if name == "hugging_face" else pytest.param(name) for name in MAKERS
]
ODD: list[Conversation] = [
    (user("hello"),),
    (),
    (user(""),),
    (Message(role="system", text="Be brief."), user("hello"), assistant("hi"), user("and now?")),
    (user("\x00\x1b[31m\u202e {{ 7 * 7 }} {% raw %} <|im_end|> <script>"),),
    (user("a\ud800b"),),
    (user("你好 🌍 مرحبا"),),
    (user("word " * 3000),),
    (user("Say it."), assistant("Sure, ")),
    (assistant("I start."),),
    (user("hello"),),
]
SHORT = Sampling(max_new_tokens=4)


@pytest.fixture(params=NAMES)
def target(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Each target plug-in, made as the cycle makes it."""
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    monkeypatch.setenv("BREAKFIX_CACHE", str(tmp_path))
    return make("target", request.param, MAKERS[request.param](request))


def test_every_target_plugin_is_held_to_the_contract() -> None:
    assert {name for name, entry in entries("target").items() if entry.owner == "breakfix"} == set(MAKERS)


def test_every_conversation_gets_a_reply_that_can_be_stored(target: Any) -> None:
    replies = target.reply(ODD, SHORT)
    assert len(replies) == len(ODD)
    for reply in replies:
        assert Reply.model_validate_json(reply.model_dump_json()) == reply
        assert (reply.finish == "failed") == (reply.failure is not None)
        assert reply.finish != "failed" or (reply.text, reply.tokens) == ("", 0)


def test_replies_come_in_the_order_of_the_conversations(target: Any) -> None:
    conversations = [(user(f"{letter} " * count),) for count in (9, 1, 30, 4) for letter in "abc"]
    together = target.reply(conversations, SHORT)
    backwards = target.reply(conversations[::-1], SHORT)
    assert together == backwards[::-1]


def test_the_same_call_gives_the_same_replies(target: Any) -> None:
    sampling = Sampling(max_new_tokens=4, temperature=1.0, top_p=0.9, seed=3)
    conversations = [(user("a"),), (user("b"),), (user("a"),)]
    assert target.reply(conversations, sampling) == target.reply(conversations, sampling)


def test_no_conversation_gets_no_reply(target: Any) -> None:
    assert target.reply([], SHORT) == []


def test_the_identity_is_plain_json_without_secrets_or_places(target: Any, tmp_path: Path) -> None:
    text = json.dumps(dict(target.identity))
    assert {"engine", "dtype", "device"} <= set(target.identity)
    assert SECRET not in text + repr(target) + str(vars(target))
    assert str(tmp_path) not in text
    assert target.identity == target.identity


def test_the_name_is_short_text(target: Any) -> None:
    assert isinstance(target.name, str)
    assert 0 < len(target.name) < 80


def test_scores_come_one_per_answer_and_are_log_probabilities(target: Any) -> None:
    if not isinstance(target, ScoringTarget):
        pytest.skip("this target cannot score")
    prompts = [(user("one"),), (user("two"),), (user("one"),), (user("two"),)]
    scores = target.log_likelihoods(prompts, ["yes", "a longer answer", "no", ""])
    assert len(scores) == 4
    assert all(score.total <= 0.0 and math.isfinite(score.total) for score in scores)
    assert (scores[3].total, scores[3].tokens) == (0.0, 0)
    assert target.log_likelihoods([], []) == []


def test_a_target_that_can_be_trained_names_a_folder_it_can_be_made_from(target: Any) -> None:
    if not hasattr(target, "checkpoint"):
        pytest.skip("this target cannot be trained")
    assert target.checkpoint.is_dir()
    name = {"transformers": "hugging_face"}.get(target.identity["engine"], target.identity["engine"])
    again = make("target", name, {"model": str(target.checkpoint)})
    assert again.identity["weights"] == target.identity["weights"]
