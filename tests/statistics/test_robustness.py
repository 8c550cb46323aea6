"""Attack success, what the filter leaves of it, and changed verdicts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from breakfix.statistics.robustness import Turned, attack_success, changed_share, curated_attack_success, filter_rate

TURNED = st.builds(
    Turned,
    st.sampled_from([True, False, None]),
    st.sampled_from([True, False, None]),
    st.booleans(),
    st.sampled_from(["a", "b", "c", "d"]),
)


def test_only_texts_that_the_model_gets_right_count() -> None:
    turned = [
        Turned(right=True, fooled=True, valid=True, group="a"),
        Turned(right=True, fooled=True, valid=False, group="b"),
        Turned(right=True, fooled=False, valid=True, group="c"),
        Turned(right=True, fooled=None, valid=True, group="d"),
        Turned(right=False, fooled=True, valid=True, group="e"),
        Turned(right=None, fooled=True, valid=True, group="f"),
    ]
    success, curated, dropped = attack_success(turned), curated_attack_success(turned), filter_rate(turned)
    assert (success.count, success.of, success.undetermined) == (2, 3, 2)
    assert (curated.count, curated.of, curated.undetermined) == (1, 3, 2)
    assert (dropped.count, dropped.of) == (1, 2)
    assert dropped.low is not None
    assert dropped.high is not None
    assert dropped.low < 0.5 < dropped.high


@given(st.lists(TURNED, max_size=40))
def test_curated_success_is_success_times_what_the_filter_leaves(turned: list[Turned]) -> None:
    success, curated, dropped = attack_success(turned), curated_attack_success(turned), filter_rate(turned)
    assert curated.of == success.of
    assert curated.count <= success.count
    if success.count:
        assert success.value is not None
        assert dropped.value is not None
        assert curated.value == pytest.approx(success.value * (1 - dropped.value))
    else:
        assert dropped.value is None


def test_a_verdict_changes_either_way_and_an_undetermined_side_counts_as_undetermined() -> None:
    rate = changed_share([True, True, False, False, None], [True, False, True, None, None], list("abcde"))
    assert (rate.count, rate.of, rate.undetermined) == (2, 3, 2)


@given(st.lists(st.sampled_from([True, False, None]), max_size=20))
def test_nothing_changes_against_itself(verdicts: list[bool | None]) -> None:
    assert changed_share(verdicts, verdicts, [str(place) for place in range(len(verdicts))]).count == 0
