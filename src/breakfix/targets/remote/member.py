"""One member of a pool: how much it is given to do, and when it is left alone for a while. No input or output."""

from dataclasses import dataclass, field

from breakfix.targets.remote.pace import Pace

_STRIKES = 3
"""Requests in a row that come to nothing before a member rests."""
_LONGEST_REST_S = 30.0
_MOST_DOUBLINGS = 16


@dataclass(slots=True)
class Member:
    """The state of a member; all times are seconds of one clock."""

    places: int
    """Requests under way at once at most."""
    pace: Pace = field(default_factory=Pace)
    first_rest_s: float = 1.0
    """Its first rest; doubles with each rest that follows without a reply in between."""
    busy: int = 0
    rests: int = 0
    """Rests since its last reply."""
    checked: bool = False
    """Whether it is known to serve the model."""
    replied: bool = False
    until: float = 0.0
    """Until when it rests."""
    _strikes: int = 0

    def awake(self, now: float) -> bool:
        """Whether it is checked and does not rest."""
        return self.checked and now >= self.until

    def free(self, now: float) -> bool:
        """Whether it may be asked one thing more; after a rest that is a single one until it replies."""
        return self.awake(now) and self.busy < (1 if self.rests else self.places)

    def reply(self) -> None:
        """It has replied and is healthy again."""
        self._strikes, self.rests, self.replied = 0, 0, True

    def strike(self, now: float) -> None:
        """A request came to nothing, or was taken over; what fails while it rests already is not held against it."""
        if now < self.until:
            return
        self._strikes += 1
        if self._strikes >= _STRIKES or self.rests or not self.checked:
            rest_s = min(_LONGEST_REST_S, self.first_rest_s * 2.0 ** min(self.rests, _MOST_DOUBLINGS))
            self.until, self.rests, self._strikes = now + rest_s, self.rests + 1, 0

    def leave_alone(self, now: float, seconds: float) -> None:
        """It has asked for `seconds` of peace (Retry-After), which says nothing bad of it."""
        self.until = max(self.until, now + seconds)
