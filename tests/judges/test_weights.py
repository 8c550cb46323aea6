"""Weights are read only as they were fitted."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from breakfix.errors import WeightsError
from breakfix.judges._weights import DIGEST, FILE, Head, packaged_weights, read_weights


def test_the_packaged_weights_have_their_digest() -> None:
    assert packaged_weights() == read_weights(FILE, DIGEST)


def test_altered_weights_are_refused(tmp_path: Path) -> None:
    altered = tmp_path / "weights.json"
    altered.write_bytes(FILE.read_bytes().replace(b"1", b"2", 1))
    with pytest.raises(WeightsError, match="altered") as caught:
        read_weights(altered, DIGEST)
    assert caught.value.hint


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="missing"):
        read_weights(tmp_path / "none.json", DIGEST)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_a_probability_stays_within_bounds_and_rises_with_its_feature(low: float, high: float) -> None:
    head = Head(bias=0.1, weights={"x": 0.5})
    one, two = (head.probability({"x": value}) for value in sorted((low, high)))
    assert 0.0 <= one <= two <= 1.0


def test_the_strongest_features_come_first() -> None:
    head = Head(bias=0.0, weights={"a": 1.0, "b": -3.0, "c": 2.0, "d": 9.0})
    assert head.strongest({"a": 1.0, "b": 1.0, "c": 1.0, "d": 0.0}) == ["b", "c"]
