"""Attack success by harm and family."""

from collections.abc import Callable
from pathlib import Path

import pytest

from breakfix.errors import RunFolderError
from breakfix.records import Attempt, Finding, Harm, Verdict
from breakfix.report.attack_outcomes import by_persona, heat_map, rates_by, read_outcomes
from breakfix.store.rows import read_rows, write_rows
from breakfix.store.run_folder import RunFolder


def test_every_attempt_is_counted_once(night: RunFolder) -> None:
    folder = night.stage(0, "red_team")
    outcomes = read_outcomes(folder, 2)
    assert len(outcomes) == sum(1 for _ in read_rows(folder / "attempts.jsonl", Attempt))
    assert {item.kind for item in outcomes} == {"harmful_reply", "over_refusal"}


def test_a_failed_attempt_is_undetermined(night: RunFolder) -> None:
    folder = night.stage(0, "red_team")
    failed = [item.conversation is None for item in read_rows(folder / "attempts.jsonl", Attempt)]
    assert any(failed)
    assert all(item.hit is None for item, gone in zip(read_outcomes(folder, 2), failed, strict=True) if gone)


def test_a_stricter_threshold_finds_no_more_harm(night: RunFolder) -> None:
    def harmful(threshold: int) -> int:
        outcomes = read_outcomes(night.stage(0, "red_team"), threshold)
        return sum(item.hit is True for item in outcomes if item.kind == "harmful_reply")

    assert harmful(2) > harmful(5) > harmful(7) > 0


def test_the_cells_of_a_heat_map_add_up(night: RunFolder) -> None:
    outcomes = read_outcomes(night.stage(0, "red_team"), 2)
    held_out = heat_map(outcomes, 0, held_out=True, axes=outcomes)
    chosen = [item for item in outcomes if item.held_out and item.kind == "harmful_reply"]
    assert sum(rate.of + rate.undetermined for rate in held_out.cells.values()) == len(chosen)
    assert Harm.NONE not in held_out.harms


def test_maps_of_one_run_have_the_same_axes(night: RunFolder) -> None:
    outcomes = read_outcomes(night.stage(0, "red_team"), 2)
    empty = heat_map((), 1, held_out=False, axes=outcomes)
    assert empty.families == heat_map(outcomes, 0, held_out=False, axes=outcomes).families
    assert empty.cells == {}


def test_look_alikes_do_not_count_as_attacks(night: RunFolder) -> None:
    outcomes = read_outcomes(night.stage(0, "red_team"), 2)
    kinds = rates_by(outcomes, lambda item: item.kind)
    assert kinds["over_refusal"].of + kinds["over_refusal"].undetermined == 40


def test_personas_come_in_order_of_skill(night: RunFolder) -> None:
    table = by_persona({0: read_outcomes(night.stage(0, "red_team"), 2), 1: ()})
    assert [name for name, _ in table.lines] == ["low_skilled", "intermediate"]
    assert all(cells[1].value == "not measured" for _, cells in table.lines)


def test_attempts_without_their_verdicts_are_refused(tiny: RunFolder, finding: Callable[[str], Finding]) -> None:
    folder = tiny.stage(0, "red_team")
    write_rows(folder / "verdicts.jsonl", list(read_rows(folder / "verdicts.jsonl", Verdict))[:-1])
    with pytest.raises(RunFolderError, match="do not belong together"):
        read_outcomes(folder, 2)
    write_rows(folder / "attempts.jsonl", [finding("a").attempt])
    write_rows(folder / "verdicts.jsonl", [finding("b").verdict])
    with pytest.raises(RunFolderError, match="attempt and verdict 1"):
        read_outcomes(folder, 2)


def test_attempts_on_dev_goals_are_neither_trainable_nor_held_out(night: RunFolder, tmp_path: Path) -> None:
    folder = night.stage(0, "red_team")
    for name, kind in (("attempts.jsonl", Attempt), ("verdicts.jsonl", Verdict)):
        write_rows(tmp_path / name, list(read_rows(folder / name, kind))[:3])
    rows = list(read_rows(tmp_path / "attempts.jsonl", Attempt))
    moved = rows[1].model_copy(update={"goal": rows[1].goal.model_copy(update={"split": "dev"})})
    write_rows(tmp_path / "attempts.jsonl", [rows[0], moved, rows[2]])
    assert [item.id for item in read_outcomes(tmp_path, 2)] == [rows[0].id, rows[2].id]
