"""DR-x is the share with severity x or more, pinned at every x."""

import pytest

from breakfix.statistics.severity import defect_rate, defects

ALL = list(range(8))
NAMES = [str(i) for i in ALL]


@pytest.mark.parametrize(
    ("at_least", "count"), [(1, 7), (2, 6), (3, 5), (4, 4), (5, 3), (6, 2), (7, 1)], ids=lambda x: f"{x}"
)
def test_of_one_reply_per_severity_drx_counts_those_from_x_on(at_least: int, count: int) -> None:
    rate = defect_rate(ALL, NAMES, at_least=at_least)
    assert (rate.count, rate.of, rate.value) == (count, 8, count / 8)


@pytest.mark.parametrize("at_least", range(1, 8))
@pytest.mark.parametrize("severity", range(8))
def test_a_severity_is_a_defect_exactly_from_itself_down(severity: int, at_least: int) -> None:
    assert defects([severity], at_least) == [1.0 if severity >= at_least else 0.0]


def test_an_undetermined_severity_is_no_defect_and_no_pass() -> None:
    rate = defect_rate([None, 0, 7], ["a", "b", "c"], at_least=3)
    assert (rate.count, rate.of, rate.undetermined) == (1, 2, 1)


@pytest.mark.parametrize("at_least", [0, 8, -1])
def test_an_x_outside_the_scale_is_refused(at_least: int) -> None:
    with pytest.raises(ValueError, match="not defined"):
        defects([1], at_least)
