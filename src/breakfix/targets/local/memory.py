"""Going on when a batch does not fit into memory: the halves are tried instead."""

from collections.abc import Callable, Sequence
from typing import TypeVar

R = TypeVar("R")

_CPU_ALLOCATOR = "can't allocate memory"


def halve_when_full(rows: Sequence[int], work: Callable[[Sequence[int]], list[R]]) -> list[R | None]:
    """`work(rows)`, one result a row; out of memory, the two halves instead; None for a row that alone is too much."""
    try:
        return list(work(rows))
    except RuntimeError as error:
        if not _out_of_memory(error):
            raise
    free_memory()  # outside the handler: its traceback would keep the failed batch's tensors alive
    if len(rows) == 1:
        return [None]
    middle = len(rows) // 2
    return halve_when_full(rows[:middle], work) + halve_when_full(rows[middle:], work)


def _out_of_memory(error: RuntimeError) -> bool:
    import torch

    return isinstance(error, torch.OutOfMemoryError) or _CPU_ALLOCATOR in str(error)


def free_memory() -> None:
    """Hands memory that PyTorch keeps for later back to the GPU."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
