"""Rate limits: no minute holds more requests or tokens than were allowed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from breakfix.targets.remote.pace import Pace, estimated_tokens

GAPS = st.lists(st.tuples(st.floats(0, 30), st.integers(1, 500)), min_size=1, max_size=60)


def begun(pace: Pace, gaps: list[tuple[float, int]]) -> list[tuple[float, int]]:
    """When each request began, each wanted a gap after the one before it began."""
    now, found = 0.0, []
    for gap, tokens in gaps:
        now = pace.reserve(now + gap, tokens)
        found.append((now, tokens))
    return found


@given(GAPS, st.integers(1, 600))
def test_no_minute_holds_more_requests_than_allowed(gaps: list[tuple[float, int]], limit: int) -> None:
    times = [time for time, _ in begun(Pace(requests_per_minute=limit), gaps)]
    for start in times:
        assert sum(start <= time < start + 59.999 for time in times) <= limit


@given(GAPS, st.integers(60, 6000))
def test_no_minute_holds_more_tokens_than_allowed_but_for_its_last_request(
    gaps: list[tuple[float, int]], limit: int
) -> None:
    requests = begun(Pace(tokens_per_minute=limit), gaps)
    for start, _ in requests:
        within = [tokens for time, tokens in requests if start <= time < start + 59.999]
        assert sum(within[:-1]) <= limit


@given(GAPS)
def test_without_limits_nothing_waits(gaps: list[tuple[float, int]]) -> None:
    pace, now = Pace(), 0.0
    for gap, tokens in gaps:
        now += gap
        assert pace.reserve(now, tokens) == now


def test_what_the_server_counted_replaces_the_guess() -> None:
    pace = Pace(tokens_per_minute=60)
    pace.reserve(0.0, 10)
    pace.correct(10, 4)
    assert pace.ready_at == pytest.approx(4.0)
    pace.correct(4, 0)
    assert pace.ready_at == pytest.approx(4.0)


def test_nothing_is_saved_up_in_quiet_times() -> None:
    pace = Pace(requests_per_minute=60)
    assert [pace.reserve(600.0, 1) for _ in range(3)] == pytest.approx([600.0, 601.0, 602.0])


def test_a_guess_holds_the_prompt_and_a_full_reply() -> None:
    assert estimated_tokens(400, 64) == 164
