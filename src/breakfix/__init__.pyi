from breakfix.config import Config, load_config, parse_config
from breakfix.cycle.loop import run_cycle
from breakfix.errors import BreakfixError
from breakfix.store.run_folder import RunFolder, open_run

__all__ = ["BreakfixError", "Config", "RunFolder", "load_config", "open_run", "parse_config", "run_cycle"]
