"""A clock that goes on at every reading, as every real one does.

In virtual time a step takes none: two readings of the loop's clock within one are equal, and what
is asked for twice after the same delay is due at one moment. Live neither is ever so, and a program
that relies on it is right in every test and wrong on the day. `DRYFILL_CLOCK_STEP_NS=1` runs the
tests on this clock (tests/conftest.py), so many nanoseconds later at each reading; with 50000 it is
a slow machine's. `exact_times` marks those that say to the nanosecond when something happens.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from dryfill.sim.backtest import World
from dryfill.sim.loop.loop import VirtualLoop
from dryfill.testing.wire_world import Rehearsal

# As they are without this clock, also where all tests have it and one asks for a faster one.
_CALL_LATER = VirtualLoop.call_later
_WALL_CLOCKS: dict[Any, Any] = {world: world._client_now_ns for world in (World, Rehearsal)}


_FOR_GOOD = ExitStack()  # whoever enters and lets go of it leaves again when it is collected


@contextmanager
def moves_at_each_reading(step_ns: int = 1) -> Iterator[None]:
    """Give virtual loops this clock, and the programs in them a wall clock that keeps up.

    It is ahead of the loop's own time by what the readings of the last moments took, and by one
    where there was none for a while. A timer counts from its reading, and never rings before its
    time.
    """

    def read_ns(loop: Any) -> int:
        loop.read_ns = max(getattr(loop, "read_ns", 0), loop.now_ns) + step_ns
        return int(loop.read_ns)

    def time(loop: Any) -> float:
        return (read_ns(loop) - loop.origin_ns) / 1e9

    def call_later(loop: Any, delay: float, *called: Any, context: Any = None) -> Any:
        if delay == float("inf"):
            return _CALL_LATER(loop, delay, *called, context=context)
        when_ns = read_ns(loop) + max(1, round(delay * 1e9))
        return loop.call_at_ns(when_ns, *called, context=context)

    def call_at(loop: Any, when: float, *called: Any, context: Any = None) -> Any:
        if when == float("inf"):
            return _CALL_LATER(loop, when, *called, context=context)
        when_ns = max(loop.origin_ns + round(when * 1e9), loop.now_ns + 1)
        return loop.call_at_ns(when_ns, *called, context=context)

    with ExitStack() as patches:
        for call in (time, call_later, call_at):
            patches.enter_context(patch.object(VirtualLoop, call.__name__, call))
        for world, told in _WALL_CLOCKS.items():
            wall = _keeping_up(told, read_ns)
            patches.enter_context(patch.object(world, "_client_now_ns", wall))
        yield


def _keeping_up(told: Any, read_ns: Any) -> Any:
    def now_ns(world: Any) -> int:
        ahead_ns = read_ns(world.loop) - world.loop.now_ns
        return int(told(world)) + ahead_ns

    return now_ns


def in_every_loop(step_ns: int) -> None:
    """This clock for the life of this process."""
    _FOR_GOOD.enter_context(moves_at_each_reading(step_ns))
