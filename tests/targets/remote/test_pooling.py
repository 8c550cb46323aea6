"""A pool of scripted members: whatever they do, everything is answered once, within bounds."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breakfix.errors import TargetError
from breakfix.records import Reply
from breakfix.targets.remote.member import Member
from breakfix.targets.remote.pace import Pace
from breakfix.targets.remote.pooling import Answered, Asked, Pool, PoolPatience, ask_pool
from breakfix.targets.remote.request import Kind, Trouble

DOWN = Trouble(Kind.UNREACHABLE, "down")
BROKEN = Trouble(Kind.TEMPORARY, "HTTP 500")
BUSY = Trouble(Kind.TEMPORARY, "HTTP 429", wait_s=0.02)
SILENT = Trouble(Kind.SILENT, "no answer within 0.2 s")
Behaviour = Callable[[int, int], str]
"""Member and number of the request to it: `ok`, `down`, `broken`, `busy`, `stall`."""


class Members:
    """Members that behave by script, and what was seen of them."""

    def __init__(self, count: int, behave: Behaviour, *, places: int = 2, pace: Pace | None = None) -> None:
        self.states = [Member(places, pace or Pace(), first_rest_s=0.01) for _ in range(count)]
        self.behave, self.seen = behave, Counter[int]()
        self.asked: list[tuple[int, int]] = []
        self.busy, self.busiest = Counter[int](), Counter[int]()

    async def ask(self, member: int, number: int) -> Asked:
        request = self.seen[member]
        self.seen[member] += 1
        self.asked.append((member, number))
        self.busy[member] += 1
        self.busiest[member] = max(self.busiest[member], self.busy[member])
        try:
            return await self.answer(self.behave(member, request), member, number)
        finally:
            self.busy[member] -= 1

    async def answer(self, how: str, member: int, number: int) -> Asked:
        await asyncio.sleep(0.2 if how == "stall" else 0.001)
        known = {"down": DOWN, "broken": BROKEN, "busy": BUSY, "stall": SILENT}
        return known.get(how) or Reply(text=f"{number} by {member}", finish="stop")

    async def check(self, _: int) -> Trouble | None:
        return None

    def pool(self, **patience: Any) -> Pool:
        given = PoolPatience(**{"retries": 30, "budget_s": 5.0, "stall_s": 0.03, **patience})
        names = [f"m{place}" for place in range(len(self.states))]
        return Pool(self.states, names, self.ask, self.check, given)


def run(pool: Pool, count: int, homes: Sequence[int] | None = None) -> list[Answered]:
    places = len(pool.members)
    return asyncio.run(ask_pool(pool, homes or [number % places for number in range(count)], [1] * count))


SCRIPTS = st.lists(
    st.lists(st.sampled_from(["ok", "ok", "ok", "down", "broken", "busy", "stall"]), min_size=1, max_size=6),
    min_size=1,
    max_size=4,
)


@settings(max_examples=25, deadline=None)
@given(SCRIPTS, st.integers(0, 20))
def test_whatever_members_do_each_conversation_is_answered_once_and_in_its_place(
    scripts: list[list[str]], count: int
) -> None:
    members = Members(len(scripts), lambda at, request: scripts[at][request] if request < len(scripts[at]) else "ok")
    pool = members.pool()
    answers = run(pool, count)
    assert [answer.reply.text.split()[0] for answer in answers] == [str(number) for number in range(count)]
    assert pool.counts.replies == count
    assert pool.counts.requests == len(members.asked) <= count + pool.counts.troubles + pool.counts.late
    assert all(busy <= 2 for busy in members.busiest.values())
    assert not any(members.busy.values())


def test_each_stays_at_home_while_all_are_well() -> None:
    members = Members(3, lambda *_: "ok", places=8)
    answers = run(members.pool(), 12)
    assert [answer.member for answer in answers] == [number % 3 for number in range(12)]


def test_an_idle_member_takes_work_from_a_full_queue() -> None:
    members = Members(2, lambda *_: "ok", places=1)
    run(members.pool(), 10, [0] * 10)
    assert members.seen == {0: 5, 1: 5}


def test_a_member_that_is_down_is_left_alone_and_its_work_done_by_others() -> None:
    members = Members(3, lambda at, _: "down" if at == 0 else "ok")
    answers = run(members.pool(), 60)
    assert all(answer.reply.finish == "stop" for answer in answers)
    assert members.seen[0] < 10


def test_a_member_that_comes_back_is_used_again() -> None:
    members = Members(2, lambda at, request: "down" if at == 0 and request < 3 else "ok")
    answers = run(members.pool(), 100)
    assert sum(answer.member == 0 for answer in answers) > 10


def test_a_silent_conversation_is_taken_over_and_its_late_copy_discarded() -> None:
    members = Members(2, lambda at, _: "stall" if at == 0 else "ok", places=1)
    pool = members.pool()
    answers = run(pool, 2)
    assert [answer.member for answer in answers] == [1, 1]
    assert (pool.counts.taken_over, pool.counts.late, pool.counts.replies) == (1, 1, 2)


def test_without_a_limit_the_usual_reply_time_says_what_is_silent() -> None:
    members = Members(1, lambda *_: "ok")
    pool = members.pool(stall_s=0.0)
    assert pool.stall_s is None
    pool.latencies.extend([1.0, 1.0, 1.0, 9.0])
    assert pool.stall_s == 4.0
    pool.latencies.clear()
    pool.latencies.extend([0.01] * 4)
    assert pool.stall_s == 0.5


def test_a_member_that_asks_for_peace_gets_it_and_the_work_goes_elsewhere() -> None:
    members = Members(2, lambda at, request: "busy" if at == 0 and not request else "ok", places=1)
    pool = members.pool(retries=0)
    assert all(answer.reply.finish == "stop" for answer in run(pool, 6))
    assert members.states[0].rests == 0


def test_a_conversation_that_always_comes_to_nothing_fails_alone() -> None:
    members = Members(2, lambda *_: "ok")
    well = members.answer

    async def answer(how: str, member: int, number: int) -> Asked:
        return BROKEN if number == 3 else await well(how, member, number)

    members.answer = answer
    answers = run(members.pool(retries=2), 12)
    assert [answer.reply.finish for answer in answers].count("failed") == 1
    assert answers[3].reply.failure == "HTTP 500"
    assert sum(number == 3 for _, number in members.asked) == 3


def test_a_rejected_conversation_is_not_asked_elsewhere() -> None:
    members = Members(2, lambda *_: "ok")

    async def answer(_: str, member: int, number: int) -> Asked:
        del member
        return Trouble(Kind.REJECTED, "HTTP 400: too long") if number == 1 else Reply(text="yes", finish="stop")

    members.answer = answer
    answers = run(members.pool(), 3)
    assert answers[1].reply.failure == "HTTP 400: too long"
    assert sum(number == 1 for _, number in members.asked) == 1


def test_a_pool_that_is_down_is_an_error() -> None:
    members = Members(2, lambda *_: "down")
    with pytest.raises(TargetError, match=r"none of the 2 endpoints gives a reply: m.: down"):
        run(members.pool(), 4)


def test_a_pool_that_goes_down_gives_failed_replies() -> None:
    members = Members(2, lambda _, request: "ok" if request < 2 else "down")
    answers = run(members.pool(retries=100), 20)
    finished = Counter(answer.reply.finish for answer in answers)
    assert finished == {"stop": 4, "failed": 16}


def test_a_long_wish_for_peace_of_all_is_not_waited_for() -> None:
    members = Members(1, lambda _, request: "ok" if not request else "never", places=1)
    members.answer = lambda how, _, number: later(how, number)
    answers = run(members.pool(), 2)
    assert [answer.reply.finish for answer in answers] == ["stop", "failed"]


async def later(how: str, number: int) -> Asked:
    await asyncio.sleep(0)
    return (
        Trouble(Kind.TEMPORARY, "HTTP 429", wait_s=3600.0) if how == "never" else Reply(text=str(number), finish="stop")
    )


def test_a_member_that_denies_access_from_the_start_is_an_error() -> None:
    members = Members(2, lambda *_: "ok")

    async def answer(_: str, member: int, number: int) -> Asked:
        return Trouble(Kind.ACCESS, "HTTP 401") if member else Reply(text=str(number), finish="stop")

    members.answer = answer
    with pytest.raises(TargetError, match="denies access: HTTP 401") as raised:
        run(members.pool(), 4)
    assert raised.value.where == "m1"


def test_a_bug_in_asking_crashes() -> None:
    members = Members(1, lambda *_: str(1 // 0))
    with pytest.raises(ZeroDivisionError):
        run(members.pool(), 1)


def test_members_keep_their_pace() -> None:
    members = Members(1, lambda *_: "ok", places=8, pace=Pace(requests_per_minute=1200))
    pool = members.pool()

    async def timed() -> float:
        begun = asyncio.get_running_loop().time()
        await ask_pool(pool, [0] * 5, [1] * 5)
        return asyncio.get_running_loop().time() - begun

    assert asyncio.run(timed()) >= 0.2
