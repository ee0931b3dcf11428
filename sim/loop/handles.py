"""What a crash and an error message need to know of asyncio's handles and tasks."""

import asyncio
import contextlib
from contextvars import Context
from typing import Any

from .callbacks import Called
from .errors import describe_task
from .process import Process, process_of
from .tasks import VirtualTask

# A dropped coroutine may catch GeneratorExit and wait again; a TaskGroup does. So often we insist.
_CLOSE_ATTEMPTS = 16


def owner_of(handle: Called) -> Process | None:
    """The process that asked for the callback; None: the world."""
    context: Context = handle._context
    return process_of(context)


def is_dead(handle: Called) -> bool:
    """Whether the callback belongs to a process that has crashed."""
    process = owner_of(handle)
    return process is not None and not process.alive


def forgive(handle: Called) -> None:
    """Count the error that a handle carries as told: its waiter is dead, so it is not lost.

    The callback of a done future gets that future as its argument.
    """
    for argument in handle._args:
        if isinstance(argument, asyncio.Future) and argument.done() and not argument.cancelled():
            argument.exception()


def close_dead(task: VirtualTask) -> None:
    """End a dead task's coroutine now: left alone, the collector would choose the moment."""
    task._log_destroy_pending = False
    coroutine: Any = task.get_coro()
    for _ in range(_CLOSE_ATTEMPTS):
        # What a finally block of the dead raises has nobody to go to. A coroutine that waits
        # again raises too, and stays open.
        with contextlib.suppress(Exception, asyncio.CancelledError):
            coroutine.close()
            return


def callback_name(handle: Called) -> str:
    """What a handle would run, for a message: a task with its stack, or a function's name."""
    callback: Any = handle._callback
    owner = getattr(callback, "__self__", None)
    if isinstance(owner, VirtualTask):
        return describe_task(owner).strip()
    return getattr(callback, "__qualname__", None) or repr(callback)
