"""A timer that repeats keeps its time, however late one of its calls is."""

import asyncio

import pytest
from moving_clock import moves_at_each_reading

from dryfill.sim.loop.run import run_virtual
from dryfill.trading.repeating import Repeating


def rings(seconds, for_s, step_ns=0):
    """When it rang, in seconds of the loop since it began."""

    async def main():
        loop, rang = asyncio.get_running_loop(), []
        origin_ns = loop.now_ns
        timer = Repeating(seconds, lambda: rang.append((loop.now_ns - origin_ns) / 1e9))
        await asyncio.sleep(for_s)
        timer.cancel()
        await asyncio.sleep(seconds)
        return rang

    if not step_ns:
        return run_virtual(main(), origin_ns=0)
    with moves_at_each_reading(step_ns):
        return run_virtual(main(), origin_ns=0)


@pytest.mark.exact_times("it says to the nanosecond when each rings")
@pytest.mark.parametrize("seconds", [7.0, 0.1, 1 / 3])
def test_it_rings_whenever_its_time_has_passed_once_more_until_it_is_cancelled(seconds):
    assert rings(seconds, 30.5 * seconds) == [
        pytest.approx(n * seconds, abs=1e-9) for n in range(1, 31)
    ]


def test_what_a_call_takes_puts_off_none_after_it():
    rang = rings(1.0, 100.5, step_ns=10**7)
    assert rang == [pytest.approx(n, abs=0.05) for n in range(1, 101)]


def test_those_whose_time_is_over_are_left_out():
    """Each reading takes 0.4 s: of four of 0.1 s there is time for one."""
    rang = rings(0.1, 10.0, step_ns=4 * 10**8)
    assert 10 < len(rang) < 30
    assert rang == sorted(rang)
