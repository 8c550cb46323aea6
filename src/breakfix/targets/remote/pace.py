"""Requests and tokens per minute, kept even: nothing is saved up and nothing is burst."""

from dataclasses import dataclass

_MINUTE_S = 60.0
_LETTERS_PER_TOKEN = 4
"""A rough guess for a prompt that nobody has counted yet; what the server counts corrects it."""


@dataclass(slots=True)
class Pace:
    """When the next request may begin; all times are seconds of one clock."""

    requests_per_minute: float | None = None
    """None for no limit."""
    tokens_per_minute: float | None = None
    """Prompt and reply together; None for no limit."""
    _next_request: float = 0.0
    _tokens_paid: float = 0.0

    @property
    def ready_at(self) -> float:
        """The time from which on a request may begin."""
        return max(self._next_request, self._tokens_paid)

    def reserve(self, now: float, tokens: int) -> float:
        """Books a request of about `tokens` tokens; returns the time at which it may begin, `now` or later."""
        begin = max(now, self.ready_at)
        if self.requests_per_minute is not None:
            self._next_request = begin + _MINUTE_S / self.requests_per_minute
        if self.tokens_per_minute is not None:
            self._tokens_paid = begin + tokens * _MINUTE_S / self.tokens_per_minute
        return begin

    def correct(self, booked: int, used: int) -> None:
        """Puts right what a request was booked with, once the server has counted its tokens (0: it does not say)."""
        if self.tokens_per_minute is not None and used:
            self._tokens_paid += (used - booked) * _MINUTE_S / self.tokens_per_minute


def estimated_tokens(letters: int, max_new_tokens: int) -> int:
    """About how many tokens a request costs at most: a prompt of `letters` characters and a full reply."""
    return letters // _LETTERS_PER_TOKEN + max_new_tokens
