"""Batches hold every row once, rows of similar length, within the limits."""

from hypothesis import given
from hypothesis import strategies as st

from breakfix.targets.local.batching import length_sorted_batches

LENGTHS = st.lists(st.integers(1, 300), max_size=60)


@given(LENGTHS, st.integers(1, 9), st.integers(1, 2000))
def test_every_row_is_in_one_batch_and_no_batch_is_too_large(lengths: list[int], size: int, tokens: int) -> None:
    batches = length_sorted_batches(lengths, size, tokens=tokens)
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    for batch in batches:
        longest = max(lengths[row] for row in batch)
        assert len(batch) <= size
        assert len(batch) == 1 or len(batch) * longest <= tokens


@given(LENGTHS, st.integers(1, 9))
def test_longer_rows_come_first_and_equal_ones_keep_their_order(lengths: list[int], size: int) -> None:
    rows = [row for batch in length_sorted_batches(lengths, size, tokens=10**6) for row in batch]
    assert rows == sorted(rows, key=lambda row: (-lengths[row], row))


@given(LENGTHS, st.integers(1, 9))
def test_sorting_pads_no_more_than_running_in_order(lengths: list[int], size: int) -> None:
    def padded(batches: list[list[int]]) -> int:
        return sum(len(batch) * max(lengths[row] for row in batch) for batch in batches)

    plain = [list(range(len(lengths)))[start : start + size] for start in range(0, len(lengths), size)]
    assert padded(length_sorted_batches(lengths, size, tokens=10**6)) <= padded(plain) + size * max([0, *lengths])
