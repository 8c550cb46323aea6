"""The attacker that evolves, with scripted models on both sides."""

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from breakfix.config import Config
from breakfix.cycle.loop import run_cycle
from breakfix.cycle.stages import StageKey
from breakfix.errors import ConfigError, StaleStage
from breakfix.records import Attempt, PreferencePair, SftRow
from breakfix.red_team.goals.packaged import goals as packaged
from breakfix.store.manifest import read_manifest
from breakfix.store.rows import read_rows
from breakfix.store.run_folder import RunFolder, open_run
from breakfix.store.training_table import read_table

ATTACKS = ["role_play", "evolved"]


@pytest.fixture(scope="module")
def few_goals(tmp_path_factory: pytest.TempPathFactory) -> str:
    """So few goals that the second round meets them again."""
    path, groups = tmp_path_factory.mktemp("goals") / "few.jsonl", Counter[str]()
    with path.open("w", encoding="utf-8") as file:
        for goal in packaged().goals():
            groups[goal.harm] += goal.group not in groups
            groups[goal.group] += 1
            if groups[goal.harm] <= 4:
                own = {"text": goal.text, "harm": goal.harm, "intent": goal.intent, "group": goal.group}
                file.write(json.dumps(own) + "\n")
    return str(path)


def evolving(scripted_config, goals: str, **attacker: object) -> Config:
    own = {"evolve": True, **attacker}
    files = [{"plugin": "file", "path": goals}]
    return scripted_config(rounds=1, red_team={"goals": files, "attacks": ATTACKS, "attempts": 60, "attacker": own})


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, few_goals: str, scripted_config) -> RunFolder:
    runs = tmp_path_factory.mktemp("runs")
    run_cycle(evolving(scripted_config, few_goals), runs)
    return open_run(runs / "scripted")


def evolved(run: RunFolder, number: int) -> list[Attempt]:
    rows = read_rows(run.stage(number, "red_team") / "attempts.jsonl", Attempt)
    return [row for row in rows if row.attack == "evolved" and row.goal.split == "train"]


def test_the_attacker_of_a_round_is_trained_when_the_next_round_needs_it(finished: RunFolder) -> None:
    folder = finished.stage(0, "attacker")
    assert folder.name == "6-attacker"
    manifest = read_manifest(folder)
    assert manifest is not None
    assert manifest.summary["trained"]
    assert (folder / "checkpoint").is_dir()
    assert not finished.stage(1, "attacker").exists()


def test_its_rows_are_prompts_that_broke_the_target_on_train_goals(finished: RunFolder) -> None:
    attempts = {row.id: row for row in read_rows(finished.stage(0, "red_team") / "attempts.jsonl", Attempt)}
    rows = read_table(finished.stage(0, "attacker") / "sft.parquet", SftRow)
    assert rows
    for row in rows:
        (cause,) = row.provenance.findings
        assert attempts[cause].goal.split == "train"
        assert attempts[cause].conversation is not None
        assert row.answer == attempts[cause].conversation[0].text
    for pair in read_table(finished.stage(0, "attacker") / "pairs.parquet", PreferencePair):
        assert attempts[pair.provenance.findings[0]].goal.intent == "harmful"


def test_the_next_round_is_attacked_by_what_was_learnt(finished: RunFolder) -> None:
    learnt = {row.answer for row in read_table(finished.stage(0, "attacker") / "sft.parquet", SftRow)}
    assert {row.note for row in evolved(finished, 0)} == {"by=plain"}
    rewritten = [row for row in evolved(finished, 1) if row.note == "by=model"]
    assert rewritten
    assert all(row.conversation is not None and row.conversation[0].text in learnt for row in rewritten)


def test_running_again_repeats_nothing(finished: RunFolder, few_goals: str, scripted_config) -> None:
    path = finished.stage(0, "attacker") / "manifest.json"
    before = path.stat().st_mtime_ns
    run_cycle(evolving(scripted_config, few_goals), finished.root.parent)
    assert path.stat().st_mtime_ns == before


def test_a_changed_setting_stops_the_run_and_from_makes_the_attacker_again(
    finished: RunFolder, few_goals: str, tmp_path: Path, scripted_config
) -> None:
    shutil.copytree(finished.root, tmp_path / "scripted", symlinks=True)
    changed = evolving(scripted_config, few_goals, rows=3)
    with pytest.raises(StaleStage, match="0/attacker"):
        run_cycle(changed, tmp_path)
    run_cycle(changed, tmp_path, redo=StageKey(0, "attacker"))
    folder = open_run(tmp_path / "scripted").stage(0, "attacker")
    assert len(read_table(folder / "sft.parquet", SftRow)) == 3
    assert (tmp_path / "scripted" / "replaced" / "000" / "00" / "6-attacker").is_dir()


def test_without_evolving_there_is_no_such_stage(tmp_path: Path, scripted_config) -> None:
    run_cycle(scripted_config(rounds=1), tmp_path)
    assert not list((tmp_path / "scripted" / "rounds").glob("*/6-attacker"))


def test_an_adversary_without_weights_here_cannot_evolve(tmp_path: Path, few_goals: str, scripted_config) -> None:
    endpoint = {"plugin": "endpoint", "url": "http://127.0.0.1:1/v1", "model": "m"}
    config = evolving(scripted_config, few_goals)
    config = config.model_copy(
        update={"red_team": config.red_team.model_validate({**config.red_team.model_dump(), "adversary": endpoint})}
    )
    with pytest.raises(ConfigError, match="cannot be trained"):
        run_cycle(config, tmp_path)
