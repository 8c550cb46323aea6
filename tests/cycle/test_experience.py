"""Which rounds' rates may be held against each other."""

import json
from pathlib import Path

import pytest

from breakfix.cycle.experience import attacked_alike
from breakfix.store.run_folder import RunFolder


@pytest.mark.parametrize(
    ("tools", "alike"),
    [
        (["", ""], [True, True]),
        (["garak", "garak"], [True, True]),
        (["garak", "", ""], [True, False, False]),
        (["", "garak"], [True, False]),
        (["garak", "jailbreakbench"], [True, False]),
    ],
)
def test_rounds_are_alike_that_were_all_attacked_here_or_all_recorded_by_one_tool(
    tmp_path: Path, tools: list[str], alike: list[bool]
) -> None:
    run = RunFolder(tmp_path)
    for number, tool in enumerate(tools):
        folder = run.stage(number, "red_team")
        folder.mkdir(parents=True)
        parts = {"imported": {"tool": tool}} if tool else {}
        (folder / "begun.json").write_text(json.dumps({"parts": parts}))
    assert [attacked_alike(run, number) for number in range(len(tools))] == alike
