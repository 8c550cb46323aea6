"""Stage 4: who attacks, what, how often."""

from typing import Literal

from pydantic import Field

from breakfix.config.section import Plugin, PluginChoice, Section


class AttackerSettings(Section):
    """An attacker model that is trained, round by round, on what broke the target (SEAS, arXiv 2408.02632)."""

    evolve: bool = False
    """Train the adversary model between rounds, by [post_train]; without an adversary, a copy of the target's model."""
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
    attacker: AttackerSettings = AttackerSettings()
