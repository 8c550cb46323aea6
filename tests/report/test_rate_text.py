"""Numbers for people."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from breakfix.records import Rate
from breakfix.report.rate_text import Unit, counted, number, rate_text, unit_of
from breakfix.statistics.rates import rate_of


def rate(value: float | None = 0.125, *, low: float | None = 0.081, undetermined: int = 0) -> Rate:
    return Rate(
        value=value,
        count=20,
        of=160,
        low=low,
        high=None if low is None else 0.184,
        method="wilson",
        undetermined=undetermined,
    )


def test_a_rate_has_one_decimal_its_interval_and_its_denominator() -> None:
    assert rate_text(rate()).line == "12.5 % [8.1, 18.4] n=160"


def test_what_could_not_be_judged_is_counted_beside_it() -> None:
    assert rate_text(rate(undetermined=3)).line == "12.5 % [8.1, 18.4] n=160 (+3 undetermined)"


def test_an_interval_of_another_confidence_says_so() -> None:
    assert rate_text(rate().model_copy(update={"confidence": 0.9})).interval == "[8.1, 18.4] at 90 %"


def test_a_rate_without_an_interval_shows_none() -> None:
    assert rate_text(rate(low=None)).line == "12.5 % n=160"


def test_no_rate_and_no_judged_item_are_words() -> None:
    assert rate_text(None).line == "not measured"
    assert rate_text(rate_of([None, None], ["a", "b"])).line == "undetermined n=0 (+2 undetermined)"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.031, "points", "+3.1 points"),
        (-0.031, "points", "−3.1 points"),
        (-0.0001, "points", "0.0 points"),
        (0.0, "share", "0.0 %"),
        (-1.2345, "number", "−1.234"),
        (1234.5, "number", "1,234.500"),
    ],
)
def test_each_unit_has_its_form(value: float, unit: Unit, text: str) -> None:
    assert number(value, unit) == text


@given(st.lists(st.sampled_from([0.0, 1.0, None]), max_size=40))
def test_a_share_always_shows_its_denominator(values: list[float | None]) -> None:
    shown = rate_text(rate_of(values, [str(place) for place in range(len(values))]))
    assert f"n={sum(value is not None for value in values)}" in shown.line


def test_a_mean_outside_0_to_1_is_no_percentage() -> None:
    assert unit_of([rate(), None]) == "share"
    assert unit_of([rate(), rate(value=-1.5, low=-math.inf)]) == "number"


def test_one_row_is_singular() -> None:
    assert (counted(1, "row"), counted(1200, "row")) == ("1 row", "1,200 rows")
