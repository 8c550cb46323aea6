"""Atomic writing, digests, the journal and random streams."""

import errno
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from breakfix.errors import StorageError
from breakfix.store import journal
from breakfix.store.digest import file_digest, folder_digest, value_digest
from breakfix.store.files import storage, write_atomic
from breakfix.store.randomness import draw_order, stream


def test_writing_replaces_the_whole_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    write_atomic(tmp_path / "a" / "b.txt", "old")
    write_atomic(tmp_path / "a" / "b.txt", "new")
    assert (tmp_path / "a" / "b.txt").read_text() == "new"
    assert len(list((tmp_path / "a").iterdir())) == 1


def test_a_full_disk_is_a_storage_error_that_says_to_free_space(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(StorageError, match="disk is full") as caught, storage(tmp_path), full.open("w") as file:
        file.write("x" * 100_000)
        file.flush()
    assert "same command" in str(caught.value)


def test_a_read_only_place_is_a_storage_error() -> None:
    with pytest.raises(StorageError, match="not writable"), storage(Path("x")):
        raise OSError(errno.EROFS, "read-only")


def test_other_errors_of_the_system_pass_through() -> None:
    with pytest.raises(OSError, match="odd"), storage(Path("x")):
        raise OSError(errno.EIO, "odd")


@pytest.mark.parametrize("name", ["folder", "file/below", "file/below/it", "n" * 300])
def test_a_place_where_no_file_can_be_is_an_error_for_the_user_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StorageError, match="no file can be written"):
        write_atomic(tmp_path / name, "text")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "folder"]
    assert (tmp_path / "file").read_text() == "mine"


def test_digests_depend_on_content_and_names_only(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        write_atomic(tmp_path / folder / "w.bin", "same")
    assert folder_digest(tmp_path / "a") == folder_digest(tmp_path / "b")
    assert file_digest(tmp_path / "a" / "w.bin") == file_digest(tmp_path / "b" / "w.bin")
    write_atomic(tmp_path / "b" / "v.bin", "more")
    assert folder_digest(tmp_path / "a") != folder_digest(tmp_path / "b")
    assert value_digest({"a": 1, "b": 2}) == value_digest({"b": 2, "a": 1})


def test_the_journal_survives_a_torn_last_line(tmp_path: Path) -> None:
    journal.note(tmp_path, "started", stage="0/benchmark")
    with (tmp_path / journal.NAME).open("a") as file:
        file.write('{"at": "x", "ev')
    journal.note(tmp_path, "finished", stage="0/benchmark")
    assert [event["event"] for event in journal.events(tmp_path)] == ["started", "finished"]


def test_a_run_without_a_journal_has_no_events(tmp_path: Path) -> None:
    assert journal.events(tmp_path) == []


def test_a_stream_depends_on_the_item_and_nothing_else() -> None:
    assert stream(1, "curate", "a").random() == stream(1, "curate", "a").random()
    assert len({stream(s, stage, i).random() for s in (1, 2) for stage in "ab" for i in "xy"}) == 8


@given(st.lists(st.text(max_size=5), unique=True, max_size=10), st.randoms())
def test_a_drawn_order_does_not_depend_on_the_order_given(items: list[str], chance) -> None:
    shuffled = list(items)
    chance.shuffle(shuffled)
    assert draw_order(3, "x", items) == draw_order(3, "x", shuffled)
