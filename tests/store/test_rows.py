"""Append-only rows: what survives a kill, and what a bad line does."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from breakfix.errors import RunFolderError
from breakfix.records import Message, user
from breakfix.store.rows import append_rows, keep_whole_groups, read_rows, write_rows

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def read(path: Path) -> list[str]:
    return [row.text for row in read_rows(path, Message)]


@given(texts=st.lists(TEXTS, min_size=1, max_size=8), data=st.data())
def test_a_file_cut_at_any_byte_gives_back_every_whole_row(
    texts: list[str], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    append_rows(path, [user(text) for text in texts])
    whole = path.read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:cut])
    assert read(path) == texts[: whole[:cut].count(b"\n")]


@given(sizes=st.lists(st.integers(1, 4), min_size=1, max_size=5), data=st.data())
def test_a_killed_writer_keeps_whole_groups_only_and_can_go_on(
    sizes: list[int], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("groups") / "rows.jsonl"
    groups = [[user(f"{number}.{row}") for row in range(size)] for number, size in enumerate(sizes)]
    for group in groups:
        append_rows(path, group)
    whole = path.read_bytes()
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    kept = keep_whole_groups(path, sizes)
    assert len(read(path)) == sum(sizes[:kept])
    for group in groups[kept:]:
        append_rows(path, group)
    assert path.read_bytes() == whole


def test_no_file_holds_no_groups_and_no_rows(tmp_path: Path) -> None:
    assert keep_whole_groups(tmp_path / "none.jsonl", [1]) == 0
    assert read(tmp_path / "none.jsonl") == []


def test_a_bad_line_in_the_middle_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    append_rows(path, [user("one")])
    with path.open("a") as file:
        file.write('{"role": "user"}\n')
    with pytest.raises(RunFolderError, match="line 2 is not a Message"):
        read(path)


def test_writing_all_at_once_replaces_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    write_rows(path, [user("old"), user("older")])
    write_rows(path, [user("new")])
    assert read(path) == ["new"]
    assert [child.name for child in tmp_path.iterdir()] == ["rows.jsonl"]


def test_rows_are_plain_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    append_rows(path, [user("line\nbreak")])
    assert json.loads(path.read_text()) == {"role": "user", "text": "line\nbreak"}
