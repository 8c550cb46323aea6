"""Starting the training job as a process of its own, watching it, and saying why it ended badly."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from breakfix import errors
from breakfix.errors import BreakfixError, ConfigError, TrainingFailed
from breakfix.post_train.layout import FAILURE, JOB, LOG
from breakfix.post_train.tether import TETHER
from breakfix.records import Record
from breakfix.store.files import storage

_POLL_S = 0.25
_LAST_LINES = 12
_LAST_WORDS_S = 10.0
ENVIRONMENT: Mapping[str, str] = {
    "OMP_WAIT_POLICY": "PASSIVE",  # spinning threads turn a busy neighbour into a tenfold slowdown
    "HF_HUB_OFFLINE": "1",  # everything is on disk already; a job must not wait for a network
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "PYTHONUNBUFFERED": "1",
    "TQDM_DISABLE": "1",
    # Steps free and ask for the same gigabyte again and again: glibc keeps it, in huge pages.
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(1 << 40),
    "MALLOC_ARENA_MAX": "1",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}
"""What a job's libraries are told, unless the user's own environment says otherwise."""


class Failure(Record):
    """An error on its way from the job to the stage."""

    kind: str
    """Class name in `breakfix.errors`."""
    what: str
    where: str | None
    hint: str | None


def command_of(launcher: Sequence[str], job: Path) -> list[str]:
    """The command line that runs the job in file `job`, by way of `launcher` when there is one."""
    return [*(launcher or (sys.executable,)), "-m", "breakfix.post_train.job", str(job)]


def run_job(folder: Path, launcher: Sequence[str], *, tick: Callable[[], None]) -> None:
    """Runs the job of `folder` to its end, calling `tick` a few times a second.

    Raises TrainingFailed (or the error that the job reports) when it ends badly. Whatever ends this process ends the
    job too.
    """
    log = folder / LOG
    (folder / FAILURE).unlink(missing_ok=True)
    with storage(log), log.open("ab") as output:
        began = output.tell()
        process = _start(command_of(launcher, folder / JOB), output.fileno(), alone=not launcher)
        try:
            code = _follow(process, tick)
        finally:
            _end(process)
    if code != 0:
        raise _why(folder, code, log, began)


def _start(command: list[str], output: int, *, alone: bool) -> subprocess.Popen[bytes]:
    environment = {**ENVIRONMENT, **os.environ, TETHER: "1"}
    if alone:
        # TRL refuses several visible GPUs without a launcher; use post_train.launcher for more than one.
        environment.setdefault("CUDA_VISIBLE_DEVICES", "0")
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,  # Ctrl-C reaches the stage alone, which then ends the whole group
        )
    except OSError as error:
        raise ConfigError(
            f"the launcher {command[0]!r} cannot be started: {error.strerror}",
            where="post_train.launcher",
            hint='name a program on the PATH, such as ["accelerate", "launch"], or leave it empty',
        ) from None


def _follow(process: subprocess.Popen[bytes], tick: Callable[[], None]) -> int:
    while True:
        try:
            code = process.wait(timeout=_POLL_S)
        except subprocess.TimeoutExpired:
            tick()
        else:
            tick()
            return code


def _end(process: subprocess.Popen[bytes]) -> None:
    """Leaves no process of the job's group behind."""
    if process.stdin is not None:
        process.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=_LAST_WORDS_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _why(folder: Path, code: int, log: Path, began: int) -> BreakfixError:
    reported = _reported(folder / FAILURE)
    if reported is not None:
        return reported
    with log.open("rb") as file:
        file.seek(began)
        lines = file.read().decode("utf-8", errors="replace").strip().splitlines()[-_LAST_LINES:]
    ended = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
    hint = f"the whole log is {log}; the same command goes on from the last checkpoint"
    if code == -signal.SIGKILL:
        hint = f"probably out of memory: lower post_train.sft.max_length or batch_size; {hint}"
    return TrainingFailed("\n".join([f"the training job {ended}", *(f"  {line}" for line in lines)]), hint=hint)


def _reported(path: Path) -> BreakfixError | None:
    if not path.exists():
        return None
    try:
        failure = Failure.model_validate_json(path.read_bytes())
    except ValidationError:
        return None
    kind = getattr(errors, failure.kind, TrainingFailed)
    return kind(failure.what, where=failure.where, hint=failure.hint)
