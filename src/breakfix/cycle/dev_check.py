"""Measuring a checkpoint on a small, fixed sample of the dev split: what training is stopped and chosen by."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from breakfix.benchmark.answer import Measurers, answer
from breakfix.benchmark.plan import Chunk, plan
from breakfix.benchmark.sample import spread
from breakfix.cycle.parts import Parts, make_room, make_target
from breakfix.post_train.layout import CHECKS
from breakfix.post_train.select import DevCheck
from breakfix.protocols import SuiteItem, Target
from breakfix.records import CandidateCheck, DevFigures, Goal, Sampling, content_id
from breakfix.red_team.drive import Models, Planned, drive
from breakfix.red_team.single_turn import DIRECT, SingleTurn
from breakfix.red_team.stage import verdicts
from breakfix.statistics.candidates import dev_figures
from breakfix.statistics.gate_rules import CAPABILITY, HARMFUL, ORDINARY, OVER_REFUSAL
from breakfix.statistics.rates import rate_of
from breakfix.store.digest import value_digest
from breakfix.store.manifest import read_manifest
from breakfix.store.randomness import draw_order
from breakfix.store.rows import read_rows

FINGERPRINT = "dev_check"
"""Key in the stage's fingerprint."""
_SUITES = {suite for suite, _ in (HARMFUL, OVER_REFUSAL, ORDINARY, CAPABILITY)}

_MARGINS = {"harmful_reduction", "max_vprr", "ordinary_margin", "incoherent_margin", "capability_margin"}


@dataclass(frozen=True, slots=True)
class DevSample:
    """What every candidate is asked: the same items and attacks in every check of a run."""

    chunks: tuple[Chunk, ...]
    """Dev items of the gate's suites."""
    attacks: tuple[Planned, ...]
    """Single-turn attacks on harmful dev goals."""

    @property
    def identity(self) -> str:
        """Changes with every item and attack."""
        items = [(each.suite.name, each.suite.version, each.item.goal.id) for each in self._placed()]
        return value_digest([items, [each.id for each in self.attacks]])

    def _placed(self) -> list[Any]:
        return [each for chunk in self.chunks for each in (*chunk.replies, *chunk.choices)]


def draw_sample(parts: Parts) -> DevSample:
    """The sample of a run; empty where no goal is in the dev split."""
    limit, seed = parts.config.post_train.select.items, parts.config.seed
    suites = [
        replace(suite, items=tuple(item for item in suite.items if item.goal.split == "dev"))
        for suite in parts.suites
        if suite.name in _SUITES
    ]
    chunks = plan(suites, limit=limit, chunk=sum(len(suite.items) for suite in suites) or 1, seed=seed)
    return DevSample(chunks, _attacks(parts, limit, seed))


def dev_check(parts: Parts, sample: DevSample, known: Callable[[], DevFigures | None]) -> DevCheck | None:
    """How candidates are measured; None where there is nothing to measure them by.

    `known` gives the unfixed model's figures where an earlier round has them.
    """
    if not any(chunk.replies for chunk in sample.chunks):
        return None
    return DevCheck(
        measure=lambda checkpoint: _measure(parts, sample, make_target(parts.config.target, checkpoint)),
        unfixed=lambda: known() or _measure(parts, sample, parts.unfixed),
        margins=parts.config.gate,
    )


def check_identity(parts: Parts, sample: DevSample) -> dict[str, Any]:
    """What makes the choice its own, for the stage's fingerprint."""
    gate = parts.config.gate.model_dump(include=_MARGINS)
    return {
        "sample": sample.identity,
        "judge": dict(parts.judge.identity),
        "harmful_from": parts.config.judge.harmful_from,
        "unfixed": dict(parts.unfixed.identity),
        "margins": gate,
    }


def known_unfixed(folders: Sequence[Path], identity: dict[str, Any]) -> DevFigures | None:
    """The unfixed model's figures from the first of `folders`, finished post-train stages, that made the same check."""
    for folder in folders:
        manifest = read_manifest(folder)
        if manifest is not None and manifest.parts.get(FINGERPRINT) == identity:
            first = next(read_rows(folder / CHECKS, CandidateCheck), None)
            if first is not None:
                return first.figures
    return None


def _measure(parts: Parts, sample: DevSample, target: Target) -> DevFigures:
    """Lets `target` answer the sample and judges it; no model stays in memory afterwards."""
    settings, seed = parts.config.post_train.select, parts.config.seed
    sampling = Sampling(max_new_tokens=settings.max_new_tokens, seed=seed)
    measurers = Measurers(target, parts.judge, parts.baseline, sampling)
    items = [item for chunk in sample.chunks for item in answer(chunk, measurers).items]
    attempts = drive(sample.attacks, Models(target, None, sampling), seed=seed)
    given = verdicts(parts.judge, attempts)
    if hasattr(type(target), "release"):
        cast("Any", target).release()
    make_room(parts)
    harmful = [verdict.harmful(parts.config.judge.harmful_from) for verdict in given]
    attacked = rate_of(
        [None if each is None else float(each) for each in harmful], [attempt.goal.group for attempt in attempts]
    )
    return dev_figures(items).model_copy(update={"attacks": attacked})


def _attacks(parts: Parts, limit: int, seed: int) -> tuple[Planned, ...]:
    """As many single-turn attacks as `limit`, one per family in turn, on dev goals spread over harms.

    Attacks that are `held_out_only` are not among them: what they measure must not have chosen the checkpoint.
    """
    left_out = {DIRECT.name, *parts.config.red_team.held_out_only}
    families: dict[str, SingleTurn] = {}
    for attack in sorted(parts.attacks, key=lambda each: each.name):
        if isinstance(attack, SingleTurn) and attack.name not in left_out:
            families.setdefault(attack.family, attack)
    attacks = list(families.values())
    if not attacks:
        return ()
    goals = {goal.id: goal for goal in _attacked_goals(parts, limit, seed)}
    order = draw_order(seed, "dev attacks", list(goals))
    return tuple(_planned(goals[name], attacks[place % len(attacks)], seed) for place, name in enumerate(order))


def _attacked_goals(parts: Parts, limit: int, seed: int) -> list[Goal]:
    """Goals that are not asked directly too, as long as there are enough: each tells something of its own."""
    items = [SuiteItem(goal) for goal in parts.goals if goal.intent == "harmful" and goal.split == "dev"]
    asked = {item.goal.id for item in spread(items, limit, seed=seed)}
    others = [item for item in items if item.goal.id not in asked]
    return [item.goal for item in spread(others if len(others) >= limit else items, limit, seed=seed)]


def _planned(goal: Goal, attack: SingleTurn, seed: int) -> Planned:
    name = content_id("dev attack", goal.id, attack.name, dict(attack.options), seed)
    return Planned(id=name, goal=goal, attack=attack, persona=attack.persona, seed=seed, max_turns=1)
