"""Training rows counted."""

import shutil
from pathlib import Path

import pytest

from breakfix.errors import RunFolderError
from breakfix.records import Dropped, SftRow
from breakfix.report.training_data import EXAMPLE_ROWS, read_mix
from breakfix.store.rows import read_rows
from breakfix.store.run_folder import RunFolder
from breakfix.store.training_table import read_table


def test_every_row_is_counted_once_per_table(night: RunFolder) -> None:
    mix = read_mix(night.stage(1, "curate"))
    for lines in (mix.by_operation, mix.by_harm):
        assert sum(line.sft for line in lines) == mix.sft == 180
        assert sum(line.pairs for line in lines) == mix.pairs == 60


def test_dropped_rows_are_counted_by_reason_most_frequent_first(night: RunFolder) -> None:
    folder = night.stage(1, "curate")
    mix = read_mix(folder)
    totals = [line.sft + line.pairs for line in mix.dropped]
    assert totals == sorted(totals, reverse=True)
    assert sum(totals) == sum(1 for _ in read_rows(folder / "dropped.jsonl", Dropped))


def test_repairs_lead_from_a_vulnerability_to_its_rows(night: RunFolder) -> None:
    folder = night.stage(1, "curate")
    mix = read_mix(folder)
    rows = read_table(folder / "sft.parquet", SftRow)
    for name, repair in mix.repairs.items():
        assert repair.sft == sum(name in row.provenance.repairs for row in rows)
        assert sum(count for _, count in repair.operations) == repair.sft + repair.pairs
        assert 0 < len(repair.examples) <= EXAMPLE_ROWS
        assert all(name in row.provenance.repairs for row in repair.examples)


def test_a_round_without_tables_is_empty(tmp_path: Path) -> None:
    mix = read_mix(tmp_path)
    assert (mix.sft, mix.pairs, mix.by_operation, mix.dropped, mix.repairs) == (0, 0, (), (), {})


def test_a_damaged_table_is_named(tmp_path: Path) -> None:
    (tmp_path / "pairs.parquet").write_bytes(b"not parquet at all")
    with pytest.raises(RunFolderError, match=r"pairs\.parquet"):
        read_mix(tmp_path)


def test_a_table_of_another_kind_is_named(night: RunFolder, tmp_path: Path) -> None:
    shutil.copy(night.stage(1, "curate") / "sft.parquet", tmp_path / "pairs.parquet")
    with pytest.raises(RunFolderError, match="not a table of PreferencePair"):
        read_mix(tmp_path)
