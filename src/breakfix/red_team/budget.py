"""What a round's attacks may cost: counted from the rows alone, so that a resumed stage stops at the same place."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from breakfix.config import BudgetSettings, Prices
from breakfix.errors import ConfigError
from breakfix.records import Attempt, Spent

T = TypeVar("T")
_PER = 1000.0
"""Tokens that a price is for."""


@dataclass(slots=True)
class Purse:
    """What has been spent of a budget."""

    budget: BudgetSettings
    attempts: int = 0
    spent: dict[str, float] = field(default_factory=lambda: {"queries": 0, "tokens": 0, "money": 0.0})
    uncounted: int = 0
    """Attempts that ended in a reply whose tokens nobody counted."""
    ended_by: str | None = None
    """Which limit ended the stage; None where none did."""

    def pay(self, attempts: Iterable[Attempt]) -> None:
        """Counts attempts; raises ConfigError where tokens are limited and the engines do not count them."""
        for attempt in attempts:
            self.attempts += 1
            self.spent["queries"] += attempt.queries
            self.spent["tokens"] += attempt.tokens + attempt.prompt_tokens
            self.spent["money"] += cost(attempt, self.budget)
            self.uncounted += attempt.conversation is not None and not attempt.tokens + attempt.prompt_tokens
        if self.uncounted and (self.budget.tokens is not None or self.budget.money is not None):
            raise ConfigError(
                f"{self.uncounted} of {self.attempts} attempts came without a count of their tokens",
                where="red_team.budget",
                hint="this engine does not count tokens: limit red_team.budget.queries instead",
            )

    def affords(self, attempts: int) -> bool:
        """Whether as many more attempts fit at the mean cost so far (before the first: a query each, and no tokens)."""
        for name, limit in self._limits().items():
            mean = self.spent[name] / self.attempts if self.attempts else float(name == "queries")
            if self.spent[name] + attempts * mean > limit:
                self.ended_by = name
                return False
        return True

    def end(self, held_out: int) -> None:
        """Ends the stage; raises ConfigError unless all its `held_out` attempts, which come first, are made."""
        if self.attempts < max(held_out, 1):
            raise ConfigError(
                f"the budget of {self.ended_by} is spent after {self.attempts} attempts; "
                f"the {held_out} held-out ones, over which rounds are compared, must fit",
                where=f"red_team.budget.{self.ended_by}",
                hint="raise it, or lower red_team.held_out_attempts or red_team.chunk",
            )

    def summary(self) -> dict[str, Any]:
        """What was spent, as plain JSON values; empty without a limit."""
        if not self.budget.limited:
            return {}
        ended = {} if self.ended_by is None else {"budget spent": self.ended_by}
        return {**ended, "spent": {name: round(value, 6) for name, value in self.spent.items()}}

    def _limits(self) -> dict[str, float]:
        budget = self.budget
        limits = {"queries": budget.queries, "tokens": budget.tokens, "money": budget.money}
        return {name: limit for name, limit in limits.items() if limit is not None}


def cost(attempt: Attempt, budget: BudgetSettings) -> float:
    """What an attempt cost by the prices of `budget`, in their currency."""
    adversary = attempt.of_adversary or Spent()
    return _price(
        budget.target, attempt.prompt_tokens - adversary.prompt_tokens, attempt.tokens - adversary.tokens
    ) + _price(budget.adversary, adversary.prompt_tokens, adversary.tokens)


def _price(prices: Prices, prompt_tokens: int, tokens: int) -> float:
    return (prices.prompt * prompt_tokens + prices.reply * tokens) / _PER


def spread(items: Sequence[T]) -> list[T]:
    """`items` in an order of which every beginning is spread over the whole (van der Corput's sequence).

    Chunks stand by attack; taken in this order, a budget that ends early has met all attacks about alike.
    """
    points = map(_reversed_bits, range(1 << len(items).bit_length()))  # as many that each place is met
    return [items[place] for place in dict.fromkeys(int(point * len(items)) for point in points)] if items else []


def _reversed_bits(number: int) -> float:
    value, share = 0.0, 0.5
    while number:
        number, bit = divmod(number, 2)
        value, share = value + bit * share, share / 2
    return value
