"""A coroutine that asks models, run as one of our dialogues: its event loop is stepped by hand, without a thread.

Whatever the coroutine does between two questions happens at once; where it awaits an answer, the loop stands still and
the driver gets the question. So hundreds of such coroutines share each batched model call. Questions that a coroutine
asks side by side (`asyncio.gather`) wait in a queue and are asked one after another, all of one step before the next.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from breakfix.protocols import Ask, Dialogue
from breakfix.records import Conversation, GaveUp

Ended = Conversation | GaveUp
"""What a dialogue ends with."""


class Desk:
    """Where the tasks of one attempt hand in their questions and leave what has to be cleared away."""

    def __init__(self) -> None:
        self.questions: deque[tuple[Ask, asyncio.Future[str]]] = deque()
        self.held: set[str] = set()
        """Ids of what the attempt keeps elsewhere; cleared away when it ends."""
        self._news: asyncio.Future[None] | None = None

    async def ask(self, question: Ask) -> str:
        """The text that the model answers."""
        answer: asyncio.Future[str] = _loop().create_future()
        self.questions.append((question, answer))
        self._tell()
        return await answer

    def step(self, task: asyncio.Task[Ended]) -> None:
        """Runs the loop until there is a question or `task` is done."""
        self._news = _loop().create_future()
        task.add_done_callback(self._tell)
        _loop().run_until_complete(self._news)
        task.remove_done_callback(self._tell)

    def _tell(self, _: object = None) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)


_DESK: ContextVar[Desk | None] = ContextVar("desk", default=None)


Work = Callable[[Desk], Coroutine[Any, Any, Ended]]


def desk() -> Desk | None:
    """The desk of the attempt whose task is running; None outside of one."""
    return _DESK.get()


def stepped(work: Work, clear: Callable[[set[str]], None]) -> Dialogue:
    """`work` as a dialogue that ends with the conversation it returns, or with the exception it raises.

    However the dialogue ends, its tasks are cancelled and `clear` is called with what its desk holds.
    """
    own = Desk()
    task = _loop().create_task(_at(own, work))
    try:
        while not task.done():
            if own.questions:
                question, answer = own.questions.popleft()
                reply = yield question
                if not answer.done():  # a task that failed may have cancelled its neighbours
                    answer.set_result(reply.text)
            else:
                own.step(task)
        return task.result()
    finally:
        if not task.done():
            task.cancel()
            _loop().run_until_complete(asyncio.wait([task]))
        clear(own.held)


async def _at(own: Desk, work: Work) -> Ended:
    _DESK.set(own)
    return await work(own)


def run_at_once(work: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that asks nobody."""
    return _loop().run_until_complete(work)


@lru_cache(maxsize=1)
def _loop() -> asyncio.AbstractEventLoop:
    """The private loop of all such dialogues."""
    return asyncio.new_event_loop()
