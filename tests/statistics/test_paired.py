"""Paired comparisons: published examples, exact tests, and what may not change them."""

import itertools
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breakfix.records import Rate
from breakfix.statistics.paired import mcnemar, p_value_of_change, paired_difference, pairs_of, relative_fall

triples = st.lists(
    st.tuples(st.sampled_from([0.0, 1.0, None]), st.sampled_from([0.0, 1.0, None]), st.integers(0, 7)),
    min_size=1,
    max_size=40,
)
Triple = tuple[float | None, float | None, int]


def columns(rows: list[Triple]) -> tuple[list[float | None], list[float | None], list[str]]:
    return [b for b, _, _ in rows], [a for _, a, _ in rows], [str(c) for _, _, c in rows]


def table(both: int, only_before: int, only_after: int, neither: int) -> tuple[list[float], list[float], list[str]]:
    rows = [(1.0, 1.0)] * both + [(1.0, 0.0)] * only_before + [(0.0, 1.0)] * only_after + [(0.0, 0.0)] * neither
    return [b for b, _ in rows], [a for _, a in rows], [str(i) for i in range(len(rows))]


def bounds(rate: Rate) -> tuple[float, float]:
    assert rate.low is not None
    assert rate.high is not None
    return rate.low, rate.high


def test_the_difference_has_newcombes_interval() -> None:
    # Newcombe (1998) works this table out.
    found = paired_difference(*table(36, 12, 2, 0))
    assert bounds(found) == (pytest.approx(-0.3404, abs=1e-4), pytest.approx(-0.0569, abs=1e-4))
    assert found.method == "newcombe"


def test_a_relative_fall_is_one_minus_the_ratio() -> None:
    fall = relative_fall(*table(10, 50, 5, 35))
    assert fall.value == pytest.approx(0.75)
    assert fall.count == 45
    low, high = bounds(fall)
    assert 0.55 < low < 0.75 < high < 0.88


def test_a_fall_to_nothing_is_not_proven_to_be_total() -> None:
    low, high = bounds(relative_fall(*table(0, 40, 0, 60)))
    assert 0.75 < low < 0.95
    assert high == 1.0


def test_nothing_before_leaves_no_relative_fall() -> None:
    fall = relative_fall(*table(0, 0, 3, 20))
    assert (fall.value, fall.low, fall.high, fall.of) == (None, None, None, 23)


def test_a_rise_is_a_negative_fall() -> None:
    fall = relative_fall(*table(10, 0, 10, 20))
    assert fall.value == pytest.approx(-1.0)


def test_a_relative_fall_of_means_is_refused() -> None:
    with pytest.raises(ValueError, match="shares"):
        relative_fall([0.5, 0.4], [0.1, 0.2], ["a", "b"])


def test_means_are_compared_by_students_t_on_differences() -> None:
    change = paired_difference([0.1, 0.2, 0.3, 0.4], [0.2, 0.3, 0.5, 0.4], list("abcd"))
    assert change.value == pytest.approx(0.1)
    assert bounds(change) == (pytest.approx(-0.0299, abs=1e-4), pytest.approx(0.2299, abs=1e-4))


def test_pairs_with_an_undetermined_side_are_left_out_and_counted() -> None:
    pairs = pairs_of([1.0, None, 0.0], [0.0, 1.0, None], ["a", "b", "c"])
    assert (pairs.before, pairs.after, pairs.clusters, pairs.undetermined) == ((1.0,), (0.0,), ("a",), 2)
    change = paired_difference([1.0, None, 0.0], [0.0, 1.0, None], ["a", "b", "c"])
    assert (change.of, change.undetermined) == (1, 2)


@pytest.mark.parametrize("compare", [paired_difference, relative_fall])
def test_no_pair_gives_no_number(compare: Callable[..., Rate]) -> None:
    found = compare([None], [1.0], ["a"])
    assert (found.value, found.of, found.undetermined) == (None, 0, 1)


def test_no_pair_has_no_p_value() -> None:
    assert p_value_of_change([None], [1.0], ["a"]) is None


@pytest.mark.parametrize(
    ("gained", "lost", "p"), [(0, 0, 1.0), (5, 0, 0.0625), (10, 2, 158 / 4096), (3, 3, 1.0), (1, 0, 1.0)]
)
def test_mcnemar_is_the_exact_binomial_test(gained: int, lost: int, p: float) -> None:
    assert mcnemar(gained, lost) == mcnemar(lost, gained) == pytest.approx(p)


def test_singletons_are_tested_as_mcnemar_does() -> None:
    assert p_value_of_change(*table(7, 12, 3, 9)) == pytest.approx(mcnemar(3, 12))


@settings(deadline=None)  # the first call loads scipy
@given(st.lists(st.tuples(st.sampled_from([0.0, 1.0]), st.sampled_from([0.0, 1.0]), st.integers(0, 4)), min_size=1))
def test_the_sign_test_counts_all_sign_patterns(rows: list[Triple]) -> None:
    before, after, clusters = columns(rows)
    net = [sum(int((a or 0) - (b or 0)) for b, a, c in rows if str(c) == name) for name in sorted(set(clusters))]
    patterns = list(itertools.product((-1, 1), repeat=len(net)))
    extreme = sum(abs(sum(s * n for s, n in zip(signs, net, strict=True))) >= abs(sum(net)) for signs in patterns)
    assert p_value_of_change(before, after, clusters) == pytest.approx(extreme / len(patterns))


def test_a_whole_cluster_that_changes_is_one_witness() -> None:
    assert p_value_of_change([0.0] * 10, [1.0] * 10, ["a"] * 10) == 1.0


def test_means_in_one_cluster_cannot_be_tested() -> None:
    assert p_value_of_change([0.1, 0.2], [0.3, 0.4], ["a", "a"]) is None


def test_equal_means_have_p_one_and_equal_shifts_p_zero() -> None:
    assert p_value_of_change([0.1, 0.2], [0.1, 0.2], ["a", "b"]) == 1.0
    assert p_value_of_change([0.25, 0.5], [0.5, 0.75], ["a", "b"]) == 0.0


def test_means_are_tested_by_students_t() -> None:
    p = p_value_of_change([0.1, 0.2, 0.3, 0.4], [0.2, 0.3, 0.5, 0.4], list("abcd"))
    assert p == pytest.approx(0.0917, abs=1e-4)


@settings(deadline=None)  # the first call loads scipy
@given(triples)
def test_intervals_contain_their_value(rows: list[Triple]) -> None:
    for compare, least in ((paired_difference, -1.0), (relative_fall, float("-inf"))):
        found = compare(*columns(rows))
        assert found.of + found.undetermined == len(rows)
        if found.value is not None:
            low, high = bounds(found)
            assert least <= low <= found.value + 1e-12
            assert found.value - 1e-12 <= high <= 1.0


@settings(deadline=None)  # the first call loads scipy
@given(triples, st.integers(0, 99))
def test_the_order_of_items_does_not_matter(rows: list[Triple], seed: int) -> None:
    turned = random.Random(seed).sample(rows, len(rows))  # noqa: S311 - an order, not a secret
    for compare in (paired_difference, relative_fall, p_value_of_change):
        assert compare(*columns(rows)) == compare(*columns(turned))


@settings(deadline=None)  # the first call loads scipy
@given(triples)
def test_swapping_before_and_after_mirrors_the_difference(rows: list[Triple]) -> None:
    before, after, clusters = columns(rows)
    there, back = paired_difference(before, after, clusters), paired_difference(after, before, clusters)
    if there.value is not None and back.value is not None:
        assert there.value == pytest.approx(-back.value)
        assert bounds(there) == pytest.approx(tuple(-end for end in reversed(bounds(back))))
