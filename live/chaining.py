"""Futures that follow from other futures, without a task of their own; and from coroutines."""

import asyncio
from asyncio import CancelledError, Future, Task
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from ..trading.errors import NotSent, OutcomeUnknown

A = TypeVar("A")
B = TypeVar("B")


def then(
    source: "Future[A]",
    convert: Callable[[A], B],
    cancelled: Callable[[], BaseException] = CancelledError,
) -> "Future[B]":
    """What `convert` makes of an answer; its errors, and the answer's own, come through, and
    `cancelled` where it was cancelled.

    Who gives it up leaves the source alone: what is under way at the broker is not undone by that.
    """
    answer: Future[B] = asyncio.get_running_loop().create_future()

    def over(done: "Future[A]") -> None:
        # Asked for also where nobody waits, or the loop would say that nobody ever did.
        error = cancelled() if done.cancelled() else done.exception()
        if answer.done():
            return
        if error is not None:
            answer.set_exception(error)
            return
        try:
            answer.set_result(convert(done.result()))
        except Exception as fault:  # noqa: BLE001  whoever waits is told
            answer.set_exception(fault)

    source.add_done_callback(over)
    return answer


def failed(error: Exception) -> "Future[Any]":
    """An answer that is an error."""
    answer: Future[Any] = asyncio.get_running_loop().create_future()
    answer.set_exception(error)
    return answer


class Running:
    """Coroutines that run for somebody who holds a Future; all of them end with `close`, and their
    answers in `OutcomeUnknown`: a bare cancellation would be taken for the waiter's own."""

    def __init__(self) -> None:
        self._tasks: dict[Task[Any], None] = {}
        self._closed = False

    def run(self, work: Coroutine[Any, Any, A]) -> "Future[A]":
        """The answer of `work`, which runs on where nobody waits for it any more."""
        if self._closed:
            work.close()
            return failed(NotSent("the session is closed"))
        task = asyncio.get_running_loop().create_task(work)
        self._tasks[task] = None
        task.add_done_callback(lambda done: self._tasks.pop(done, None))
        return then(task, lambda found: found, _closed)

    async def close(self) -> None:
        """Cancel what still runs, and let nothing begin any more."""
        self._closed = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _closed() -> BaseException:
    return OutcomeUnknown("the session was closed before the answer came")
