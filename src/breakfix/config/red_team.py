"""Stage 4: who attacks, what, how often."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from breakfix.config.section import Plugin, PluginChoice, Section


class Prices(Section):
    """What a model's tokens cost, in the currency of the budget."""

    prompt: float = Field(default=0.0, ge=0.0)
    """Per 1,000 tokens read."""
    reply: float = Field(default=0.0, ge=0.0)
    """Per 1,000 tokens written."""


class BudgetSettings(Section):
    """What a round's attacks may cost; the stage ends with fewer attempts when it is spent.

    The held-out attempts come first and must fit, because rates before and after are paired over them. A chunk is begun
    when as many attempts would fit at the mean cost so far.
    """

    queries: int | None = Field(default=None, ge=1)
    """Model calls, the adversary's included."""
    tokens: int | None = Field(default=None, ge=1)
    """Tokens read and written by target and adversary, as their engines count them."""
    money: float | None = Field(default=None, gt=0.0)
    """In the currency of the prices below."""
    target: Prices = Prices()
    adversary: Prices = Prices()

    @model_validator(mode="after")
    def _priced(self) -> Self:
        prices = (self.target.prompt, self.target.reply, self.adversary.prompt, self.adversary.reply)
        if self.money is not None and not any(prices):
            raise ValueError("a budget in money needs prices per 1,000 tokens, such as target = { reply = 0.6 }")
        return self

    @property
    def limited(self) -> bool:
        """Whether there is any limit."""
        return (self.queries, self.tokens, self.money) != (None, None, None)


class AttackerSettings(Section):
    """An attacker model that is trained, round by round, on what broke the target (SEAS, arXiv 2408.02632)."""

    evolve: bool = False
    """Train the adversary model between rounds, by [post_train]; without an adversary, a copy of the target's model.
    Attacks that ask it then hunt only: held-out rates must mean the same in every round."""
    rows: int = Field(default=200, ge=1)
    """Most rows, and most preference pairs, of a round."""
    per_goal: int = Field(default=4, ge=1)
    """Most of them about one goal."""


class RedTeamSettings(Section):
    """Stage 4: who attacks, what, how often."""

    goals: tuple[Plugin, ...] = (PluginChoice(plugin="packaged"),)
    attacks: tuple[Plugin, ...] = tuple(
        PluginChoice(plugin=name)
        for name in (
            "direct",
            "role_play",
            "jailbreak_template",
            "refusal_suppression",
            "prefix_injection",
            "base64",
            "rot13",
            "leetspeak",
            "many_shot",
            "fictional_frame",
            "tense",
            "persuasion",
            "payload_splitting",
            "foot_in_the_door",
            "crescendo",
        )
    )
    held_out_only: tuple[str, ...] = ()
    """Attacks among these that only ever meet goals of the test split: no training row shows them, so their fall tells
    what the model learnt beyond the attacks that it saw."""
    personas: tuple[Literal["low_skilled", "intermediate"], ...] = ("low_skilled", "intermediate")
    adversary: Plugin | None = None
    """Model that plays the adversary in multi-turn attacks; without one the script does."""
    attempts: int = Field(default=400, ge=1)
    """Attempts per round on harmful goals of the train split; what falls becomes training data."""
    held_out_attempts: int = Field(default=200, ge=0)
    """Attempts per round on harmful goals of the test split; the same ones every round, never trained on."""
    look_alikes: int = Field(default=300, ge=0)
    """Look-alikes of the train split asked directly; their refusals are findings too."""
    max_new_tokens: int = Field(default=64, ge=1)
    """Per reply, in tokens."""
    chunk: int = Field(default=64, ge=1)
    """Attempts run in lock step and stored together; a killed stage loses at most one chunk."""
    failure_share: float = Field(default=0.05, ge=0.0, le=1.0)
    """Share of attempts that may fail (no reply) before the stage stops."""
    strategy: Literal["uniform", "adaptive"] = "uniform"
    """How the hunting attempts are chosen: `uniform` spreads them evenly; `adaptive` draws `uniform_share` of them so,
    and spends the others where new vulnerabilities are likely per model call. Rates count the uniform ones only."""
    uniform_share: float = Field(default=0.3, gt=0.0, le=1.0)
    """Share of the hunting attempts that an adaptive schedule draws uniformly; its rates rest on these alone."""
    budget: BudgetSettings = BudgetSettings()
    """Limits in queries, tokens and money; none by default."""

    attacker: AttackerSettings = AttackerSettings()

    def identity(self) -> dict[str, Any]:
        """What stage 4 makes its rows from, for fingerprints; a setting that does nothing here is left out."""
        idle = {"strategy", "uniform_share"} if self.strategy == "uniform" else set[str]()
        idle |= set[str]() if self.budget.limited else {"budget"}
        evolving = {"adversary_evolves": True} if self.attacker.evolve else {}
        return {**self.model_dump(mode="json", exclude={"failure_share", "attacker", *idle}), **evolving}
