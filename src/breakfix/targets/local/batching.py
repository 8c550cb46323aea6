"""Which prompts are run together: rows of similar length, so that little is padded."""

from collections.abc import Sequence


def length_sorted_batches(lengths: Sequence[int], size: int, *, tokens: int) -> list[list[int]]:
    """Indices of `lengths` in batches, longest first, so that a batch that does not fit in memory shows early.

    A batch holds at most `size` rows and, unless it is a single row, at most `tokens` tokens after padding. Equal
    lengths keep their order, so the batches depend on the lengths only.
    """
    batches: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        batch = batches[-1] if batches else []
        if batch and len(batch) < size and (len(batch) + 1) * lengths[batch[0]] <= tokens:
            batch.append(index)
        else:
            batches.append([index])
    return batches
