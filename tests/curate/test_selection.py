"""Drafts are taken by rank, no more are resolved than needed, and none is lost from the account."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from breakfix.curate.drafts import dropped
from breakfix.curate.mix import Counts, Demand, Shares, plan
from breakfix.curate.selection import Queue, select

SHARES = Shares(refusal=0.4, look_alike=0.4, replay=0.25)


def test_a_queue_resolves_in_chunks_and_only_what_is_needed(make_draft) -> None:
    sizes = []

    def resolve(drafts):
        sizes.append(len(drafts))
        return [dropped(draft, "bad") if "3" in draft.goal.text else draft for draft in drafts]

    queue = Queue([make_draft(f"x{n}") for n in range(20)], resolve, 4)
    assert queue.supply == 20
    queue.fill(6)
    assert sizes == [4, 3]
    assert [draft.goal.text for draft in queue.ready] == ["x0", "x1", "x2", "x4", "x5", "x6"]
    assert [record.reason for record in queue.gone] == ["bad"]
    queue.fill(6)
    queue.fill(3)
    assert sum(sizes) == 7
    queue.fill(100)
    assert queue.supply == len(queue.ready) == 18


@settings(max_examples=50, deadline=None)
@given(
    sizes=st.tuples(*[st.integers(0, 40)] * 4),
    bad=st.integers(0, 5),
    limit=st.integers(1, 100),
    rng=st.randoms(use_true_random=False),
)
def test_every_draft_is_taken_dropped_or_counted_as_not_needed_and_the_plan_is_met(
    make_draft, sizes, bad: int, limit: int, rng: random.Random
) -> None:
    lessons = ("fresh", "replay", "look_alike", "ordinary")
    drafts = [
        make_draft(f"{lesson} {n}", lesson=lesson, rank=(n,))
        for lesson, size in zip(lessons, sizes, strict=True)
        for n in range(size)
    ]
    unusable = {draft.key for draft in drafts if rng.randrange(10) < bad}

    def resolve(group):
        return [dropped(draft, "bad") if draft.key in unusable else draft for draft in group]

    selected = select(drafts, resolve, plan=lambda s: plan(s, SHARES, Demand(limit, 0, 5)), chunk=7)
    assert len(selected.drafts) + len(selected.dropped) + selected.not_needed == len(drafts)
    taken = {lesson: [d for d in selected.drafts if d.lesson == lesson] for lesson in lessons}
    for own in taken.values():
        assert [d.rank for d in own] == sorted(d.rank for d in own)
    refusals, answers = (len(taken[a]) + len(taken[b]) for a, b in (lessons[:2], lessons[2:]))
    assert refusals * 0.6 <= answers * 0.4 + 1.0
    reachable = Counts(**{x: sum(d.lesson == x and d.key not in unusable for d in drafts) for x in lessons})
    assert len(selected.drafts) <= limit
    assert answers <= reachable.look_alike + reachable.ordinary
