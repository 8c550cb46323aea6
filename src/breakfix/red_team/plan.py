"""Which attack meets which goal: balanced, deterministic, and the held-out part the same in every round.

How goals and attacks come together is told in `laps`; a round goes on where the round before it stopped.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from breakfix.config import RedTeamSettings
from breakfix.errors import EmptyGoals
from breakfix.protocols import Attack
from breakfix.records import Goal
from breakfix.red_team.contenders import Contender, contenders_of, without
from breakfix.red_team.laps import Stretch, make_laps, stretch
from breakfix.red_team.personas import PersonaProfile, chosen_profiles, profiles
from breakfix.red_team.single_turn import DIRECT


@dataclass(frozen=True, slots=True)
class Plan:
    """The attempts of a round; none exists before it is asked for."""

    held_out: Stretch
    """Harmful goals of the test split, never trained on; the same attempts in every round, never an attack that learns
    or whose adversary does.
    """
    hunting: Stretch
    """Harmful goals of the train split, never with an attack that is `held_out_only`; drawn uniformly."""
    look_alikes: Stretch
    """Harmless goals of the train split, asked directly."""
    adaptive: int = 0
    """Further attempts on the goals of `hunting`, chosen by what fell before them."""

    @property
    def size(self) -> int:
        """How many attempts there are."""
        return len(self.held_out) + len(self.hunting) + self.adaptive + len(self.look_alikes)


def plan_attempts(
    goals: Sequence[Goal],
    attacks: Sequence[Attack],
    *,
    settings: RedTeamSettings,
    seed: int,
    round_number: int,
    personas: Sequence[PersonaProfile] | None = None,
) -> Plan:
    """The attempts of a round; the order of `goals` and of `attacks` does not matter.

    `personas` are by default the built-in ones that the settings name. No pair of goal and attack is planned twice in a
    round, so a small set may give fewer attempts than the settings ask for. Raises EmptyGoals when there is no harmful
    goal to train on in a language that a persona speaks or no attack of the chosen personas, and ConfigError when two
    attacks are the same.
    """
    profiles_used = chosen_profiles(settings.personas) if personas is None else personas
    contenders = contenders_of(attacks, profiles_used, evolving=settings.attacker.evolve)
    seen = without(contenders, settings.held_out_only)
    goals = sorted(goals, key=lambda goal: goal.id)
    hunted = [goal for goal in goals if goal.intent == "harmful" and goal.split == "train"]
    held_out = [goal for goal in goals if goal.intent == "harmful" and goal.split == "test"]
    alike = [goal for goal in goals if goal.look_alike and goal.split == "train"]
    if not hunted or not seen:
        raise EmptyGoals(
            "there is nothing to attack: no " + ("harmful goal of the train split" if seen else "attack is left"),
            where="red_team",
            hint="add goals" if contenders else "add attacks, or widen red_team.personas",
        )
    measuring = [each for each in contenders if not each.learns]
    asked = [Contender(DIRECT, profiles()["low_skilled"].model_copy(update={"languages": ()}))]
    laps = make_laps(hunted, seen, seed)
    budget = min(settings.attempts, laps.pairs)
    if not budget:
        raise EmptyGoals(
            "there is nothing to attack: no persona speaks the language of any harmful goal of the train split",
            where="red_team",
            hint="widen the languages of the personas, or add goals in theirs",
        )
    uniform = budget if settings.strategy == "uniform" else max(1, round(settings.uniform_share * budget))
    hunting = stretch(laps, count=uniform, window=round_number)
    return Plan(
        held_out=stretch(make_laps(held_out, measuring, seed), count=settings.held_out_attempts, window=0),
        hunting=hunting,
        look_alikes=stretch(make_laps(alike, asked, seed), count=settings.look_alikes, window=round_number),
        adaptive=min(budget - uniform, laps.spoken_pairs - len(hunting)),
    )
