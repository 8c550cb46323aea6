"""A member of a pool rests after failures, longer each time, and is tried with a single request."""

from breakfix.targets.remote.member import Member


def checked(**options: float) -> Member:
    return Member(places=4, checked=True, **options)


def test_three_failures_in_a_row_make_it_rest() -> None:
    member = checked()
    member.strike(0.0)
    member.strike(0.0)
    assert member.free(0.0)
    member.strike(0.0)
    assert not member.awake(0.5)
    assert member.awake(1.0)


def test_a_reply_in_between_forgives() -> None:
    member = checked()
    for _ in range(5):
        member.strike(0.0)
        member.strike(0.0)
        member.reply()
    assert member.free(0.0)


def test_after_a_rest_it_is_asked_one_thing_until_it_replies() -> None:
    member = checked()
    for _ in range(3):
        member.strike(0.0)
    assert member.free(2.0)
    member.busy = 1
    assert not member.free(2.0)
    member.reply()
    assert member.free(2.0)


def test_rests_double_up_to_half_a_minute() -> None:
    member, now, rests = checked(), 0.0, []
    for _ in range(3):
        member.strike(now)
    for _ in range(8):
        rests.append(member.until - now)
        now = member.until
        member.strike(now)
    assert rests == [1, 2, 4, 8, 16, 30, 30, 30]


def test_what_fails_while_it_rests_does_not_lengthen_the_rest() -> None:
    member = checked()
    for _ in range(10):
        member.strike(0.0)
    assert member.until == 1.0


def test_a_member_that_cannot_be_checked_rests_at_once() -> None:
    member = Member(places=1)
    assert not member.free(0.0)
    member.strike(0.0)
    assert member.until == 1.0


def test_a_wish_for_peace_is_granted_and_not_held_against_it() -> None:
    member = checked()
    member.leave_alone(0.0, 7.0)
    assert not member.awake(6.9)
    assert member.free(7.0)
    assert member.rests == 0
