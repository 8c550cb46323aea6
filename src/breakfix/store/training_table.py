"""Training data as Parquet: one row a record, readable by any data tool."""
# pyright: basic
# pyarrow ships no types

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from breakfix.errors import RunFolderError
from breakfix.records import PreferencePair, SftRow
from breakfix.store.files import storage

T = TypeVar("T", SftRow, PreferencePair)

_TEXT = pa.string()
_MESSAGE = pa.struct([("role", _TEXT), ("text", _TEXT)])
_PROVENANCE = pa.struct(
    [
        ("source", _TEXT),
        ("row", _TEXT),
        ("licence", _TEXT),
        ("operation", _TEXT),
        ("repairs", pa.list_(_TEXT)),
        ("findings", pa.list_(_TEXT)),
        ("written_by", _TEXT),
        ("round", pa.int32()),
    ]
)
_TAIL = [("harm", _TEXT), ("intent", _TEXT), ("group", _TEXT), ("provenance", _PROVENANCE)]
_SCHEMAS = {
    SftRow: pa.schema([("id", _TEXT), ("prompt", pa.list_(_MESSAGE)), ("answer", _TEXT), *_TAIL]),
    PreferencePair: pa.schema(
        [("id", _TEXT), ("prompt", pa.list_(_MESSAGE)), ("chosen", _TEXT), ("rejected", _TEXT), *_TAIL]
    ),
}


def write_table(path: Path, rows: Sequence[T], kind: type[T]) -> None:
    """Writes `rows` to a zstd Parquet file with the fixed schema of `kind`, atomically."""
    table = pa.Table.from_pylist([row.model_dump(mode="json") for row in rows], schema=_SCHEMAS[kind])
    temporary = path.with_name(f".{path.name}.partial")
    with storage(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, temporary, compression="zstd")
        temporary.replace(path)


def read_table(path: Path, kind: type[T]) -> list[T]:
    """The rows of a training table in file order."""
    if not path.exists():
        raise RunFolderError("the training table is missing", where=str(path), hint="run the curate stage again")
    return [kind.model_validate(row) for row in pq.read_table(path).to_pylist()]
