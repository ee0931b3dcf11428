"""A client that stands still: a callback that blocks, a long collection, a machine that sleeps.

Until it goes on, nothing of its process runs: what it is told waits before its door, and its
timers and tasks wait where they are; all of it then runs in the order in which it came. The world
does not wait. Nothing costs where no plan asks: the loop's own functions are wrapped when one does.
"""

from collections.abc import Callable
from contextvars import Context
from typing import Any

from ..loop.loop import VirtualLoop
from ..loop.process import Process, current_process, process_of
from ..loop.schedule import LOOKS_ON


class Stalls:
    """Lets the process that is followed stand still; a new life of it has its own stalls."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._process: Process | None = None
        self._until_ns = 0
        self._call_at_ns = loop.call_at_ns  # before it is wrapped
        self._wrap(loop)

    def follow(self, process: Process) -> None:
        """From now on it is `process` that stalls."""
        self._process, self._until_ns = process, 0
        run = process.run

        def held(callback: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            if not self._stands_still(process):
                return run(callback, *args, **kwargs)
            self._later(lambda: held(callback, *args, **kwargs), Context())
            return None

        process.run = held  # type: ignore[method-assign]  # this one object, see the module

    def begin(self, duration_ns: int) -> None:
        """The process stands still for so long from now on."""
        self._until_ns = max(self._until_ns, self._loop.now_ns + duration_ns)

    def _stands_still(self, process: Process) -> bool:
        return process is self._process and self._loop.now_ns < self._until_ns

    def _later(self, call: Callable[[], object], context: Context) -> None:
        self._call_at_ns(self._until_ns, call, context=context)

    def _wrap(self, loop: VirtualLoop) -> None:
        call_soon, call_at_ns = loop.call_soon, loop.call_at_ns

        def held_soon(
            callback: Callable[..., Any], *args: Any, context: Context | None = None
        ) -> Any:
            return self._asked(call_soon, callback, args, context, {})

        def held_at_ns(
            when_ns: int,
            callback: Callable[..., Any],
            *args: Any,
            context: Context | None = None,
            **more: Any,
        ) -> Any:
            def ask(*wanted: Any, **how: Any) -> Any:
                return call_at_ns(when_ns, *wanted, **how)

            return self._asked(ask, callback, args, context, more)

        wrapped: Any = held_soon, held_at_ns
        loop.call_soon, loop.call_at_ns = wrapped  # type: ignore[method-assign]  # this one loop

    def _asked(
        self,
        ask: Callable[..., Any],
        callback: Callable[..., Any],
        args: tuple[Any, ...],
        context: Context | None,
        more: dict[str, Any],
    ) -> Any:
        """Ask the loop for a callback; it waits where its process stands still when it is due."""
        owner = current_process() if context is None else process_of(context)
        if owner is None or owner is not self._process or getattr(callback, LOOKS_ON, False):
            return ask(callback, *args, context=context, **more)

        def turn(*given: Any) -> None:
            if self._stands_still(owner):
                self._later(lambda: waited(given), handle._context)
            else:
                callback(*given)

        def waited(given: tuple[Any, ...]) -> None:
            if not handle.cancelled():  # asyncio does not run what was cancelled before its turn
                turn(*given)

        turn.__wrapped__ = callback  # type: ignore[attr-defined]  # `schedule.asker_of` looks there
        handle = ask(turn, *args, context=context, **more)
        return handle
