"""Conversations spread over the members of a pool: bounded, healed, taken over, each answered exactly once."""

import asyncio
import statistics
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from breakfix.errors import TargetError
from breakfix.records import Reply
from breakfix.targets.remote.bookings import Bookings
from breakfix.targets.remote.member import Member
from breakfix.targets.remote.request import Kind, Trouble

_USUAL = 4
"""Reply times that must be known before an unusual one can be told."""
_SILENT_FACTOR = 4.0
"""An unusual reply time is this many times the median."""
_SHORTEST_STALL_S = 0.5
_POLL_S = 0.01
_CHECKING_S = 0.5
"""Seconds for which all wait until every member is checked: nobody takes the work of one that is about to begin."""
_RESTS = 6
"""Rests in a row of every member after which the pool is given up."""

Asked = Reply | Trouble
Task = asyncio.Task[Asked | None]


@dataclass(frozen=True, slots=True)
class PoolPatience:
    """How long to go on asking."""

    retries: int
    """Further requests after the first, per conversation."""
    budget_s: float
    """Seconds without any reply after which the pool is given up."""
    stall_s: float
    """Seconds after which a free member takes a silent conversation over; 0 for four times the usual reply time."""


@dataclass(slots=True)
class Counts:
    """What a pool has lived through."""

    requests: int = 0
    replies: int = 0
    troubles: int = 0
    """Requests that came to nothing."""
    taken_over: int = 0
    """Conversations asked at a second member while the first kept silent."""
    late: int = 0
    """Copies that were still under way, or came, when another member had answered: discarded."""


@dataclass(slots=True)
class Pool:
    """The members and how they are asked; lives as long as the target."""

    members: Sequence[Member]
    names: Sequence[str]
    """For messages."""
    ask: Callable[[int, int], Awaitable[Asked]]
    """Asks member i for the reply to conversation j of the call."""
    check: Callable[[int], Awaitable[Trouble | None]]
    """Whether member i serves the model; raises TargetError where it serves another."""
    patience: PoolPatience
    counts: Counts = field(default_factory=Counts)
    latencies: deque[float] = field(default_factory=lambda: deque[float](maxlen=64))
    """Seconds that the latest replies took."""

    @property
    def stall_s(self) -> float | None:
        """Seconds of silence after which a conversation is taken over; None while nothing is known."""
        if self.patience.stall_s:
            return self.patience.stall_s
        if len(self.latencies) < _USUAL:
            return None
        return max(_SHORTEST_STALL_S, _SILENT_FACTOR * statistics.median(self.latencies))


@dataclass(slots=True)
class Answered:
    """The reply to a conversation and the member that gave it (None for a failed one)."""

    reply: Reply
    member: int | None


async def ask_pool(pool: Pool, homes: Sequence[int], tokens: Sequence[int]) -> list[Answered]:
    """One reply per conversation, in order; `homes[i]` and `tokens[i]` are its member and about how many it costs.

    Raises TargetError when a member serves another model, denies access, or none of them has given any reply.
    """
    call = _Call(pool, homes, tokens)
    try:
        return await call.run()
    finally:
        await call.stop()


class _Call:
    """One call's conversations."""

    def __init__(self, pool: Pool, homes: Sequence[int], tokens: Sequence[int]) -> None:
        self._pool, self._tokens = pool, tokens
        self._book = Bookings(homes, len(pool.members))
        self._answers: dict[int, Answered] = {}
        self._tasks: dict[Task, tuple[int, int | None, float]] = {}
        """What is under way: member, conversation (None for a check) and since when."""
        self._done: asyncio.Queue[Task] = asyncio.Queue()
        self._checking: set[int] = set()
        self._replied = False
        self._begun = self._heard = time.monotonic()
        """When the call began, and when a reply was last heard."""
        self._reason = ""

    async def run(self) -> list[Answered]:
        for member in self._pool.members:
            member.busy = 0
        while self._book.open:
            now = time.monotonic()
            self._hand_out(now)
            await self._something_done(self._pause_s(now))
            while self._book.open and not self._done.empty():
                self._take(self._done.get_nowait(), time.monotonic())
            self._give_up_if_hopeless(time.monotonic())
        return [self._answers[number] for number in range(len(self._answers))]

    async def _something_done(self, pause_s: float) -> None:
        try:
            async with asyncio.timeout(pause_s):
                self._done.put_nowait(await self._done.get())
        except TimeoutError:
            return

    async def stop(self) -> None:
        """Ends what is still under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _hand_out(self, now: float) -> None:
        members = self._pool.members
        for place, member in enumerate(members):
            if not member.checked and now >= member.until and place not in self._checking:
                self._checking.add(place)
                self._start(self._checked(place), place, None, now)
        if self._checking and now < self._begun + _CHECKING_S:
            return
        awake = [place for place, member in enumerate(members) if member.awake(now)]
        for find in (self._book.own, self._book.of_others, self._overdue):
            for place in awake:
                while members[place].free(now) and members[place].pace.ready_at <= now:
                    number = find(place, awake)
                    if number is None:
                        break
                    members[place].pace.reserve(now, self._tokens[number])
                    members[place].busy += 1
                    self._pool.counts.requests += 1
                    self._book.ask(number, place, now)
                    self._start(self._pool.ask(place, number), place, number, now)

    def _overdue(self, place: int, _: Sequence[int]) -> int | None:
        now, stall_s = time.monotonic(), self._pool.stall_s
        number = None if stall_s is None else self._book.overdue(place, now - stall_s)
        if number is not None:
            self._pool.counts.taken_over += 1
            for at in self._book.asked_at(number):
                self._pool.members[at].strike(now)
        return number

    async def _checked(self, place: int) -> Trouble | None:
        return await self._pool.check(place)

    def _start(self, work: Awaitable[Asked | None], place: int, number: int | None, now: float) -> None:
        task: Task = asyncio.ensure_future(work)
        self._tasks[task] = (place, number, now)
        task.add_done_callback(self._done.put_nowait)

    def _take(self, task: Task, now: float) -> None:
        place, number, since = self._tasks.pop(task)
        member = self._pool.members[place]
        if number is None:
            self._checking.discard(place)
            self._take_check(member, task.result(), now)
            return
        member.busy -= 1
        if task.cancelled():
            return
        answer = task.result()
        if isinstance(answer, Reply):
            member.reply()
            member.pace.correct(self._tokens[number], answer.tokens + answer.prompt_tokens)
            self._heard, self._replied = now, True
            self._pool.latencies.append(now - since)
            self._settle(number, place, answer)
        elif answer is not None:
            self._take_trouble(place, number, answer, now)

    def _take_check(self, member: Member, found: Asked | None, now: float) -> None:
        if isinstance(found, Trouble):
            self._reason = found.reason
            member.strike(now)
        else:
            member.checked = True

    def _take_trouble(self, place: int, number: int, trouble: Trouble, now: float) -> None:
        member, pool = self._pool.members[place], self._pool
        pool.counts.troubles += 1
        self._reason = f"{pool.names[place]}: {trouble.reason}"
        if trouble.kind is Kind.ACCESS and not member.replied:
            raise TargetError(
                f"the endpoint denies access: {trouble.reason}",
                where=pool.names[place],
                hint="check the key, the model's name and the address of this member, or take it out of the pool",
            )
        if trouble.kind in (Kind.ACCESS, Kind.REJECTED):
            self._settle(number, place, _failed(trouble.reason))
            return
        if trouble.wait_s:
            member.leave_alone(now, trouble.wait_s)
        else:
            member.strike(now)
        tries = self._book.come_to_nothing(number, place, counts=not trouble.wait_s)
        if tries is not None and tries > pool.patience.retries:
            self._settle(number, place, _failed(trouble.reason))
        elif tries is not None:
            self._book.put_back(number, [at for at, each in enumerate(pool.members) if each.awake(now)])

    def _settle(self, number: int, place: int, reply: Reply) -> None:
        """Takes the first answer; whoever else is at it is told to stop, and counted."""
        left = self._book.answer(number, place)
        if left is None:
            return
        self._pool.counts.replies += reply.finish != "failed"
        self._pool.counts.late += len(left)
        self._answers[number] = Answered(reply, None if reply.finish == "failed" else place)
        for task, (_, other, _) in self._tasks.items():
            if left and other == number:
                task.cancel()

    def _pause_s(self, now: float) -> float:
        """Seconds until something can have changed that no answer tells."""
        pool, times = self._pool, [self._heard + self._pool.patience.budget_s]
        times += [member.until for member in pool.members if member.until > now]
        times += [self._begun + _CHECKING_S] if self._checking and now < self._begun + _CHECKING_S else []
        if self._book.waiting:
            times += [member.pace.ready_at for member in pool.members if member.free(now)]
        stall_s, silent = pool.stall_s, self._book.silent_since()
        if stall_s is not None and silent is not None and any(member.free(now) for member in pool.members):
            times.append(silent + stall_s)
        return max(_POLL_S, min(times) - now)

    def _give_up_if_hopeless(self, now: float) -> None:
        pool, patience = self._pool, self._pool.patience
        worn_out = all(member.rests >= _RESTS for member in pool.members)
        silent_for = min((member.until for member in pool.members), default=now) - self._heard
        if not worn_out and max(now - self._heard, silent_for) < patience.budget_s:
            return
        reason = self._reason or f"no answer within {patience.budget_s:g} s"
        if not self._replied and not any(member.replied for member in pool.members):
            raise TargetError(
                f"none of the {len(pool.members)} endpoints gives a reply: {reason}",
                where="target.urls",
                hint="start the servers, or mend target.urls; then run the same command again",
            )
        for number in self._book.unanswered():
            self._settle(number, -1, _failed(f"no endpoint is left to ask: {reason}"))


def _failed(reason: str) -> Reply:
    return Reply(text="", finish="failed", failure=reason)
