"""A batch that does not fit is halved until it does, and only then."""

from collections.abc import Sequence

import pytest

from breakfix.targets.local.memory import halve_when_full

pytestmark = pytest.mark.model


def working(fits: int, tried: list[int], error: RuntimeError) -> object:
    def work(rows: Sequence[int]) -> list[str]:
        tried.append(len(rows))
        if len(rows) > fits:
            raise error
        return [f"row {row}" for row in rows]

    return work


@pytest.mark.parametrize("cuda", [True, False])
def test_the_halves_are_tried_and_the_order_is_kept(cuda: bool) -> None:
    import torch

    full = torch.OutOfMemoryError("CUDA out of memory") if cuda else RuntimeError("... can't allocate memory: 9 bytes")
    tried: list[int] = []
    found = halve_when_full(range(7), working(2, tried, full))
    assert found == [f"row {row}" for row in range(7)]
    assert tried == [7, 3, 1, 2, 4, 2, 2]


def test_a_row_that_is_too_large_alone_has_no_result_and_the_others_have() -> None:
    def work(rows: Sequence[int]) -> list[int]:
        if 1 in rows:
            raise RuntimeError("can't allocate memory")
        return list(rows)

    assert halve_when_full(range(4), work) == [0, None, 2, 3]


def test_any_other_error_is_a_bug_and_passes() -> None:
    tried: list[int] = []
    with pytest.raises(RuntimeError, match="shape"):
        halve_when_full(range(4), working(0, tried, RuntimeError("shape mismatch")))
    assert tried == [4]
