"""An adaptive red team in the loop: its rates, what is told of them, and what learning attacks know from before."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from breakfix.config import Config
from breakfix.cycle.explain import explain
from breakfix.cycle.loop import measure, open_for, run_cycle
from breakfix.cycle.parts import make_parts
from breakfix.cycle.rounds import Cycle, curate_round, hunted, post_train_round, red_team_round
from breakfix.errors import StaleStage
from breakfix.protocols import Ask, Attack, Dialogue, Outcome, Quiet
from breakfix.records import Attempt, Finding, Goal, Vulnerability, user
from breakfix.report.attack_outcomes import heat_map, rates_by, read_outcomes
from breakfix.store.manifest import read_manifest
from breakfix.store.rows import read_rows
from breakfix.store.run_folder import RunFolder, open_run


class Counts:
    """An attack that learns how much came before it."""

    name, family, persona = "counts", "counting", "low_skilled"

    def __init__(self, seen: int = 0) -> None:
        self.seen = seen

    def __call__(self, goal: Goal, rng: Random) -> Dialogue:
        del rng
        asked = user(goal.text)
        answer = yield Ask((asked,), note=str(self.seen))
        return (asked, answer)

    def after(self, outcomes: Sequence[Outcome]) -> Attack:
        assert {(each.attempt.goal.split, each.attempt.goal.intent) for each in outcomes} == {("train", "harmful")}
        return Counts(self.seen + len(outcomes))


@pytest.fixture(scope="module")
def adaptive(scripted_config) -> Config:
    return scripted_config(rounds=0, red_team={"strategy": "adaptive", "attempts": 60, "uniform_share": 0.5})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, adaptive: Config) -> RunFolder:
    runs = tmp_path_factory.mktemp("runs")
    run_cycle(adaptive, runs)
    return open_run(runs / "scripted")


def test_every_rate_counts_uniformly_drawn_attempts_and_findings_come_from_all(run: RunFolder) -> None:
    rows = list(read_rows(run.stage(0, "red_team") / "attempts.jsonl", Attempt))
    hunting = [row for row in rows if (row.goal.split, row.goal.intent) == ("train", "harmful")]
    assert {row.drawn for row in rows if row not in hunting} == {"uniform"}
    assert sum(row.drawn == "uniform" for row in hunting) == sum(row.drawn == "adaptive" for row in hunting) == 30
    done = read_manifest(run.stage(0, "identify"))
    assert done is not None
    assert done.summary["attack_success_rate"]["of"] == 30
    findings = list(read_rows(run.stage(0, "identify") / "findings.jsonl", Finding))
    assert {each.attempt.drawn for each in findings if each.kind == "harmful_reply"} == {"uniform", "adaptive"}
    cells = list(read_rows(run.stage(0, "identify") / "vulnerabilities.jsonl", Vulnerability))
    assert sum(each.rate.of for each in cells if each.kind == "harmful_reply") <= 30
    assert all(each.risk > 0 for each in cells if each.examples and each.severity)


def test_the_report_counts_them_so_too_and_says_how_many_it_leaves_out(run: RunFolder) -> None:
    outcomes = read_outcomes(run.stage(0, "red_team"), 2)
    heat = heat_map(outcomes, 0, held_out=False, axes=outcomes)
    assert (sum(rate.of for rate in heat.cells.values()), heat.left_out) == (30, 30)
    told = rates_by(outcomes, lambda item: (item.held_out, item.kind))
    assert told[False, "harmful_reply"].of == 30


def test_another_strategy_stops_the_run_and_is_explained(run: RunFolder, adaptive: Config, scripted_config) -> None:
    uniform = scripted_config(rounds=0, red_team={"attempts": 60})
    changes = [(each.stage, each.what, each.was, each.now) for each in explain(run, uniform)]
    assert ("0/red_team", "settings.strategy", "adaptive", "uniform") in changes
    with pytest.raises(StaleStage, match="0/red_team"):
        run_cycle(uniform, run.root.parent)
    run_cycle(adaptive, run.root.parent)


def test_learning_attacks_know_the_hunting_outcomes_of_earlier_rounds(tmp_path: Path, scripted_config) -> None:
    config = scripted_config(rounds=0)
    parts = make_parts(config)
    parts = replace(parts, attacks=(Counts(), *parts.attacks))
    cycle = Cycle(open_for(config, tmp_path, parts), parts, Quiet())
    measure(cycle, 0, lambda _: None)
    curate_round(cycle, 1)
    post_train_round(cycle, 1)
    later = red_team_round(cycle, 1)
    assert later.summary["never_on_held_out_goals"] == ["counts"]
    assert [Path(entry.path).parts[1:] for entry in later.inputs] == [
        ("00", "4-red_team", name) for name in ("attempts.jsonl", "verdicts.jsonl")
    ]
    notes = [
        [
            int(row.note)
            for row in read_rows(cycle.run.stage(number, "red_team") / "attempts.jsonl", Attempt)
            if row.note
        ]
        for number in (0, 1)
    ]
    assert min(notes[0]) < config.red_team.attempts == len(list(hunted([cycle.run.stage(0, "red_team")])))
    assert min(notes[1]) >= config.red_team.attempts
