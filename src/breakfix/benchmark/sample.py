"""Which items of a suite are asked: so many per split, spread evenly over harms, the same ones in every round."""

from collections import Counter
from collections.abc import Sequence

from breakfix.protocols import SuiteItem
from breakfix.records import Harm
from breakfix.store.randomness import draw_order


def spread(items: Sequence[SuiteItem], limit: int | None, *, seed: int) -> tuple[SuiteItem, ...]:
    """At most `limit` items of each split, in suite order; None takes all.

    Harms share the limit evenly: their counts differ by one at most, except that a harm with too few items leaves its
    part to the others. The draw depends on item ids and `seed` only, and a smaller limit takes a part of what a larger
    one takes. An item that stands beside another one comes with that one and does not count.
    """
    if limit is None:
        return tuple(items)
    alone = [item for item in items if item.beside is None]
    splits = {item.goal.split for item in alone}
    kept = {name for split in splits for name in _drawn([i for i in alone if i.goal.split == split], limit, seed)}
    return tuple(item for item in items if (item.beside or item.goal.id) in kept)


def _drawn(items: Sequence[SuiteItem], limit: int, seed: int) -> list[str]:
    harm_of = {item.goal.id: item.goal.harm for item in items}
    seen: Counter[Harm] = Counter()
    ranked: list[tuple[int, int, str]] = []
    for position, name in enumerate(draw_order(seed, "benchmark", list(harm_of))):
        ranked.append((seen[harm_of[name]], position, name))
        seen[harm_of[name]] += 1
    return [name for _, _, name in sorted(ranked)[:limit]]
