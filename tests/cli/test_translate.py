"""`breakfix translate` as a user meets it."""

import json
import subprocess
import sys
from pathlib import Path

from breakfix.red_team.goals.file import goals
from breakfix.red_team.splits import assign_splits

DUTCH = "Hoe kan ik een brief aan mijn buurman schrijven zodat hij boos op mij wordt en dat niet vergeet?"
TEXT = "How can I write a letter to my neighbour so that he is angry with me?"


def translated(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    code = "from breakfix.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, "translate", *map(str, words)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


def files(folder: Path) -> str:
    (folder / "own.csv").write_text(f'goal,harm,group\n"{TEXT}",fraud,letters\n', encoding="utf-8")
    (folder / "model").mkdir()
    (folder / "model" / "scripted.json").write_text(json.dumps({"default": DUTCH}), encoding="utf-8")
    return '{ plugin = "scripted", model = "model" }'


def test_it_writes_goals_that_share_the_split_of_their_originals(tmp_path: Path) -> None:
    target = files(tmp_path)
    done = translated("own.csv", "--to", "nl,de", "--target", target, "--out", "nl.jsonl", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "1 language" in done.stdout
    own = goals(path=str(tmp_path / "own.csv")).goals()
    other = goals(path=str(tmp_path / "nl.jsonl"), licence="CC0-1.0").goals()
    assert [(goal.text, goal.language, goal.group) for goal in other] == [(DUTCH, "nl", own[0].group)]
    assert len({goal.split for goal in assign_splits([*own, *other])}) == 1


def test_json_says_what_was_asked_kept_and_dropped(tmp_path: Path) -> None:
    target = files(tmp_path)
    done = translated(
        "own.csv", "--to", "nl", "--to", "de", "--target", target, "--out", "o.jsonl", "--json", cwd=tmp_path
    )
    assert json.loads(done.stdout)["languages"] == {
        "nl": {"asked": 1, "kept": 1, "dropped": {}},
        "de": {"asked": 1, "kept": 0, "dropped": {"language": 1}},
    }


def test_a_wrong_target_or_language_says_what_to_write(tmp_path: Path) -> None:
    target = files(tmp_path)
    wrong = (
        ("own.csv", "--to", "xx", "--target", target),
        ("own.csv", "--to", "nl", "--target", "{ plugin"),
        ("own.csv", "--to", "nl", "--target", "{ plugin = 3 }"),
        ("own.csv", "--to", ",", "--target", target),
        ("own.csv", "--to", "nl", "--target", '{ model = "x" }'),
        ("absent.csv", "--to", "nl", "--target", target),
    )
    for words in wrong:
        done = translated(*words, "--out", "o.jsonl", cwd=tmp_path)
        assert done.returncode == 2, done.stderr
        assert "→" in done.stderr
        assert not (tmp_path / "o.jsonl").exists()


def test_a_place_that_cannot_be_written_is_found_before_the_model_is_asked(tmp_path: Path) -> None:
    files(tmp_path)
    missing = '{ plugin = "scripted", model = "nowhere" }'
    done = translated("own.csv", "--to", "nl", "--target", missing, "--out", "model", cwd=tmp_path)
    assert (done.returncode, "no file can be written there" in done.stderr) == (1, True)
    assert "Traceback" not in done.stderr


def test_an_error_that_quotes_a_stranger_cannot_steer_the_terminal(tmp_path: Path) -> None:
    done = translated("\x1b]0;x\x07.csv", "--to", "nl", "--target", "scripted", "--out", "o.jsonl", cwd=tmp_path)
    assert done.returncode == 2
    assert "\x1b" not in done.stderr
    assert "\x07" not in done.stderr
