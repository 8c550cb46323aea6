"""The stage: three files in one order, resuming without a changed byte, a budget for failures."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from breakfix import plugins
from breakfix.config import RedTeamSettings
from breakfix.errors import ConfigError, EmptyGoals, RunFolderError, TooManyFailures
from breakfix.protocols import Ask, Attack, Dialogue, Outcome, Quiet
from breakfix.records import (
    NOT_APPLICABLE,
    Attempt,
    Conversation,
    GaveUp,
    Goal,
    Harm,
    Reply,
    Sampling,
    Verdict,
    content_id,
    user,
)
from breakfix.red_team import stage
from breakfix.store.outcome import StageOutcome
from breakfix.store.rows import read_rows

ATTACKS = ("direct", "role_play", "base64", "crescendo")
FILES = (stage.ATTEMPTS, stage.VERDICTS, stage.BASELINE)
Run = Callable[..., StageOutcome]


class Watch(Quiet):
    def __init__(self) -> None:
        self.total, self.done = 0, 0

    def begin(self, title: str, total: int) -> None:
        del title
        self.total = total

    def advance(self, items: int = 1) -> None:
        self.done += items


@pytest.fixture
def goals(make_goal) -> list[Goal]:
    return [
        make_goal(f"{harm.value} wish {number} {split} {intent}", harm=harm, split=split, intent=intent)
        for harm in (Harm.FRAUD, Harm.HATE)
        for number in range(6)
        for split in ("train", "test")
        for intent in ("harmful", "benign")
    ]


@pytest.fixture
def run(goals: list[Goal], new_place_target: Any, new_judge: Any) -> Run:
    def go(folder: Path, **changes: Any) -> StageOutcome:
        settings = {"attempts": 20, "held_out_attempts": 10, "look_alikes": 8, "chunk": 8}
        given = {
            "target": new_place_target(),
            "judge": new_judge(),
            "baseline": new_judge(),
            "attacks": [plugins.make("attack", name, {}) for name in ATTACKS],
            "goals": goals,
            "adversary": None,
            "settings": RedTeamSettings(**{**settings, **changes.pop("settings", {})}),
            "seed": 0,
            "round_number": 0,
            "progress": Quiet(),
        }
        return stage.run(folder, **{**given, **changes})

    return go


@pytest.fixture
def ended(run: Run, tmp_path: Path) -> Callable[..., tuple[StageOutcome, dict[str, bytes], Run]]:
    """A stage with an attack that learns, ended by its budget within the hunt: its outcome, files and another go."""
    known: dict[str, tuple[StageOutcome, dict[str, bytes], Run]] = {}

    def go(strategy: str) -> tuple[StageOutcome, dict[str, bytes], Run]:
        def again(folder: Path) -> StageOutcome:
            return run(
                folder,
                target=MoodyTarget(),
                attacks=[Notices(), *(plugins.make("attack", name, {}) for name in ATTACKS)],
                settings={
                    "strategy": strategy,
                    "attempts": 40,
                    "uniform_share": 0.3,
                    "chunk": 6,
                    "budget": {"queries": 70},
                },
            )

        if strategy not in known:
            outcome = again(tmp_path / strategy)
            known[strategy] = outcome, bytes_of(tmp_path / strategy), again
        return known[strategy]

    return go


def attempts(folder: Path) -> list[Attempt]:
    return list(read_rows(folder / stage.ATTEMPTS, Attempt))


def verdicts(folder: Path, name: str = stage.VERDICTS) -> list[Verdict]:
    return list(read_rows(folder / name, Verdict))


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in FILES}


def test_one_verdict_of_each_judge_for_every_attempt_in_the_same_order(run: Run, tmp_path: Path) -> None:
    outcome = run(tmp_path)
    rows = attempts(tmp_path)
    assert len(rows) == 38
    assert [row.id for row in rows] == [row.exchange for row in verdicts(tmp_path)]
    assert [row.id for row in rows] == [row.exchange for row in verdicts(tmp_path, stage.BASELINE)]
    assert outcome.outputs == FILES
    assert outcome.failures == 0


def test_the_summary_counts_what_the_rows_say(run: Run, tmp_path: Path) -> None:
    summary = run(tmp_path).summary
    rows = attempts(tmp_path)
    assert summary["attempts"] == len(rows) == sum(summary["by_attack"].values()) == sum(summary["by_persona"].values())
    assert summary["queries"] == sum(row.queries for row in rows)
    assert set(summary["by_attack"]) == set(ATTACKS)
    assert set(summary["by_persona"]) == {"low_skilled", "intermediate"}
    assert summary["excluded_goals"] == summary["excluded_attempts"] == summary["failures"] == 0


def test_batches_hold_a_whole_chunk(run: Run, tmp_path: Path, new_place_target: Any) -> None:
    target = new_place_target()
    run(tmp_path, target=target)
    assert max(len(batch) for batch in target.batches) == 8


def cuts(whole: dict[str, bytes]) -> Iterator[dict[str, int]]:
    """Sizes to which a kill may have left the files: any, because each is synced by itself."""
    full = {name: len(content) for name, content in whole.items()}
    for name in FILES:
        for share in (0.0, 0.4, 0.999):
            yield {**full, name: int(full[name] * share)}
    yield {name: size // 2 for name, size in full.items()}
    yield dict.fromkeys(full, 0)
    yield {name: size - 1 for name, size in full.items()}


def test_resuming_after_any_cut_changes_no_byte_and_repeats_no_whole_chunk(
    run: Run, tmp_path: Path, new_place_target: Any
) -> None:
    run(tmp_path / "whole")
    whole = bytes_of(tmp_path / "whole")
    for number, sizes in enumerate(cuts(whole)):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name, content in whole.items():
            (folder / name).write_bytes(content[: sizes[name]])
        kept = min(content[: sizes[name]].count(b"\n") for name, content in whole.items())
        target = new_place_target()
        run(folder, target=target)
        assert bytes_of(folder) == whole
        asked = {
            message.text for batch in target.batches for each in batch for message in each if message.role == "user"
        }
        first = {row.conversation[0].text for row in attempts(folder)[: max(0, kept - 8)] if row.conversation}
        again = {row.conversation[0].text for row in attempts(folder)[max(0, kept - 8) :] if row.conversation}
        assert not (asked & first) - again


class MoodyTarget:
    """Refuses what it is asked, or does not, by the letters of the question; says where in which batch it was asked."""

    name = "moody"

    def __init__(self) -> None:
        self.identity: dict[str, Any] = {}
        self.asked = 0

    def reply(self, conversations: list[Conversation], sampling: Sampling) -> list[Reply]:
        del sampling
        self.asked += len(conversations)
        return [
            Reply(
                text=f"{place}/{len(conversations)} {'yes' if sum(map(ord, each[-1].text)) % 5 < 2 else 'no'}",
                finish="stop",
            )
            for place, each in enumerate(conversations)
        ]


class Notices:
    """Says how much it has seen; an attack that learns."""

    name, family, persona = "notices", "noticing", "low_skilled"

    def __init__(self, seen: tuple[str, ...] = ()) -> None:
        self.seen = seen

    def __call__(self, goal: Goal, rng: Random) -> Dialogue:
        del rng
        asked = user(f"After {len(self.seen)}: {goal.text}")
        answer = yield Ask((asked,), note=f"{len(self.seen)} {content_id(*self.seen)}")
        return (asked, answer)

    def after(self, outcomes: Sequence[Outcome]) -> Attack:
        return Notices((*self.seen, *(each.attempt.id + (each.verdict.refusal or "") for each in outcomes)))


@pytest.mark.parametrize("strategy", ["uniform", "adaptive"])
def test_a_stage_killed_at_any_chunk_or_within_one_goes_on_to_the_same_bytes_when_it_learns(
    run: Run, tmp_path: Path, strategy: str
) -> None:
    given = {
        "attacks": [Notices(), *(plugins.make("attack", name, {}) for name in ATTACKS)],
        "settings": {"strategy": strategy, "attempts": 40, "uniform_share": 0.2, "chunk": 6},
    }
    outcome = run(tmp_path / "whole", target=MoodyTarget(), **given)
    whole = bytes_of(tmp_path / "whole")
    rows = attempts(tmp_path / "whole")
    assert {verdict.refusal for verdict in verdicts(tmp_path / "whole")} == {"full", "none"}
    assert sum(row.drawn == "adaptive" for row in rows) == (32 if strategy == "adaptive" else 0)
    for kept in range(0, len(rows), 3):
        folder = tmp_path / str(kept)
        folder.mkdir()
        for number, (name, content) in enumerate(whole.items()):
            lines = content.splitlines(keepends=True)
            (folder / name).write_bytes(b"".join(lines[: kept + number]) + lines[-1][:9])
        target = MoodyTarget()
        assert run(folder, target=target, **given) == outcome
        assert bytes_of(folder) == whole
        assert target.asked <= sum(row.queries for row in rows[max(0, kept - 6) :])


def test_learning_attacks_see_every_hunting_outcome_before_their_chunk_and_meet_no_held_out_goal(
    run: Run, tmp_path: Path
) -> None:
    learner = Notices()
    attacks = [learner, *(plugins.make("attack", name, {}) for name in ATTACKS)]
    outcome = run(tmp_path, target=MoodyTarget(), attacks=attacks, settings={"attempts": 40, "chunk": 6})
    rows = attempts(tmp_path)
    mine = [row for row in rows if row.attack == "notices"]
    assert {row.goal.split for row in mine} == {"train"}
    assert outcome.summary["never_on_held_out_goals"] == ["notices"]
    hunting = [row for row in rows if (row.goal.split, row.goal.intent) == ("train", "harmful")]
    places = [hunting.index(row) for row in mine]
    assert len({place // 6 for place in places}) > 1
    assert [int(row.note.split()[0]) for row in mine] == [place - place % 6 for place in places]
    assert learner.seen == ()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.tuples(*[st.floats(0.0, 1.0)] * 3), strategy=st.sampled_from(["uniform", "adaptive"]))
def test_a_stage_that_learns_on_a_budget_ends_with_the_same_bytes_wherever_it_was_killed(
    ended: Callable[..., tuple[StageOutcome, dict[str, bytes], Run]],
    tmp_path_factory: pytest.TempPathFactory,
    cuts: tuple[float, ...],
    strategy: str,
) -> None:
    outcome, whole, again = ended(strategy)
    folder = tmp_path_factory.mktemp("killed")
    for share, (name, content) in zip(cuts, whole.items(), strict=True):
        (folder / name).write_bytes(content[: int(share * len(content))])
    assert again(folder) == outcome
    assert bytes_of(folder) == whole


def test_what_an_early_end_left_unmade_is_counted_for_each_part(ended: Any) -> None:
    for strategy in ("uniform", "adaptive"):
        outcome, whole, _ = ended(strategy)
        rows = [Attempt.model_validate_json(line) for line in whole[stage.ATTEMPTS].splitlines()]
        hunting = [row for row in rows if (row.goal.split, row.goal.intent) == ("train", "harmful")]
        left = outcome.summary["not_made"]
        assert left == {"hunting": 40 - len(hunting), "look_alikes": 8}
        assert 0 < left["hunting"] < 40
        if strategy == "adaptive":
            drawn = outcome.summary["drawn"]
            assert drawn["adaptive"] == sum(row.drawn == "adaptive" for row in rows) > 0
            assert sum(drawn.values()) == len(rows)


def test_what_an_attack_learnt_earlier_or_now_changes_no_id(run: Run, tmp_path: Path) -> None:
    attacks = [Notices(), plugins.make("attack", "direct", {})]
    run(tmp_path / "new", target=MoodyTarget(), attacks=attacks)
    known = [Outcome(row, verdict) for row, verdict in zip(*_read(tmp_path / "new"), strict=True)]
    run(tmp_path / "old", target=MoodyTarget(), attacks=attacks, experience=iter(known))
    first, second = attempts(tmp_path / "new"), attempts(tmp_path / "old")
    assert [row.id for row in first] == [row.id for row in second]
    notes = [[int(row.note.split()[0]) for row in rows if row.attack == "notices"] for rows in (first, second)]
    assert notes[1] == [note + len(known) for note in notes[0]]


def test_rows_of_another_plan_are_an_error(run: Run, tmp_path: Path) -> None:
    run(tmp_path)
    with pytest.raises(RunFolderError, match="not those of this plan"):
        run(tmp_path, seed=1)


def _read(folder: Path) -> tuple[list[Attempt], list[Verdict]]:
    return attempts(folder), verdicts(folder)


def test_a_missing_file_is_made_again_as_a_whole(run: Run, tmp_path: Path) -> None:
    run(tmp_path)
    whole = bytes_of(tmp_path)
    (tmp_path / stage.BASELINE).unlink()
    run(tmp_path)
    assert bytes_of(tmp_path) == whole


def test_a_finished_stage_asks_nothing(run: Run, tmp_path: Path, new_place_target: Any, new_judge: Any) -> None:
    outcome = run(tmp_path)
    target, judge, watch = new_place_target(), new_judge(), Watch()
    assert run(tmp_path, target=target, judge=judge, progress=watch) == outcome
    assert target.batches == []
    assert judge.seen == []
    assert (watch.total, watch.done) == (38, 38)


def test_progress_ends_at_its_total(run: Run, tmp_path: Path) -> None:
    watch = Watch()
    run(tmp_path, progress=watch)
    assert watch.total == watch.done == 38


class BadEvery:
    """Fails for every so-manieth question."""

    name = "bad"

    def __init__(self, every: int) -> None:
        self.identity: dict[str, Any] = {}
        self.every, self.asked = every, 0

    def reply(self, conversations: list[Conversation], sampling: Sampling) -> list[Reply]:
        del sampling
        return [self._one() for _ in conversations]

    def _one(self) -> Reply:
        self.asked += 1
        if self.asked % self.every == 0:
            return Reply(text="", finish="failed", failure="timeout")
        return Reply(text="yes", finish="stop")


def test_failures_within_the_budget_are_rows_without_a_judgement(run: Run, tmp_path: Path, new_judge: Any) -> None:
    judge = new_judge()
    outcome = run(tmp_path, target=BadEvery(10), judge=judge, settings={"failure_share": 0.5})
    failed = [row for row in attempts(tmp_path) if row.failure]
    assert outcome.failures == outcome.summary["failures"] == len(failed) > 0
    by_id = {verdict.exchange: verdict for verdict in verdicts(tmp_path)}
    for row in failed:
        assert row.conversation is None
        assert (by_id[row.id].refusal, by_id[row.id].severity, by_id[row.id].reason) == (
            "undetermined",
            None,
            "timeout",
        )
    assert not {row.id for row in failed} & set(judge.seen)
    assert outcome == run(tmp_path, settings={"failure_share": 0.5})


def test_above_the_budget_the_stage_stops_and_goes_on_when_the_target_is_mended(run: Run, tmp_path: Path) -> None:
    with pytest.raises(TooManyFailures, match="one reason: timeout"):
        run(tmp_path, target=BadEvery(4), settings={"failure_share": 0.1})
    kept = len(attempts(tmp_path))
    assert 0 < kept < 38
    assert kept == len(verdicts(tmp_path)) == len(verdicts(tmp_path, stage.BASELINE))
    outcome = run(tmp_path, settings={"failure_share": 0.1})
    assert outcome.summary["attempts"] == 38


def test_failures_of_before_that_a_lower_budget_forbids_stop_the_stage_with_a_reason(run: Run, tmp_path: Path) -> None:
    class Fails(BadEvery):
        def _one(self) -> Reply:
            self.asked += 1
            if self.asked == 30:
                raise KeyboardInterrupt
            return (
                Reply(text="", finish="failed", failure="timeout")
                if self.asked == 2
                else Reply(text="yes", finish="stop")
            )

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, target=Fails(0), settings={"failure_share": 0.5})
    with pytest.raises(TooManyFailures, match="the rows that are stored"):
        run(tmp_path, settings={"failure_share": 0.0})


class Choosy:
    """An attack that can put no goal at all."""

    name, family, persona = "choosy", "choosy", "low_skilled"

    def __call__(self, goal: Goal, rng: Random) -> Dialogue:
        del goal, rng
        yield from ()
        return GaveUp(reason=NOT_APPLICABLE)


@pytest.mark.parametrize("strategy", ["uniform", "adaptive"])
def test_a_stage_in_which_no_attack_applies_finishes_without_a_failure(run: Run, tmp_path: Path, strategy: str) -> None:
    outcome = run(tmp_path, attacks=[Choosy()], settings={"strategy": strategy, "look_alikes": 0})
    assert outcome.failures == 0
    assert outcome.summary["inapplicable_attempts"] == outcome.summary["attempts"] > 8


def test_a_target_that_is_down_is_not_excused_by_an_attack_that_does_not_apply(run: Run, tmp_path: Path) -> None:
    attacks = [Choosy(), plugins.make("attack", "direct", {})]
    with pytest.raises(TooManyFailures):
        run(tmp_path, target=BadEvery(1), attacks=attacks, settings={"failure_share": 0.9})
    assert attempts(tmp_path) == []


def test_no_file_is_there_before_it_holds_a_whole_chunk(run: Run, tmp_path: Path) -> None:
    with pytest.raises(TooManyFailures):
        run(tmp_path, target=BadEvery(1))
    assert list(tmp_path.iterdir()) == []


def test_a_target_that_is_down_stops_the_first_chunk_whatever_the_budget(run: Run, tmp_path: Path) -> None:
    with pytest.raises(TooManyFailures, match="8 of the first 8"):
        run(tmp_path, target=BadEvery(1), settings={"failure_share": 0.9})
    assert attempts(tmp_path) == []


def test_a_model_that_says_nothing_but_blanks_is_no_failure(run: Run, tmp_path: Path, new_target: Any) -> None:
    outcome = run(tmp_path, target=new_target(" \n"))
    assert outcome.failures == 0
    assert len(verdicts(tmp_path)) == 38


def test_replies_that_no_file_can_hold_are_mended_and_stored(run: Run, tmp_path: Path, new_target: Any) -> None:
    run(tmp_path, target=new_target("half a \ud83d character \u2028 and a null \x00"))
    assert all("half a" in (row.conversation or ())[-1].text for row in attempts(tmp_path))


def test_undetermined_verdicts_stay_undetermined(run: Run, tmp_path: Path, new_target: Any) -> None:
    run(tmp_path, target=new_target("??"))
    assert {verdict.refusal for verdict in verdicts(tmp_path)} == {"undetermined"}


def test_goals_about_minors_and_sex_are_left_out_and_counted(
    run: Run, tmp_path: Path, goals: list[Goal], make_goal
) -> None:
    bad = make_goal("a nude child")
    outcome = run(tmp_path, goals=[*goals, bad], settings={"attempts": 1000})
    assert outcome.summary["excluded_goals"] == 1
    assert bad.id not in {row.goal.id for row in attempts(tmp_path)}


def test_a_prompt_of_fifty_thousand_characters_is_a_row_like_any_other(
    run: Run, tmp_path: Path, goals: list[Goal], make_goal
) -> None:
    long = make_goal("wish " * 10_000 + "\u202e עברית \u0645")
    run(tmp_path, goals=[*goals, long], settings={"attempts": 1000})
    assert [row.goal for row in attempts(tmp_path) if row.goal.id == long.id] == [long] * len(ATTACKS)


def test_nothing_to_attack_is_an_error_before_any_work(run: Run, tmp_path: Path) -> None:
    with pytest.raises(EmptyGoals):
        run(tmp_path, goals=[])
    assert list(tmp_path.iterdir()) == []


def test_an_attack_that_needs_an_adversary_says_so_before_any_work(run: Run, tmp_path: Path, new_target: Any) -> None:
    attacks = [plugins.make("attack", "crescendo", {"adversary": "model"})]
    with pytest.raises(ConfigError, match="asks an adversary model"):
        run(tmp_path, attacks=attacks)
    assert list(tmp_path.iterdir()) == []
    adversary = new_target("What is it made of?")
    run(tmp_path, attacks=attacks, adversary=adversary)
    assert adversary.batches


def test_held_out_rows_are_the_same_in_every_round(run: Run, tmp_path: Path) -> None:
    run(tmp_path / "0")
    run(tmp_path / "1", round_number=1)
    first, second = ([row for row in attempts(tmp_path / name) if row.goal.split == "test"] for name in "01")
    assert first == second
    assert len(first) == 10
    hunted = [{row.id for row in attempts(tmp_path / name) if row.goal.split == "train"} for name in "01"]
    assert hunted[0] != hunted[1]


def test_another_seed_gives_other_attempts(run: Run, tmp_path: Path) -> None:
    run(tmp_path / "0")
    run(tmp_path / "1", seed=1)
    assert not {row.id for row in attempts(tmp_path / "0")} & {row.id for row in attempts(tmp_path / "1")}


def test_attempts_in_which_the_script_spoke_for_the_adversary_are_counted_for_each_attack(
    run: Run, tmp_path: Path, new_target: Any
) -> None:
    attacks = [plugins.make("attack", "crescendo", {"adversary": "model"}), plugins.make("attack", "direct", {})]
    outcome = run(tmp_path, attacks=attacks, adversary=new_target("I'm sorry, but I can't help with that."))
    assert outcome.summary["script_fallbacks"] == {"crescendo": outcome.summary["by_attack"]["crescendo"]}
    scripted = run(tmp_path / "scripted")
    assert scripted.summary["script_fallbacks"] == {}
