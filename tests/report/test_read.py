"""A run folder as the report sees it."""

import pytest

from breakfix.report.read import Notes, RunData, mapping, read_run
from breakfix.store import journal
from breakfix.store.manifest import FileEntry, read_manifest, write_manifest
from breakfix.store.run_folder import STAGES, RunFolder


def read(run: RunFolder) -> tuple[RunData, Notes]:
    notes = Notes(run.root)
    return read_run(run, run.header(), notes), notes


def test_a_finished_run_has_nothing_to_note(night: RunFolder) -> None:
    data, notes = read(night)
    assert notes.problems == []
    assert [part.unfinished for part in data.rounds] == [(), (), ()]
    assert data.failure is None
    assert data.began is not None


def test_each_round_knows_what_it_started_from_and_what_it_made(night: RunFolder) -> None:
    data, _ = read(night)
    assert [part.base for part in data.rounds] == [None, 0, 1]
    assert data.rounds[2].checkpoint == "rounds/02/2-post_train/checkpoint"
    assert data.rounds[2].adapter == "rounds/02/2-post_train/adapter"
    assert data.rounds[0].checkpoint is None


def test_a_round_curated_from_no_findings_has_no_base(tiny: RunFolder) -> None:
    folder = tiny.stage(1, "curate")
    manifest = read_manifest(folder)
    assert manifest is not None
    write_manifest(folder, manifest.model_copy(update={"inputs": (FileEntry(path="goals.toml", sha256="00"),)}))
    assert read(tiny)[0].rounds[1].base is None


def test_the_kept_round_is_the_reference(night: RunFolder) -> None:
    data, _ = read(night)
    assert data.gate is not None
    assert data.reference is not None
    assert data.reference.number == data.gate.best == 2


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_without_its_manifest_is_unfinished_and_left_out(tiny: RunFolder, stage: str) -> None:
    (tiny.stage(1, stage) / "manifest.json").unlink()
    data, notes = read(tiny)
    assert data.rounds[1].unfinished == (stage,)
    assert notes.problems == []
    empty = {
        "curate": data.rounds[1].mix,
        "benchmark": data.rounds[1].scores.suites,
        "red_team": data.rounds[1].outcomes,
        "identify": data.rounds[1].vulnerabilities,
    }
    assert not empty.get(stage)


def test_the_losses_of_training_under_way_are_shown(tiny: RunFolder) -> None:
    (tiny.stage(1, "post_train") / "manifest.json").unlink()
    data, _ = read(tiny)
    assert len(data.rounds[1].steps) == 130


@pytest.mark.parametrize(
    "path",
    [
        "gate.json",
        "rounds/01/3-benchmark/manifest.json",
        "rounds/01/3-benchmark/scores.jsonl",
        "rounds/01/4-red_team/verdicts.jsonl",
        "rounds/01/5-identify/vulnerabilities.jsonl",
        "rounds/01/2-post_train/steps.jsonl",
    ],
)
def test_a_damaged_file_is_noted_by_its_place_in_the_run(tiny: RunFolder, path: str) -> None:
    (tiny.root / path).write_text("{broken\n", encoding="utf-8")
    _, notes = read(tiny)
    assert len(notes.problems) == 1
    assert notes.problems[0].startswith(path)
    assert str(tiny.root) not in notes.problems[0]


def test_only_a_failure_that_was_not_run_again_counts(tiny: RunFolder) -> None:
    journal.note(tiny.root, "failed", stage="1/post_train", why="the training job ended badly")
    assert read(tiny)[0].failure == "stage 1/post_train: the training job ended badly"
    journal.note(tiny.root, "started", stage="1/post_train")
    assert read(tiny)[0].failure is None


def test_events_of_other_kinds_do_not_hide_a_failure(tiny: RunFolder) -> None:
    journal.note(tiny.root, "failed", stage="1/curate")
    journal.note(tiny.root, "configuration changed")
    assert read(tiny)[0].failure == "stage 1/curate: no reason given"


def test_a_run_that_never_began_has_no_rounds(tiny: RunFolder) -> None:
    (tiny.root / "rounds").rename(tiny.root / "elsewhere")
    (tiny.root / journal.NAME).unlink()
    data, _ = read(tiny)
    assert (data.rounds, data.began, data.failure) == ((), None, None)


def test_without_a_kept_round_the_last_attacked_one_is_the_reference(tiny: RunFolder) -> None:
    (tiny.root / "gate.json").unlink()
    data, _ = read(tiny)
    assert data.gate is None
    assert data.reference is data.rounds[1]


def test_a_round_that_was_only_attacked_still_says_with_what(tiny: RunFolder) -> None:
    (tiny.stage(0, "benchmark") / "manifest.json").unlink()
    assert read(tiny)[0].rounds[0].identity["target"]["engine"] == "transformers 5.23"
    (tiny.stage(0, "red_team") / "manifest.json").unlink()
    assert read(tiny)[0].rounds[0].identity == {}


def test_what_is_no_json_object_reads_as_empty() -> None:
    assert mapping(None) == mapping([1]) == {}
    assert mapping({"a": 1}) == {"a": 1}
