"""Templates: titled texts, filled in one pass."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from breakfix.red_team.wording import substitute, titled_texts


@given(st.text(), st.text())
def test_texts_are_put_in_once_and_never_read_as_templates(goal: str, name: str) -> None:
    assert substitute("{name}: {goal}", goal=goal, name=name) == f"{name}: {goal}"


def test_other_braces_stay() -> None:
    assert substitute("{goal} {unknown} {} {", goal="{goal}") == "{goal} {unknown} {} {"


def test_texts_come_by_title_in_order(tmp_path: Path) -> None:
    path = tmp_path / "texts.txt"
    path.write_text("# one\nA #1 text\n\nin two parts\n\n# two\nB\n")
    assert titled_texts(path) == {"one": "A #1 text\n\nin two parts", "two": "B"}
