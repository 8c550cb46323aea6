"""Random streams that depend on what an item is, never on when it runs."""

from random import Random

from breakfix.records import content_id


def stream(seed: int, stage: str, item: str) -> Random:
    """The random stream of one item of one stage; order, batching and resuming do not change it."""
    return Random(int(content_id(seed, stage, item), 16))  # noqa: S311 - reproducibility, not secrecy


def draw_order(seed: int, stage: str, items: list[str]) -> list[str]:
    """`items` in an order that depends on each item's name and the seed only."""
    return sorted(items, key=lambda item: content_id(seed, stage, item))
