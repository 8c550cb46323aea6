"""Writing files so that a crash leaves the old content or the new, never half of it."""

import errno
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from breakfix.errors import StorageError

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT}
_NO_PLACE = {errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ENOENT, errno.ENAMETOOLONG, errno.ELOOP}
_NOT_WRITABLE = {errno.EROFS, errno.EACCES, errno.EPERM}


@contextmanager
def storage(path: Path) -> Generator[None]:
    """Turns a full or read-only disk, or a place for no file, into a StorageError naming `path`; other errors pass."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_SPACE:
            raise StorageError(
                "the disk is full", where=str(path), hint="free some space and run the same command again; it resumes"
            ) from None
        if error.errno in _NOT_WRITABLE:
            raise StorageError("not writable", where=str(path), hint="choose another folder with --runs") from None
        if error.errno in _NO_PLACE:
            raise StorageError(
                f"no file can be written there: {error.strerror}",
                where=str(path),
                hint="give the path of a file in a folder",
            ) from None
        raise


def need_place(path: Path) -> None:
    """Makes the folder of `path`; raises StorageError where no file can be written, before any work is done."""
    with storage(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))


def write_atomic(path: Path, text: str) -> None:
    """Writes `text` (UTF-8) to `path` by way of a synced temporary file beside it."""
    with storage(path):
        need_place(path)
        temporary = path.with_name(f".{path.name}.partial")
        with temporary.open("w", encoding="utf-8", errors="surrogatepass") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes a rename or a new file in `folder` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
