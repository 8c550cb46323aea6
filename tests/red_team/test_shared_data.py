"""Public seed sets as they are published, where they lie beside the checkout."""

from pathlib import Path

import pytest

from breakfix import plugins

DATA = Path(__file__).parents[3] / "shared" / "data"
ADVBENCH = DATA / "advbench" / "behavior_datasets" / "extra_behavior_datasets" / "advbench_behaviors.csv"
HEADERLESS = DATA / "advbench" / "llama2" / "safety_evaluation" / "data" / "harmful_behaviors.csv"
XSAFETY = DATA / "xsafety"

needs_data = pytest.mark.skipif(not DATA.exists(), reason="the public data sets are not beside the checkout")


@needs_data
def test_advbench_is_read_with_and_without_a_header() -> None:
    named = plugins.make("goals", "file", {"path": str(ADVBENCH), "harm": "other"}).goals()
    options = {"path": str(HEADERLESS), "header": False, "column_text": "1", "harm": "other"}
    numbered = plugins.make("goals", "file", options).goals()
    assert {goal.text for goal in numbered} == {goal.text for goal in named}
    assert len(named) > 500


@needs_data
@pytest.mark.parametrize("language", ["en", "zh", "de", "ar"])
def test_xsafety_is_read_and_its_minors_are_refused(language: str) -> None:
    for path in sorted((XSAFETY / language).glob("Crimes*.csv")):
        options = {"path": str(path), "header": False, "column_text": "1", "harm": "illegal_acts", "repeated": "drop"}
        goals = plugins.make("goals", "file", options)
        assert len(goals.goals()) + goals.excluded > 150
        assert goals.excluded < 20
