"""What the virtual loop runs: asyncio's handles, without what they keep for its debug mode.

One is made for each message, timer and wake-up of a run, so what it costs is a part of everything.
"""

import asyncio
from asyncio import format_helpers
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any


class Callback(asyncio.Handle):
    """A call that is ready, or was."""

    __slots__ = ()

    _context: Context
    _callback: Callable[..., object]
    _args: tuple[Any, ...]

    def __init__(
        self,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        loop: asyncio.AbstractEventLoop,
        context: Context | None,
    ) -> None:
        # Not asyncio's own __init__, which asks the loop each time whether it debugs.
        self._context = copy_context() if context is None else context
        self._loop = loop
        self._callback = callback
        self._args = args
        self._cancelled = False
        self._repr = None
        self._source_traceback = None


class Timed(asyncio.TimerHandle):
    """A call at a time: `when`, on the clock of the loop's `time()`."""

    __slots__ = ()

    _context: Context
    _callback: Callable[..., object]
    _args: tuple[Any, ...]

    def __init__(
        self,
        when: float,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        loop: asyncio.AbstractEventLoop,
        context: Context | None,
    ) -> None:
        self._context = copy_context() if context is None else context
        self._loop = loop
        self._callback = callback
        self._args = args
        self._cancelled = False
        self._repr = None
        self._source_traceback = None
        self._when = when
        self._scheduled = False


Called = Callback | Timed
"""What the loop has in its queues, and nothing else."""


def failed(handle: Called, error: BaseException) -> None:
    """A call raised: what `Handle._run` does then. An interrupt goes on, the rest is the loop's
    exception handler's."""
    if isinstance(error, SystemExit | KeyboardInterrupt):
        raise error
    source = format_helpers._format_callback_source(handle._callback, handle._args)
    told = {"message": f"Exception in callback {source}", "exception": error, "handle": handle}
    handle._loop.call_exception_handler(told)
