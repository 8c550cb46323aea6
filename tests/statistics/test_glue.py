"""The score of AdvGLUE on answers whose arithmetic is known."""

from collections import Counter

import pytest

from breakfix.statistics.glue import TASKS, Predicted, glue_score, mnli_score, qqp_score


def many(task: str, *counts: tuple[int, int | None, int]) -> list[Predicted]:
    """So many items of each label and prediction."""
    return [Predicted(task, label, predicted) for label, predicted, times in counts for _ in range(times)]


def test_qqp_is_the_mean_of_accuracy_and_f1() -> None:
    items = many("qqp", (1, 1, 30), (1, 0, 10), (0, 1, 20), (0, 0, 40))
    rate = qqp_score(items)
    assert rate.value == pytest.approx((0.7 + 2 * 30 / (2 * 30 + 10 + 20)) / 2)
    assert rate.of == 100
    assert rate.low is not None
    assert rate.high is not None
    assert 0.05 < rate.high - rate.value < 0.15


def test_without_any_positive_f1_is_nothing() -> None:
    assert qqp_score(many("qqp", (0, 0, 5), (0, None, 2))).value == pytest.approx(0.5)
    assert qqp_score(many("qqp", (0, 0, 5), (0, None, 2))).undetermined == 2


def test_mnli_is_the_mean_of_its_halves_and_not_of_all_items() -> None:
    items = many("mnli", (0, 0, 90), (0, 1, 10)) + many("mnli-mm", (2, 2, 1), (2, 0, 1))
    assert mnli_score(items).value == pytest.approx(0.7)


def test_the_score_is_the_mean_of_five_tasks() -> None:
    items = [
        *many("sst2", (0, 0, 1), (1, 0, 1)),
        *many("qqp", (1, 1, 3), (0, 1, 1)),
        *many("mnli", (0, 0, 4)),
        *many("mnli-mm", (0, 1, 4)),
        *many("qnli", (0, 0, 3), (1, 0, 1)),
        *many("rte", (0, 1, 5)),
    ]
    rate = glue_score(items)
    assert rate.value == pytest.approx((0.5 + (0.75 + 6 / 7) / 2 + 0.5 + 0.75 + 0.0) / 5)
    assert glue_score([item for item in items if item.task != "rte"]).value is None
    assert glue_score([]).value is None


def test_the_majority_class_scores_its_share() -> None:
    labels = {
        "sst2": (73, 75),
        "qqp": (48, 30),
        "mnli": (40, 50),
        "mnli-mm": (60, 80),
        "qnli": (76, 72),
        "rte": (43, 38),
    }
    items = [
        item
        for task in TASKS
        for item in many(
            task, *((label, int(labels[task][1] > labels[task][0]), count) for label, count in enumerate(labels[task]))
        )
    ]
    share = {task: max(counts) / sum(counts) for task, counts in labels.items()}
    expected = (
        share["sst2"] + share["qqp"] / 2 + (share["mnli"] + share["mnli-mm"]) / 2 + share["qnli"] + share["rte"]
    ) / 5
    assert Counter(item.task for item in items) == {task: sum(counts) for task, counts in labels.items()}
    assert glue_score(items).value == pytest.approx(expected)
