"""Whatever members do, each conversation is answered once and none is lost."""

from hypothesis import given
from hypothesis import strategies as st

from breakfix.targets.remote.bookings import Bookings

HOMES = st.lists(st.integers(0, 2), max_size=12)
MOVES = st.lists(st.tuples(st.sampled_from(["ask", "take over", "answer", "fail"]), st.integers(0, 2)), max_size=150)


@given(HOMES, MOVES)
def test_every_conversation_is_answered_exactly_once(homes: list[int], moves: list[tuple[str, int]]) -> None:
    book, asked, answers = Bookings(homes, 3), set(), []
    for now, (move, member) in enumerate(moves):
        play(book, move, member, now=float(now), asked=asked, answers=answers)
        assert book.open == len(homes) - len(answers)
        assert sorted([*book.unanswered(), *answers]) == list(range(len(homes)))
    for number, member in sorted(asked):
        if book.answer(number, member) is not None:
            answers.append(number)
    while book.open:
        number = next(found for at in range(3) if (found := book.own(at, ())) is not None)
        book.ask(number, 0, 0.0)
        assert book.answer(number, 0) == []
        answers.append(number)
    assert sorted(answers) == list(range(len(homes)))


def next_for(book: Bookings, member: int) -> int | None:
    number = book.own(member, range(3))
    return book.of_others(member, range(3)) if number is None else number


def play(
    book: Bookings, move: str, member: int, *, now: float, asked: set[tuple[int, int]], answers: list[int]
) -> None:
    """One move; `asked` holds the copies under way, those that come too late included."""
    at_member = sorted(number for number, place in asked if place == member)
    if move in ("ask", "take over"):
        number = next_for(book, member) if move == "ask" else book.overdue(member, now)
        if number is None or (number, member) in asked:
            if number is not None:
                book.put_back(number, range(3))
            return
        book.ask(number, member, now)
        assert len(book.asked_at(number)) <= 2
        asked.add((number, member))
    elif at_member:
        number = at_member[0]
        asked.discard((number, member))
        if move == "answer":
            if book.answer(number, member) is not None:
                answers.append(number)
        elif book.come_to_nothing(number, member, counts=True) is not None:
            book.put_back(number, range(3))


def test_a_member_serves_its_own_queue_in_order_and_then_the_end_of_the_longest() -> None:
    book = Bookings([0, 1, 1, 2, 1], 3)
    assert [next_for(book, 0) for _ in range(4)] == [0, 4, 2, 1]


def test_what_failed_at_a_member_is_given_to_another_first() -> None:
    book = Bookings([0], 2)
    assert book.own(0, (0, 1)) == 0
    book.ask(0, 0, 0.0)
    assert book.come_to_nothing(0, 0, counts=True) == 1
    book.put_back(0, (0, 1))
    assert next_for(book, 0) is None
    assert book.of_others(0, (0,)) == 0


def test_a_failure_that_says_nothing_of_the_conversation_is_no_try() -> None:
    book = Bookings([0], 1)
    book.ask(0, 0, 0.0)
    assert book.come_to_nothing(0, 0, counts=False) == 0


def test_only_what_is_silent_for_long_is_taken_over_and_by_one_other_only() -> None:
    book = Bookings([0, 0], 3)
    for now in (1.0, 2.0):
        number = book.own(0, range(3))
        assert number is not None
        book.ask(number, 0, now)
    assert book.silent_since() == 1.0
    assert book.overdue(1, 0.5) is None
    assert book.overdue(0, 9.0) is None
    assert book.overdue(1, 1.5) == 0
    book.ask(0, 1, 3.0)
    assert book.overdue(2, 9.0) == 1
    assert book.answer(0, 1) == [0]
    assert book.answer(0, 0) is None
    assert book.open == 1


def test_a_failed_copy_leaves_the_conversation_to_the_other() -> None:
    book = Bookings([0], 2)
    assert book.own(0, (0, 1)) == 0
    book.ask(0, 0, 0.0)
    book.ask(0, 1, 1.0)
    assert book.come_to_nothing(0, 1, counts=True) is None
    assert book.waiting == 0
    assert book.answer(0, 0) == []
