"""How a job is started, and what is said when it ends badly."""

import sys
import time
from pathlib import Path

import pytest

from breakfix.errors import ConfigError, StorageError, TrainingFailed
from breakfix.post_train.launch import Failure, command_of, run_job
from breakfix.post_train.layout import FAILURE


def shell(folder: Path, script: str) -> None:
    """Runs `script` in place of the job; what follows it on the command line is ignored by the shell."""
    run_job(folder, ("sh", "-c", script), tick=lambda: None)


def test_a_launcher_goes_before_the_jobs_module(tmp_path: Path) -> None:
    job = tmp_path / "job.json"
    assert command_of((), job) == [sys.executable, "-m", "breakfix.post_train.job", str(job)]
    assert command_of(("accelerate", "launch"), job)[:3] == ["accelerate", "launch", "-m"]


def test_a_job_that_ends_badly_is_quoted_with_its_log(tmp_path: Path) -> None:
    (tmp_path / "job.log").write_text("an earlier session\n")
    with pytest.raises(TrainingFailed) as caught:
        shell(tmp_path, "echo it broke here; exit 3")
    assert "exit code 3\n  it broke here" in str(caught.value)
    assert str(tmp_path / "job.log") in str(caught.value)
    assert "earlier" not in str(caught.value)


def test_a_killed_job_is_told_by_its_signal(tmp_path: Path) -> None:
    with pytest.raises(TrainingFailed, match="killed by SIGKILL") as caught:
        shell(tmp_path, "kill -9 $$")
    assert "out of memory" in str(caught.value)


def test_an_error_that_the_job_reports_keeps_its_kind(tmp_path: Path) -> None:
    failure = Failure(kind="StorageError", what="the disk is full", where="x", hint="free some space")
    with pytest.raises(StorageError, match="disk is full"):
        shell(tmp_path, f"echo '{failure.model_dump_json()}' > '{tmp_path / FAILURE}'; exit 1")


def test_a_report_from_an_earlier_session_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / FAILURE).write_text(Failure(kind="StorageError", what="old", where=None, hint=None).model_dump_json())
    with pytest.raises(TrainingFailed, match="exit code 1"):
        shell(tmp_path, "exit 1")


def test_a_torn_report_falls_back_to_the_log(tmp_path: Path) -> None:
    with pytest.raises(TrainingFailed, match="exit code 1"):
        shell(tmp_path, f"echo '{{' > '{tmp_path / FAILURE}'; exit 1")


def test_a_launcher_that_does_not_exist_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no-such-launcher") as caught:
        run_job(tmp_path, ("no-such-launcher",), tick=lambda: None)
    assert "post_train.launcher" in str(caught.value)


def test_the_follower_is_called_while_the_job_works_and_once_after(tmp_path: Path) -> None:
    calls: list[bool] = []
    run_job(
        tmp_path,
        ("sh", "-c", f"sleep 1; touch '{tmp_path}/done'"),
        tick=lambda: calls.append((tmp_path / "done").exists()),
    )
    assert len(calls) >= 2
    assert calls[-1]


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks for the process in /proc")
def test_nothing_of_the_jobs_group_is_left_behind(tmp_path: Path) -> None:
    shell(tmp_path, f"sleep 300 & echo $! > '{tmp_path}/pid'")
    state, deadline = Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}"), time.monotonic() + 10
    while state.exists() and "zombie" not in (state / "status").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
