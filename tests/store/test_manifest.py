"""Manifests and fingerprints."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from breakfix.errors import RunFolderError
from breakfix.store.manifest import Manifest, file_entry, fingerprint, read_manifest, write_manifest

PARTS = st.dictionaries(st.text(max_size=8), st.one_of(st.integers(), st.text(max_size=8), st.booleans()), max_size=6)


@given(parts=PARTS)
def test_a_fingerprint_ignores_key_order(parts: dict[str, object]) -> None:
    assert fingerprint(parts) == fingerprint(dict(reversed(list(parts.items()))))


@given(parts=PARTS, key=st.text(max_size=8), value=st.integers())
def test_a_fingerprint_changes_with_every_part(parts: dict[str, object], key: str, value: int) -> None:
    other = {**parts, key: value}
    assert (fingerprint(parts) == fingerprint(other)) == (parts == other and type(parts.get(key)) is int)


def test_a_manifest_comes_back_as_it_was_written(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text("1\n2\n")
    manifest = Manifest(
        rule=1,
        stage="identify",
        stage_version=1,
        fingerprint="f",
        parts={"seed": 1},
        inputs=(),
        outputs=(file_entry(tmp_path, rows),),
        started="2026-01-01T00:00:00+00:00",
        seconds=1.0,
        failures=0,
        summary={},
    )
    assert read_manifest(tmp_path) is None
    write_manifest(tmp_path, manifest)
    assert read_manifest(tmp_path) == manifest
    assert manifest.outputs[0].rows == 2


def test_a_foreign_manifest_is_an_error_not_a_finished_stage(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"rule": 9}')
    with pytest.raises(RunFolderError, match="not a manifest"):
        read_manifest(tmp_path)
