"""The rows of a half-finished stage: read chunk by chunk, then cut back to the whole chunks that were read."""

import os
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from pydantic import ValidationError

from breakfix.errors import RunFolderError
from breakfix.protocols import Outcome
from breakfix.records import Attempt, Verdict
from breakfix.store.files import storage

_AGAIN = "the files were changed by hand or by another version; restore them or make the stage again with --from"


class StoredRows:
    """The files of attempts, of the verdicts on them and others beside these, one row of each per attempt."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        """`names` begins with the files of the attempts and of the verdicts; a missing file holds no row."""
        self._paths = [folder / name for name in names]
        self._ends = [0] * len(names)
        self._reading = True

    def take(self, ids: Sequence[str]) -> list[Outcome] | None:
        """The stored outcomes of the next chunk, whose attempts have these `ids`.

        None when not all of its rows are there: then the files are cut back to the chunks taken so far, because a
        chunk is made as a whole. Raises RunFolderError when the rows are those of another plan.
        """
        if not self._reading:
            return None
        groups = [_lines(path, end, len(ids)) for path, end in zip(self._paths, self._ends, strict=True)]
        if min(map(len, groups)) < len(ids):
            self.cut()
            return None
        self._ends = [end + sum(map(len, group)) for end, group in zip(self._ends, groups, strict=True)]
        outcomes = [self._outcome(*rows) for rows in zip(groups[0], groups[1], strict=True)]
        if [(each.attempt.id, each.verdict.exchange) for each in outcomes] != [(name, name) for name in ids]:
            raise RunFolderError("the stored rows are not those of this plan", where=str(self._paths[0]), hint=_AGAIN)
        return outcomes

    def cut(self) -> None:
        """Takes everything behind the chunks taken so far off the files, once; what is appended later stays."""
        if not self._reading:
            return
        self._reading = False
        for path, end in zip(self._paths, self._ends, strict=True):
            if path.exists() and path.stat().st_size > end:
                with storage(path), path.open("r+b") as file:
                    file.truncate(end)
                    os.fsync(file.fileno())

    def _outcome(self, attempt: bytes, verdict: bytes) -> Outcome:
        try:
            return Outcome(Attempt.model_validate_json(attempt), Verdict.model_validate_json(verdict))
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]["msg"]
            raise RunFolderError(f"a row cannot be read: {problem}", where=str(self._paths[0]), hint=_AGAIN) from None


def _lines(path: Path, start: int, count: int) -> list[bytes]:
    """At most `count` whole lines of a file from byte `start` on."""
    if not path.exists():
        return []
    with path.open("rb") as file:
        file.seek(start)
        return [line for line in islice(file, count) if line.endswith(b"\n")]
