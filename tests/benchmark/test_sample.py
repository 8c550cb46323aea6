"""Drawing a suite's items: even over harms, the same every time, nested."""

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from breakfix.benchmark.sample import spread
from breakfix.protocols import SuiteItem
from breakfix.records import Goal, Harm

HARMS = (Harm.FRAUD, Harm.HATE, Harm.PRIVACY)
COUNTS = st.lists(st.integers(0, 12), min_size=len(HARMS), max_size=len(HARMS))


def items_of(counts: list[int], split: str) -> list[SuiteItem]:
    fields: dict[str, Any] = {"intent": "harmful", "group": "g", "split": split, "source": "s", "licence": "l"}
    return [
        SuiteItem(Goal(id=f"{split}-{harm}-{number}", harm=harm, text="t", **fields))
        for harm, count in zip(HARMS, counts, strict=True)
        for number in range(count)
    ]


@given(dev=COUNTS, test=COUNTS, limit=st.integers(1, 40), seed=st.integers(0, 5))
def test_each_split_gets_the_limit_and_harms_share_it_within_one_item(
    dev: list[int], test: list[int], limit: int, seed: int
) -> None:
    drawn = spread([*items_of(dev, "dev"), *items_of(test, "test")], limit, seed=seed)
    for split, available in (("dev", dev), ("test", test)):
        counts = Counter(item.goal.harm for item in drawn if item.goal.split == split)
        assert counts.total() == min(limit, sum(available))
        most = max((counts[harm] for harm in HARMS), default=0)
        for harm, there in zip(HARMS, available, strict=True):
            assert counts[harm] >= min(there, most - 1)


@given(counts=COUNTS, limit=st.integers(1, 20), seed=st.integers(0, 5), data=st.data())
def test_the_draw_depends_on_ids_and_seed_and_never_on_the_order_of_items(
    counts: list[int], limit: int, seed: int, data: st.DataObject
) -> None:
    items = items_of(counts, "test")
    shuffled = data.draw(st.permutations(items))
    assert set(spread(items, limit, seed=seed)) == set(spread(shuffled, limit, seed=seed))


@given(counts=COUNTS, limit=st.integers(1, 20), more=st.integers(0, 10))
def test_a_smaller_limit_takes_a_part_of_a_larger_one(counts: list[int], limit: int, more: int) -> None:
    items = items_of(counts, "test")
    assert set(spread(items, limit, seed=3)) <= set(spread(items, limit + more, seed=3))


@given(counts=COUNTS, limit=st.none() | st.integers(1, 20))
def test_drawn_items_keep_the_order_of_the_suite_and_no_limit_takes_all(counts: list[int], limit: int | None) -> None:
    items = items_of(counts, "test")
    drawn = spread(items, limit, seed=0)
    assert [item for item in items if item in drawn] == list(drawn)
    if limit is None:
        assert list(drawn) == items


def test_another_seed_draws_other_items() -> None:
    items = items_of([12, 12, 12], "test")
    assert len({spread(items, 6, seed=seed) for seed in range(5)}) > 1
