"""One training job at a time in a folder: a second one waits until the first is gone."""

import fcntl
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from breakfix.errors import TrainingFailed
from breakfix.post_train.layout import LOCK
from breakfix.store.files import storage

PATIENCE_S = 60.0
"""A job whose stage was killed ends within seconds; one that is still there after this long will not."""


@contextmanager
def sole_writer(folder: Path, *, patience_s: float = PATIENCE_S) -> Generator[None]:
    """Holds the folder's training lock; raises TrainingFailed when another job keeps it for `patience_s` seconds."""
    with storage(folder), (folder / LOCK).open("a") as lock:
        deadline = time.monotonic() + patience_s
        while not _taken(lock.fileno()):
            if time.monotonic() > deadline:
                raise TrainingFailed(
                    "another training job is still working here",
                    where=str(folder),
                    hint="wait for it, or end it; then run the same command again",
                )
            time.sleep(0.1)
        yield


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
