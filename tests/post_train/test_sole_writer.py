"""One job at a time in a folder."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from breakfix.errors import TrainingFailed
from breakfix.post_train.sole_writer import sole_writer

HOLD = (
    "import sys, time; from pathlib import Path; from breakfix.post_train.sole_writer import sole_writer\n"
    "with sole_writer(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
)


@pytest.fixture
def holder(tmp_path: Path):
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_job_gives_up_after_its_patience(tmp_path: Path, holder: subprocess.Popen[bytes]) -> None:
    with pytest.raises(TrainingFailed, match="another training job"), sole_writer(tmp_path, patience_s=0.2):
        pass
    assert holder.poll() is None


def test_a_second_job_waits_for_the_first_to_be_gone(tmp_path: Path, holder: subprocess.Popen[bytes]) -> None:
    holder.kill()
    began = time.monotonic()
    with sole_writer(tmp_path, patience_s=30):
        assert time.monotonic() - began < 10
