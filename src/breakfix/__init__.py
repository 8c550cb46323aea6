"""Makes a language model safer by breaking it and fixing what broke, again and again.

    from breakfix import load_config, run_cycle
    report = run_cycle(load_config(Path("demo.toml")))

Names load when they are first used, so that the command line answers at once; `__init__.pyi` tells type checkers what
they are.
"""
# pyright: reportUnsupportedDunderAll=false
# __getattr__ below brings the names

import importlib
from typing import Any

_FACE = {
    "BreakfixError": "breakfix.errors",
    "Config": "breakfix.config",
    "RunFolder": "breakfix.store.run_folder",
    "load_config": "breakfix.config",
    "open_run": "breakfix.store.run_folder",
    "parse_config": "breakfix.config",
    "run_cycle": "breakfix.cycle.loop",
}

__all__ = [
    "BreakfixError",
    "Config",
    "RunFolder",
    "load_config",
    "open_run",
    "parse_config",
    "run_cycle",
]


def __getattr__(name: str) -> Any:
    if name not in _FACE:
        raise AttributeError(f"module 'breakfix' has no attribute {name!r}")
    return getattr(importlib.import_module(_FACE[name]), name)


def __dir__() -> list[str]:
    return __all__
