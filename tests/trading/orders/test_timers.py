"""Timers ring once, at their time, and none is left behind; what one does hurts no other."""

import asyncio

import pytest

from dryfill.sim.loop.run import run_virtual
from dryfill.trading.orders.sending.timers import Timers


@pytest.fixture
def ring():
    """Run `go(timers, heard)`; what rang and when, what failed, and how many timers are left."""

    def run(go):
        async def main():
            loop, heard, failed = asyncio.get_running_loop(), [], []
            await asyncio.sleep(64)
            timers = Timers(lambda error, what, about: failed.append((str(error), what, about)))
            await go(timers, lambda name: lambda: heard.append((name, round(loop.time() - 64, 6))))
            await asyncio.sleep(100)
            return heard, failed, len(timers)

        return run_virtual(main(), origin_ns=0)

    return run


@pytest.mark.exact_times("it says to the microsecond when each rings")
def test_each_rings_once_at_its_time_and_is_counted_until_then(ring):
    async def go(timers, rings):
        first, second = timers.later(2.0, rings("a")), timers.later(1.0, rings("b"))
        standing = timers.later(3.0, rings("c"), standing=True)
        assert (len(timers), first != second) == (2, True)
        await asyncio.sleep(1.5)
        assert len(timers) == 1
        assert [timers.runs(number) for number in (first, second, standing)] == [True, False, True]

    assert ring(go) == ([("b", 1.0), ("a", 2.0), ("c", 3.0)], [], 0)


def test_one_that_is_cancelled_does_not_ring_and_it_is_no_error_to_do_so_late(ring):
    async def go(timers, rings):
        first, standing = (
            timers.later(2.0, rings("a")),
            timers.later(2.0, rings("b"), standing=True),
        )
        timers.cancel(standing)
        assert len(timers) == 1
        timers.cancel(first)
        timers.cancel(first)
        timers.cancel(None)
        assert len(timers) == 0

    assert ring(go) == ([], [], 0)


@pytest.mark.parametrize(
    ("at_s", "rang_s"), [(66.0, 2.0), (68.0, 4.0), (70.0, 4.0), (60.0, 1.0), (64.0, 1.0)]
)
@pytest.mark.exact_times("it says to the microsecond when each rings")
def test_one_rings_sooner_where_it_may_but_never_later(at_s, rang_s, ring):
    async def go(timers, rings):
        number = timers.later(4.0, rings("a"))
        await asyncio.sleep(1)
        assert timers.hasten(number, at_s, rings("a"))
        assert len(timers) == 1

    assert ring(go) == ([("a", rang_s)], [], 0)


@pytest.mark.exact_times("it says to the microsecond when each rings")
def test_one_that_rang_is_not_hastened(ring):
    async def go(timers, rings):
        number = timers.later(1.0, rings("a"))
        await asyncio.sleep(2)
        assert not timers.hasten(number, 66.5, rings("again"))

    assert ring(go) == ([("a", 1.0)], [], 0)


def test_after_the_end_nothing_rings_and_nothing_begins(ring):
    async def go(timers, rings):
        timers.later(1.0, rings("a"))
        timers.later(1.0, rings("b"), standing=True)
        timers.stop()
        assert timers.later(1.0, rings("c")) > 2
        assert len(timers) == 0

    assert ring(go) == ([], [], 0)


@pytest.mark.exact_times("it says to the microsecond when each rings")
def test_one_that_fails_is_said_with_what_it_was_about_and_the_others_ring(ring):
    async def go(timers, rings):
        def fails():
            raise ValueError("a fault of ours")

        timers.later(1.0, fails, "1.stop#1")
        timers.later(2.0, rings("a"))

    assert ring(go) == ([("a", 2.0)], [("a fault of ours", "a timer", "1.stop#1")], 0)
