"""The run folder: creation, versions, the lock."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from breakfix.errors import RunFolderError
from breakfix.store.run_folder import create_run, open_run


def test_a_run_is_created_once_and_opened_again(tmp_path: Path) -> None:
    first = create_run(tmp_path / "a", {"name": "a"})
    again = create_run(tmp_path / "a", {"name": "changed"})
    assert first == again == open_run(tmp_path / "a")
    assert again.header()["name"] == "a"
    assert first.name == "a"


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(RunFolderError, match="not a run"):
        create_run(tmp_path, {})


def test_a_run_of_another_layout_names_both_versions(tmp_path: Path) -> None:
    create_run(tmp_path / "a", {})
    (tmp_path / "a" / "cycle.json").write_text(json.dumps({"layout": 99}))
    with pytest.raises(RunFolderError, match="layout 99"):
        open_run(tmp_path / "a")


@pytest.mark.parametrize(("content", "message"), [(None, "no run here"), ("{", "damaged")])
def test_what_is_no_run_says_so(tmp_path: Path, content: str | None, message: str) -> None:
    if content is not None:
        (tmp_path / "cycle.json").write_text(content)
    with pytest.raises(RunFolderError, match=message):
        open_run(tmp_path)


def test_two_processes_cannot_write_one_run(tmp_path: Path) -> None:
    run = create_run(tmp_path / "a", {})
    other = (
        "import sys; from pathlib import Path; from breakfix.store.run_folder import open_run\n"
        "with open_run(Path(sys.argv[1])).writing(): print('has it', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", other, str(run.root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "has it"
        with pytest.raises(RunFolderError, match="another breakfix process"), run.writing():
            pass
        process.communicate("")
    with run.writing():
        pass


def test_rounds_and_stages_have_fixed_places(tmp_path: Path) -> None:
    run = create_run(tmp_path / "a", {})
    place = run.stage(1, "red_team")
    place.mkdir(parents=True)
    assert place == run.root / "rounds" / "01" / "4-red_team"
    assert run.rounds() == [1]
