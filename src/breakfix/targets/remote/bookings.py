"""Which conversation is asked at which member of a pool, so that each is answered exactly once. No input or output."""

from collections import deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Booking:
    """One conversation of a call."""

    copies: dict[int, float] = field(default_factory=dict[int, float])
    """Member at which it is asked right now to the time it was asked; two members at most."""
    failed_at: set[int] = field(default_factory=set[int])
    tries: int = 0
    """Requests that came to nothing."""
    answered: bool = False


class Bookings:
    """Conversations 0, 1, … of one call, each with a home: the member that has read the conversation's beginning."""

    def __init__(self, homes: Sequence[int], members: int) -> None:
        """`homes[i]` is the member, below `members`, that conversation i had better be asked at."""
        self._all = [_Booking() for _ in homes]
        self._queues: list[deque[int]] = [deque() for _ in range(members)]
        for number, home in enumerate(homes):
            self._queues[home].append(number)
        self._asked: dict[int, None] = {}
        self.open = len(homes)
        """How many are not answered yet."""

    @property
    def waiting(self) -> int:
        """How many stand in a queue."""
        return sum(map(len, self._queues))

    def own(self, member: int, awake: Collection[int]) -> int | None:
        """The first conversation in the queue of `member`; what has failed there is left to others that are `awake`."""
        return self._taken(member, range(len(self._queues[member])), member, awake)

    def of_others(self, member: int, awake: Collection[int]) -> int | None:
        """The last conversation in the longest queue of another member, for `member`, which has nothing else to do."""
        for place in sorted((place for place in range(len(self._queues)) if place != member), key=self._length):
            number = self._taken(place, range(len(self._queues[place]) - 1, -1, -1), member, awake)
            if number is not None:
                return number
        return None

    def _taken(self, place: int, order: Iterable[int], member: int, awake: Collection[int]) -> int | None:
        queue = self._queues[place]
        for at in order:
            if self._may(queue[at], member, awake):
                number = queue[at]
                del queue[at]
                return number
        return None

    def _length(self, place: int) -> int:
        return -len(self._queues[place])

    def _may(self, number: int, member: int, awake: Collection[int]) -> bool:
        failed_at = self._all[number].failed_at
        return member not in failed_at or failed_at.issuperset(awake)

    def silent_since(self) -> float | None:
        """When the conversation was asked that waits longest for its only member; None without one."""
        return next((since for _, since in self._single()), None)

    def overdue(self, member: int, before: float) -> int | None:
        """The conversation that another member alone was asked longest ago, at the time `before` or earlier."""
        for number, since in self._single():
            booking = self._all[number]
            if since <= before and member not in booking.copies and member not in booking.failed_at:
                return number
        return None

    def _single(self) -> list[tuple[int, float]]:
        found = [(number, self._all[number]) for number in self._asked]
        return [(number, min(each.copies.values())) for number, each in found if len(each.copies) == 1]

    def asked_at(self, number: int) -> list[int]:
        """The members that conversation `number` is asked at right now."""
        return list(self._all[number].copies)

    def ask(self, number: int, member: int, now: float) -> None:
        """Conversation `number` is sent to `member`."""
        self._all[number].copies[member] = now
        self._asked[number] = None

    def answer(self, number: int, member: int) -> list[int] | None:
        """`member` has answered: the other members that are still at it; None where it is answered already."""
        booking = self._all[number]
        booking.copies.pop(member, None)
        if booking.answered:
            return None
        booking.answered = True
        self.open -= 1
        self._asked.pop(number, None)
        left, booking.copies = list(booking.copies), {}
        return left

    def come_to_nothing(self, number: int, member: int, *, counts: bool) -> int | None:
        """A request failed: how many have so far; None where somebody else is still at it, or has answered.

        Unless `counts`, the failure says nothing of the conversation and is no try.
        """
        booking = self._all[number]
        booking.copies.pop(member, None)
        if booking.answered:
            return None
        booking.tries += counts
        booking.failed_at.add(member)
        if booking.copies:
            return None
        self._asked.pop(number, None)
        return booking.tries

    def put_back(self, number: int, awake: Collection[int]) -> None:
        """Conversation `number` waits again, first in the shortest queue of a member where it has not failed."""
        booking = self._all[number]
        places = [place for place in awake if place not in booking.failed_at] or list(awake)
        places = places or list(range(len(self._queues)))
        self._queues[min(places, key=lambda place: len(self._queues[place]))].appendleft(number)

    def unanswered(self) -> list[int]:
        """The conversations without an answer, in order."""
        return [number for number, booking in enumerate(self._all) if not booking.answered]
