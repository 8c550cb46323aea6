"""How long to wait before asking again: exponential back-off with full jitter, and what the server asks for."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random

_LONGEST_S = 30.0
_MOST_DOUBLINGS = 64


def backoff_s(attempt: int, *, first_s: float, rng: Random) -> float:
    """Seconds to wait after failed attempt 0, 1, ...: uniform below `first_s` times 2 to the `attempt`, 30 at most.

    Full jitter spreads the clients of a server that recovers (Brooker, "Exponential Backoff And Jitter", AWS 2015).
    """
    return rng.uniform(0.0, min(_LONGEST_S, first_s * 2.0 ** min(attempt, _MOST_DOUBLINGS)))


def retry_after_s(header: str | None, *, now: datetime | None = None) -> float | None:
    """Seconds that a Retry-After header asks to wait (RFC 9110, 10.2.3: a number or a date); None without one."""
    if not header:
        return None
    if header.strip().isascii() and header.strip().isdigit():
        return float(header)
    try:
        until = parsedate_to_datetime(header)
    except (ValueError, OverflowError):
        return None
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (aware - (now or datetime.now(UTC))).total_seconds())
