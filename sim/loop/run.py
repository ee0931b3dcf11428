"""Running a program to its end in virtual time, and leaving nothing behind."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from ...trading.errors import UsageError
from .errors import DeadlockError, LivelockError, LostErrors, describe_task
from .hold import collect_since, collections, hold_collector, report_unawaited
from .loop import VirtualLoop
from .tasks import VirtualTask

T = TypeVar("T")

# Virtual seconds that cancelled tasks get to finish in.
TEARDOWN_S = 60


def run_virtual(
    main: Coroutine[Any, Any, T], *, origin_ns: int, callbacks_max: int = 1_000_000
) -> T:
    """Run `main` on a new loop that starts at `origin_ns`; see `run_on`."""
    return run_on(VirtualLoop(origin_ns, callbacks_max=callbacks_max), main)


def run_on(loop: VirtualLoop, main: Coroutine[Any, Any, T]) -> T:
    """Run `main`, cancel what it left in the order of creation, close the loop, and answer.

    The collector is off while it runs and runs once after, so that finalisers have one place.
    Raises what `main` raises; LostErrors when errors of this run reached nobody (an error of
    `main` carries them as notes); DeadlockError when all that is left waits for ever;
    LivelockError; UsageError when a loop runs in this thread already.
    """
    if asyncio._get_running_loop() is not None:
        main.close()
        raise UsageError(
            "an event loop is running in this thread already; start the run in a thread of its own"
        )
    with hold_collector(), report_unawaited(loop.lost):
        collected = collections()
        try:
            answer = loop.run_until_complete(main)
        except BaseException as error:
            _wind_up(loop, collected)
            for text in loop.lost:
                error.add_note(f"and this reached nobody:\n{text}")
            raise
        _wind_up(loop, collected)
    if loop.lost:
        raise LostErrors(loop.lost)
    return answer


def _wind_up(loop: VirtualLoop, collected: tuple[int, ...]) -> None:
    try:
        loop.run_until_complete(_cancel_leftovers(loop))
        loop.run_until_complete(loop.shutdown_asyncgens())
    except (DeadlockError, LivelockError) as error:
        loop.lost.append(f"  while winding up: {error}")
    finally:
        loop.close()
    collect_since(collected)


async def _cancel_leftovers(loop: VirtualLoop) -> None:
    me = asyncio.current_task()
    leftovers = [task for task in loop.pending_tasks() if task is not me]
    for task in leftovers:
        task.cancel()
    if leftovers:
        await asyncio.wait(leftovers, timeout=TEARDOWN_S)
    for task in leftovers:
        _account_for(loop, task)


def _account_for(loop: VirtualLoop, task: VirtualTask) -> None:
    if not task.done():
        task._log_destroy_pending = False  # said here, with more to go by
        loop.lost.append(
            f"  still running {TEARDOWN_S} s after it was cancelled:\n{describe_task(task)}"
        )
    elif not task.cancelled():
        error = task.exception()
        if error is not None:
            loop.call_exception_handler(
                {"message": "a cancelled task failed", "exception": error, "task": task}
            )
