"""Where files that are made once per user are kept."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """`BREAKFIX_CACHE`, else `breakfix` below `XDG_CACHE_HOME`, else `~/.cache/breakfix`; may not exist yet."""
    own = os.environ.get("BREAKFIX_CACHE")
    if own:
        return Path(own).expanduser().absolute()
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared).expanduser() if shared else Path.home() / ".cache").absolute() / "breakfix"
