"""Asynchronous work from ordinary code, also where an event loop is running already."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def beside_running_loop(work: Callable[[], T]) -> T:
    """`work()`, which starts an event loop; in another thread where this one has one running, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return work()
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(work).result()
