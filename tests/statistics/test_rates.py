"""Rates keep their denominator and count what could not be judged."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breakfix.statistics.rates import rate_of

items = st.lists(
    st.tuples(st.one_of(st.none(), st.sampled_from([0.0, 1.0])), st.integers(0, 5)), min_size=0, max_size=40
)


def test_independent_shares_get_wilsons_interval() -> None:
    rate = rate_of([1.0, 0.0, 0.0, 0.0], ["a", "b", "c", "d"])
    assert (rate.value, rate.count, rate.of, rate.method, rate.undetermined) == (0.25, 1.0, 4, "wilson", 0)
    assert (rate.low, rate.high) == (pytest.approx(0.0456, abs=1e-4), pytest.approx(0.6994, abs=1e-4))


def test_undetermined_items_are_counted_and_left_out() -> None:
    rate = rate_of([1.0, None, 0.0, None], ["a", "b", "c", "d"])
    assert (rate.value, rate.of, rate.undetermined) == (0.5, 2, 2)


def test_nothing_judged_gives_no_number() -> None:
    rate = rate_of([None, None], ["a", "b"])
    assert (rate.value, rate.low, rate.high, rate.of, rate.undetermined) == (None, None, None, 0, 2)
    assert rate_of([], []).of == 0


def test_clusters_widen_the_interval() -> None:
    values = [1.0] * 20 + [0.0] * 20
    alone = rate_of(values, [str(i) for i in range(40)])
    grouped = rate_of(values, [str(i // 4) for i in range(40)])
    assert grouped.method == "clustered-wilson"
    assert (grouped.high or 0) - (grouped.low or 0) > 1.7 * ((alone.high or 0) - (alone.low or 0))


def test_values_and_clusters_must_match_in_length() -> None:
    with pytest.raises(ValueError, match="shorter"):
        rate_of([1.0, 0.0], ["a"])


@settings(deadline=None)  # the first call loads scipy
@given(items)
def test_a_rate_lies_in_its_interval_and_accounts_for_every_item(pairs: list[tuple[float | None, int]]) -> None:
    rate = rate_of([value for value, _ in pairs], [str(cluster) for _, cluster in pairs])
    assert rate.of + rate.undetermined == len(pairs)
    if rate.value is not None:
        assert rate.low is not None
        assert rate.high is not None
        assert 0.0 <= rate.low <= rate.value <= rate.high <= 1.0
