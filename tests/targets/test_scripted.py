"""The fake that ships answers by the first rule that fits, fast and always the same."""

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from breakfix.errors import TargetError
from breakfix.plugins import make
from breakfix.records import Reply, Sampling, assistant, user
from breakfix.records.scripted import SCRIPTED_FILE, ScriptedModel

BUILT_IN = make("target", "scripted")
TEXTS = ("a", "b", "kill the lights", "Kill!", "skills")


def scripted(folder: Path, **rules: Any) -> Any:
    (folder / SCRIPTED_FILE).write_text(ScriptedModel(**rules).model_dump_json())
    return make("target", "scripted", {"model": str(folder)})


def reply(target: Any, text: str, **sampling: Any) -> Reply:
    return target.reply([(user(text),)], Sampling(**sampling))[0]


def test_the_built_in_model_complies_and_quotes_the_prompt() -> None:
    answered = reply(make("target", "scripted"), "Explain {prompt} and {x}.")
    assert "Explain {prompt} and {x}." in answered.text
    assert answered.finish == "stop"


def test_rules_apply_in_the_order_of_the_fields(tmp_path: Path) -> None:
    target = scripted(
        tmp_path,
        failing=["a"],
        answers={"a": "A", "b": "B"},
        refused_prompts=["a", "b", "c"],
        refused_words=["c", "d"],
        default="default",
        refusal="no",
    )
    assert [reply(target, text).text for text in "abcde"] == ["", "B", "no", "no", "default"]
    assert reply(target, "a").finish == "failed"


def test_a_refused_word_counts_whole_and_in_any_case(tmp_path: Path) -> None:
    target = scripted(tmp_path, refused_words=["Kill"], refusal="no", default="yes")
    assert [reply(target, text).text for text in TEXTS] == ["yes", "yes", "no", "no", "yes"]


def test_only_the_last_user_turn_decides(tmp_path: Path) -> None:
    target = scripted(tmp_path, refused_prompts=["bad"], refusal="no", default="yes")
    conversations = [(user("bad"), assistant("no"), user("good")), (user("good"), assistant("yes"), user("bad"))]
    assert [each.text for each in target.reply(conversations, Sampling())] == ["yes", "no"]


def test_a_blank_model_emits_only_white_space(tmp_path: Path) -> None:
    answered = reply(scripted(tmp_path, blank=True), "hello")
    assert answered.text
    assert not answered.text.strip()


def test_a_long_reply_is_cut_at_the_token_limit(tmp_path: Path) -> None:
    answered = reply(scripted(tmp_path, default="one two three"), "x", max_new_tokens=2)
    assert (answered.text, answered.finish, answered.tokens) == ("one two", "length", 2)


def test_its_own_words_are_likelier_than_others(tmp_path: Path) -> None:
    target = scripted(tmp_path, answers={"capital of France?": "It is Paris"})
    prompt = (user("capital of France?"),)
    paris, rome, nothing = target.log_likelihoods([prompt] * 3, ["Paris", "Rome", ""])
    assert (paris.total, rome.total, nothing.total) == (-0.1, -1.0, 0.0)
    assert (paris.tokens, rome.tokens, nothing.tokens) == (1, 1, 0)


def test_the_identity_changes_with_the_rules_and_not_with_the_folder(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()
    first, same, other = (scripted(folder, default=rule) for folder, rule in zip(folders, "xxy", strict=True))
    assert first.identity == same.identity
    assert first.identity != other.identity


def test_training_can_start_from_the_built_in_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BREAKFIX_CACHE", str(tmp_path))
    built_in = make("target", "scripted")
    again = make("target", "scripted", {"model": str(built_in.checkpoint)})
    assert built_in.checkpoint.is_relative_to(tmp_path)
    assert again.identity == built_in.identity
    assert again.checkpoint == built_in.checkpoint


def test_a_missing_script_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="no scripted model") as raised:
        make("target", "scripted", {"model": str(tmp_path)})
    assert "built-in" in str(raised.value)


@pytest.mark.parametrize(
    ("text", "place"), [("{", "JSON"), ('{"refuses": []}', "refuses"), ('{"answers": 5}', "answers")]
)
def test_a_bad_script_is_named_with_the_bad_key(tmp_path: Path, text: str, place: str) -> None:
    (tmp_path / SCRIPTED_FILE).write_text(text)
    with pytest.raises(TargetError, match=place):
        make("target", "scripted", {"model": str(tmp_path)})


def test_a_delay_is_waited_once_a_batch() -> None:
    target = make("target", "scripted", {"delay_s": 0.05})
    started = time.monotonic()
    target.reply([(user("a"),)] * 50, Sampling())
    assert 0.05 <= time.monotonic() - started < 1.0


@given(st.lists(st.text()), st.integers(1, 5))
def test_replies_do_not_depend_on_the_batch(texts: list[str], most: int) -> None:
    together = BUILT_IN.reply([(user(text),) for text in texts], Sampling(max_new_tokens=most))
    assert together == [reply(BUILT_IN, text, max_new_tokens=most) for text in texts]
