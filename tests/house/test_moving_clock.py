"""The clock that moves at each reading: never back, never behind the loop's, no timer too soon."""

import asyncio
import gc
from contextlib import ExitStack

import moving_clock
import pytest
from moving_clock import moves_at_each_reading
from rehearsing import setup_of

from dryfill.sim.backtest import World
from dryfill.sim.loop.run import run_virtual
from dryfill.testing.wire_world import Rehearsal

STEP_NS = 1000
STEP_S = STEP_NS / 1e9


def play(program):
    with moves_at_each_reading(STEP_NS):
        return run_virtual(program(), origin_ns=5)


def test_each_reading_is_a_step_later_and_a_wait_makes_good_what_they_took():
    async def program():
        loop = asyncio.get_running_loop()
        readings = [loop.time() for _ in range(3)]
        await asyncio.sleep(1)
        return readings, loop.time()

    readings, later = play(program)
    assert readings == pytest.approx([STEP_S, 2 * STEP_S, 3 * STEP_S], abs=1e-12)
    assert later == pytest.approx(1 + 5 * STEP_S, abs=1e-12), "as long after its own reading"


def test_in_every_loop_it_stays(monkeypatch):
    async def program():
        loop = asyncio.get_running_loop()
        return loop.time() - loop.time()

    with ExitStack() as until_then:
        monkeypatch.setattr(moving_clock, "_FOR_GOOD", until_then)
        moving_clock.in_every_loop(STEP_NS)
        gc.collect()
        assert run_virtual(program(), origin_ns=0) == pytest.approx(-STEP_S, abs=1e-12)


def test_what_is_asked_for_twice_is_due_twice_and_never_before_its_time():
    async def program():
        loop, rang = asyncio.get_running_loop(), []
        for delay_s in (0.5, 0.5):
            due_s = loop.time() + delay_s
            loop.call_later(delay_s, lambda due_s=due_s: rang.append((loop.now_ns, due_s)))
        loop.call_at(0.5, lambda: rang.append((loop.now_ns, 0.5)))
        await asyncio.sleep(1)
        return [(now_ns - loop.origin_ns) / 1e9 - due_s for now_ns, due_s in rang]

    late_s = play(program)
    assert late_s == pytest.approx([0, STEP_S, STEP_S], abs=1e-12)


def test_what_waits_for_ever_still_does():
    async def program():
        timer = asyncio.get_running_loop().call_later(float("inf"), lambda: None)
        await asyncio.sleep(1000)
        return timer.when()

    assert play(program) == float("inf")


@pytest.mark.parametrize("world_of", [World, Rehearsal])
def test_the_wall_clock_of_a_program_keeps_up_and_the_world_has_its_own_time(world_of):
    with moves_at_each_reading(STEP_NS):
        world = world_of(setup_of())

        async def trade(desk):
            before_ns = world.loop.now_ns
            first_ns, second_ns = desk.now_ns, desk.now_ns
            assert world.loop.now_ns == before_ns
            return [second_ns - first_ns, first_ns > before_ns]

        assert world.run(trade).notes == (STEP_NS, True)
