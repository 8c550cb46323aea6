"""How the numbers were made."""

import json
from typing import Any

from breakfix.records import Rate
from breakfix.report.method import agreements, method
from breakfix.report.read import Notes, read_run
from breakfix.store.run_folder import RunFolder


def lines(agreement: Any) -> list[tuple[str, str]]:
    return [(item.labelled, item.line) for item in agreements({"agreement": agreement})]


def test_the_pooled_agreement_comes_before_the_sets() -> None:
    measured = {"accuracy": 0.902, "kappa": 0.801, "n": 1005, "sets": [{"name": "refusals", "kappa": 0.84, "n": 169}]}
    assert lines(measured) == [
        ("all", "accuracy 90.2 %, kappa 0.801, n=1,005"),
        ("refusals", "kappa 0.840, n=169"),
    ]


def test_sets_may_be_a_mapping_and_figures_may_be_rates() -> None:
    rate = Rate(value=0.9, count=90, of=100, low=0.8, high=0.95, method="wilson").model_dump()
    assert lines({"sets": {"harm": {"accuracy": rate, "by": "people", "checked": True}}}) == [
        ("harm", "accuracy 90.0 % [80.0, 95.0] n=100")
    ]


def test_estimates_have_intervals_and_models_a_line_of_their_own() -> None:
    kappa = {"value": 0.81, "low": 0.75, "high": 0.86, "of": 90, "method": "x"}
    row = {
        "name": "refusal, XSTest",
        "labels": "mine.csv",
        "n": 90,
        "undetermined": 0,
        "no_majority": 2,
        "kappa": kappa,
        "by_model": {"mild": kappa, "strict": {**kappa, "value": None, "low": None, "high": None}},
    }
    severity = {"name": "severity, X", "n": 40, "mae": {**kappa, "value": 0.2, "low": None, "high": None}}
    assert lines({"sets": [row], "severity": [severity]}) == [
        ("refusal, XSTest (your labels: mine.csv)", "n=90, no majority 2, kappa 0.810 [0.750, 0.860]"),
        ("severity, X", "n=40, mean absolute error 0.200"),
        (
            "refusal, XSTest (your labels: mine.csv), kappa by source model",
            "mild 0.810 [0.750, 0.860], strict not defined",
        ),
    ]


def test_figures_that_correct_no_rate_say_why() -> None:
    row = {"name": "refusal, X", "labels": "mine.csv", "unfit": "the judge was fitted on mine.csv", "n": 9}
    assert lines({"sets": [row]}) == [
        ("refusal, X (your labels: mine.csv; not used for corrections: the judge was fitted on mine.csv)", "n=9")
    ]


def test_an_agreement_that_was_not_measured_is_empty() -> None:
    assert lines(None) == lines({}) == lines({"sets": "none"}) == []


def test_everything_in_the_header_is_shown(night: RunFolder) -> None:
    shown = method(read_run(night, night.header(), Notes(night.root)))
    assert shown.model == "starter (hugging_face)"
    assert shown.judge == "lexical"
    assert ("judge.harmful_from", "2") in shown.settings
    assert ("red_team.attacks.2.plugin", "role_play") in shown.settings
    assert ("vllm", "none") in shown.versions
    assert shown.sessions[1].engine == "transformers 5.23 · bfloat16 · cpu"
    assert dict(shown.sessions[0].attempts)["look-alikes, trainable goals"] == 40
    assert shown.sessions[1].failures == 5


def test_an_empty_header_says_so_instead_of_failing(night: RunFolder) -> None:
    shown = method(read_run(night, {"config": {"goals": [], "names": ["a", "b"]}}, Notes(night.root)))
    assert (shown.model, shown.judge, shown.baseline) == ("unknown target", "not recorded", "not recorded")
    assert shown.settings == (("goals", "none"), ("names", "a, b"))
    assert (shown.versions, shown.agreement) == ((), ())


def test_attempts_that_a_spent_budget_left_out_are_told(tiny: RunFolder) -> None:
    path = tiny.stage(0, "red_team") / "manifest.json"
    known = json.loads(path.read_text())
    known["summary"] |= {"budget spent": "queries", "not_made": {"hunting": 0, "look_alikes": 300}}
    path.write_text(json.dumps(known))
    shown = method(read_run(tiny, tiny.header(), Notes(tiny.root)))
    assert shown.sessions[0].attempts[-1] == ("look-alikes, trainable goals: not made, the budget was spent", 300)
    assert not any("not made" in name for name, _ in shown.sessions[1].attempts)
