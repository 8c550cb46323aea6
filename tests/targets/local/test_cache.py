"""The user's cache is where the environment says."""

from pathlib import Path

import pytest

from breakfix.targets.local.cache import cache_folder


def test_the_first_variable_that_is_set_decides(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("BREAKFIX_CACHE", raising=False)
    assert cache_folder() == tmp_path / "home" / ".cache" / "breakfix"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "breakfix"
    monkeypatch.setenv("BREAKFIX_CACHE", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own"
    monkeypatch.setenv("BREAKFIX_CACHE", "~/mine")
    assert cache_folder() == tmp_path / "home" / "mine"
