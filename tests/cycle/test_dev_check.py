"""The dev check of a run: only dev items, the same ones every time, and part of the stage's fingerprint."""

from pathlib import Path

import pytest

from breakfix.cycle.decide import Verdicts
from breakfix.cycle.dev_check import check_identity, dev_check, draw_sample, known_unfixed
from breakfix.cycle.loop import run_cycle
from breakfix.cycle.parts import Parts, make_parts
from breakfix.cycle.stages import StageKey
from breakfix.errors import StaleStage
from breakfix.records import CandidateCheck, DevFigures, GateDecision, GateVerdict
from breakfix.records.scripted import SCRIPTED_FILE, ScriptedModel
from breakfix.store.manifest import read_manifest
from breakfix.store.rows import read_rows
from breakfix.store.run_folder import RunFolder, open_run


@pytest.fixture(scope="module")
def parts(scripted_config) -> Parts:
    attacks = ["direct", "role_play", "jailbreak_template", "prefix_injection", "crescendo"]
    return make_parts(scripted_config(red_team={"attacks": attacks}, post_train={"select": {"items": 12}}))


def measured(parts: Parts, checkpoint: Path) -> DevFigures:
    check = dev_check(parts, draw_sample(parts), lambda: None)
    assert check is not None
    return check.measure(checkpoint)


def test_every_item_is_of_the_dev_split_and_each_kind_has_its_number(parts: Parts) -> None:
    sample = draw_sample(parts)
    placed = [each for chunk in sample.chunks for each in (*chunk.replies, *chunk.choices)]
    assert {each.item.goal.split for each in placed} == {"dev"}
    counts = {each.suite.name: sum(other.suite is each.suite for other in placed) for each in placed}
    assert counts == {"harmful_requests": 12, "look_alikes": 12, "ordinary_prompts": 12, "plain_knowledge": 120}
    assert {each.goal.split for each in sample.attacks} == {"dev"}
    assert len({each.goal.id for each in sample.attacks} - {each.item.goal.id for each in placed}) == 12


def test_one_single_turn_attack_of_each_family_takes_part(parts: Parts) -> None:
    names = [each.attack.name for each in draw_sample(parts).attacks]
    assert {name: names.count(name) for name in names} == {"jailbreak_template": 6, "prefix_injection": 6}


def test_attacks_that_only_measure_do_not_choose_the_checkpoint(scripted_config) -> None:
    attacks = ["direct", "role_play", "prefix_injection"]
    left_out = scripted_config(
        red_team={"attacks": attacks, "held_out_only": ["role_play"]}, post_train={"select": {"items": 12}}
    )
    assert {each.attack.name for each in draw_sample(make_parts(left_out)).attacks} == {"prefix_injection"}


def test_a_model_that_refuses_all_is_safe_and_useless(parts: Parts, tmp_path: Path) -> None:
    (tmp_path / SCRIPTED_FILE).write_text(ScriptedModel(default=ScriptedModel().refusal).model_dump_json())
    refusing = measured(parts, tmp_path)
    assert (refusing.harmful.value, refusing.attacks.value) == (0.0, 0.0)
    assert (refusing.iprr.value, refusing.vprr.value, refusing.ordinary.value) == (1.0, 1.0, 1.0)
    check = dev_check(parts, draw_sample(parts), lambda: None)
    assert check is not None
    complying = check.unfixed()
    assert complying.harmful.value == 1.0
    assert complying.vprr.value == 0.0
    assert complying.capability.of == 120


@pytest.mark.parametrize(
    "change",
    [{"post_train": {"select": {"items": 6}}}, {"judge": {"plugin": "phrases"}}, {"gate": {"max_vprr": 0.2}}],
    ids=["sample", "judge", "margin"],
)
def test_what_changes_the_choice_changes_the_fingerprint(scripted_config, parts: Parts, change: dict) -> None:
    other = make_parts(scripted_config(**{"post_train": {"select": {"items": 12}}, **change}))
    same = make_parts(scripted_config(post_train={"select": {"items": 12}}))
    assert check_identity(other, draw_sample(other)) != check_identity(same, draw_sample(same))
    again = draw_sample(parts)
    assert check_identity(parts, again) == check_identity(parts, draw_sample(parts))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, scripted_config) -> RunFolder:
    runs = tmp_path_factory.mktemp("runs")
    run_cycle(scripted_config(post_train={"select": {"items": 8}}), runs)
    return open_run(runs / "scripted")


def test_every_round_keeps_its_best_candidate_and_measures_the_unfixed_model_once(
    run: RunFolder, scripted_config
) -> None:
    folders = [run.stage(number, "post_train") for number in (1, 2)]
    rows = [list(read_rows(folder / "checks.jsonl", CandidateCheck)) for folder in folders]
    assert [[row.name for row in each] for each in rows] == [["unfixed", "sft-100", "dpo-100"]] * 2
    assert rows[0][0] == rows[1][0]
    manifests = [read_manifest(folder) for folder in folders]
    assert all(manifest is not None and manifest.summary["kept"]["candidates"] == 2 for manifest in manifests)
    parts = make_parts(scripted_config(post_train={"select": {"items": 8}}))
    identity = check_identity(parts, draw_sample(parts))
    assert known_unfixed(folders, identity) == rows[0][0].figures
    assert known_unfixed(folders, {**identity, "sample": "another"}) is None


def test_another_way_to_choose_makes_the_stage_stale(run: RunFolder, scripted_config) -> None:
    with pytest.raises(StaleStage, match=str(StageKey(1, "post_train"))):
        run_cycle(scripted_config(post_train={"select": {"items": 9}}), run.root.parent)


def decision(number: int, score: float, violation: float, verdict: GateVerdict = "inconclusive") -> GateDecision:
    return GateDecision(round=number, split="test", verdict=verdict, checks=(), score=score, violation=violation)


def test_a_safer_round_that_lost_capability_is_not_the_one_to_keep() -> None:
    lost, kept = decision(1, 0.8, 0.1), decision(2, 0.5, 0.0)
    assert Verdicts((lost, kept), best=2).report("done").best == 2
    assert Verdicts((lost, decision(2, 0.9, 0.2)), best=1).report("done").best == 1
    assert Verdicts((lost.model_copy(update={"verdict": "pass"}), kept), best=1).report("done").best == 1
