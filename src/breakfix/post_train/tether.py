"""No orphans: a job whose stage dies, dies too.

The stage holds the writing end of a pipe that is the job's standard input. The pipe closes when the stage ends for
whatever reason, SIGKILL included, and is inherited through launchers such as `accelerate launch`, which a signal to
the direct child would not reach.
"""

import os
import threading

TETHER = "BREAKFIX_TETHERED"
"""Set in the environment of jobs that shall end when their standard input closes."""
ORPHANED = 75
"""Exit code of a job that ended because its stage was gone (EX_TEMPFAIL: run it again)."""


def end_with_stage() -> None:
    """Ends this process, from a thread of its own, as soon as the stage is gone; does nothing without a tether."""
    if os.environ.get(TETHER):
        threading.Thread(target=_watch, name="tether", daemon=True).start()


def _watch() -> None:
    while os.read(0, 1024):
        pass
    os._exit(ORPHANED)
