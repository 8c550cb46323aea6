"""Waits grow, stay within their bounds, and follow what the server asks for."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from breakfix.store.randomness import stream
from breakfix.targets.remote.waiting import backoff_s, retry_after_s

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@given(st.integers(0, 2000), st.floats(0.001, 60.0), st.integers())
def test_a_wait_is_never_negative_nor_beyond_its_bound(attempt: int, first_s: float, seed: int) -> None:
    wait_s = backoff_s(attempt, first_s=first_s, rng=stream(seed, "test", "wait"))
    assert 0.0 <= wait_s <= 30.0
    assert attempt > 0 or wait_s <= first_s


def test_waits_double_on_average() -> None:
    means = [
        sum(backoff_s(n, first_s=1.0, rng=stream(seed, "test", "wait")) for seed in range(2000)) / 2000
        for n in range(4)
    ]
    for earlier, later in pairwise(means):
        assert later == pytest.approx(2 * earlier, rel=0.1)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("7", 7.0),
        (" 0 ", 0.0),
        ("Thu, 01 Jan 2026 00:01:00 GMT", 60.0),
        ("Thu, 01 Jan 2026 00:01:00", 60.0),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
    ],
)
def test_retry_after_is_a_number_of_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after_s(header, now=NOW) == seconds


@given(st.text())
@example("Mon, 01 Jan 2030 00:00:00 +" + "9" * 30)
@example("9" * 400)
def test_no_retry_after_header_raises(header: str) -> None:
    wait_s = retry_after_s(header)
    assert wait_s is None or wait_s >= 0.0
