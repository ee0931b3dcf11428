"""Counting the steps of the client's process: each time it gets control, whoever gives it.

A step is a task's turn, a callback, a timer or an event heard. Nothing is counted, and nothing
costs, where no plan asks: the loop's own functions are wrapped when it does.
"""

from collections.abc import Callable
from contextvars import Context
from typing import Any

from ..loop.loop import VirtualLoop
from ..loop.process import Process, current_process, process_of
from ..loop.schedule import LOOKS_ON


class Steps:
    """The steps of the process that is followed; `before(n)` is called before the n-th.

    They are counted on over a restart, so that a recovery may crash too.
    """

    def __init__(self, loop: VirtualLoop, before: Callable[[int], None]) -> None:
        self.count = 0
        self._before = before
        self._process: Process | None = None
        self._wrap(loop)

    def follow(self, process: Process) -> None:
        """From now on the steps of `process` count."""
        self._process = process
        run = process.run

        def counted(callback: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            if process.alive:
                self._step()
            return run(callback, *args, **kwargs)

        process.run = counted  # type: ignore[method-assign]  # this one object, see the module

    def _wrap(self, loop: VirtualLoop) -> None:
        call_soon, call_at_ns = loop.call_soon, loop.call_at_ns

        def counted_soon(
            callback: Callable[..., Any], *args: Any, context: Context | None = None
        ) -> Any:
            return call_soon(self._counted(callback, context), *args, context=context)

        def counted_at_ns(
            when_ns: int,
            callback: Callable[..., Any],
            *args: Any,
            context: Context | None = None,
            **more: Any,
        ) -> Any:
            counted = self._counted(callback, context)
            return call_at_ns(when_ns, counted, *args, context=context, **more)

        wrapped: Any = counted_soon, counted_at_ns
        loop.call_soon, loop.call_at_ns = wrapped  # type: ignore[method-assign]  # this one loop

    def _counted(self, callback: Callable[..., Any], context: Context | None) -> Callable[..., Any]:
        owner = current_process() if context is None else process_of(context)
        if owner is None or owner is not self._process or getattr(callback, LOOKS_ON, False):
            return callback  # what only looks on is no step of the program either

        def step(*args: Any) -> None:
            self._step()
            if owner.alive:
                callback(*args)

        # Whose it is does not change by being counted (`schedule.asker_of`).
        step.__wrapped__ = callback  # type: ignore[attr-defined]  # as functools.wraps, which is slow
        return step

    def _step(self) -> None:
        self.count += 1
        self._before(self.count)
