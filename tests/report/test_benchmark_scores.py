"""Benchmark scores and the keyword baseline."""

import pytest

from breakfix.errors import RunFolderError
from breakfix.records import Verdict
from breakfix.report.benchmark_scores import baseline_key, read_scores
from breakfix.store.rows import read_rows, write_rows
from breakfix.store.run_folder import RunFolder


def test_only_the_test_split_is_shown(night: RunFolder) -> None:
    scores = read_scores(night.stage(0, "benchmark"), 2)
    assert {score.split for score in scores.suites} == {"test"}
    assert len(scores.suites) == 7


def test_a_headline_figure_is_found_by_its_role(night: RunFolder) -> None:
    scores = read_scores(night.stage(0, "benchmark"), 2)
    found = scores.of_role("vprr")
    assert found is not None
    assert found.suite == "look_alikes"
    assert scores.find("look_alikes", "no_such_metric") is None


def test_the_baseline_answers_what_keywords_can_answer(night: RunFolder) -> None:
    scores = read_scores(night.stage(0, "benchmark"), 2)
    answered = {score.metric.name for score in scores.suites if baseline_key(score) in scores.baseline}
    assert answered == {"harmful_rate", "iprr", "vprr", "refusal_rate"}


def test_a_benchmark_without_a_baseline_has_none(tiny: RunFolder) -> None:
    folder = tiny.stage(0, "benchmark")
    (folder / "baseline.jsonl").unlink()
    assert read_scores(folder, 2).baseline == {}


def test_a_baseline_that_misses_an_exchange_is_refused(tiny: RunFolder) -> None:
    folder = tiny.stage(0, "benchmark")
    write_rows(folder / "baseline.jsonl", list(read_rows(folder / "baseline.jsonl", Verdict))[1:])
    with pytest.raises(RunFolderError, match="no baseline verdict"):
        read_scores(folder, 2)
