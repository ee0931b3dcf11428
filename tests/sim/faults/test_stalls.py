"""The client stands still: what it is told waits, its timers and tasks wait, the world goes on."""

import asyncio

import pytest

from dryfill.scenarios.plan_text import make_plan
from dryfill.sim.armed.plan_at_work import check_carriable
from dryfill.sim.loop.schedule import LOOKS_ON
from dryfill.trading.errors import UsageError

STALL = {"kind": "stall", "at": "100 ms", "duration": "400 ms"}


def test_what_is_told_meanwhile_is_heard_at_its_end_in_order(stage, order):
    at = stage({"kind": "stall", "call": "place", "duration": "400 ms"})

    async def script(broker):
        await at.unless(broker.place(order(qty=2)))

    at.play(script)
    assert at.orders == [
        ("new of 1#1", 400),
        ("fill of 1#1", 400),
        ("ok", 400),
    ]
    fills = at.desk.executions
    assert [(fill.time_ns - at.loop.origin_ns) // 1_000_000 for fill in fills] == [10]


def test_timers_and_tasks_wait_and_those_after_it_are_on_time(stage):
    at = stage(STALL)

    async def script(broker):
        async def tick(ms):
            await asyncio.sleep(ms / 1000)
            at.note(ms)

        await asyncio.gather(*(tick(ms) for ms in (50, 99, 200, 150, 501, 600)))

    at.play(script)
    assert at.log == [(50, 50), (99, 99), (150, 500), (200, 500), (501, 501), (600, 600)]


def test_a_timer_that_is_cancelled_before_its_turn_does_not_run(stage, order):
    at = stage(STALL)

    async def script(broker):
        loop = asyncio.get_running_loop()
        late = loop.call_later(0.3, at.note, "late")
        loop.call_later(0.2, late.cancel)  # both are due while it stands still
        await asyncio.sleep(1)

    at.play(script)
    assert at.log == []


def test_a_second_stall_lengthens_the_first(stage):
    at = stage(STALL, {"kind": "stall", "at": "300 ms", "duration": "500 ms"})

    async def script(broker):
        await asyncio.sleep(0.2)
        at.note("awake")

    at.play(script)
    assert at.log == [("awake", 800)]


def test_a_client_that_is_killed_while_it_stands_still_hears_nothing(stage, order):
    at = stage(STALL, {"kind": "crash", "at": "300 ms"})

    async def script(broker):
        await asyncio.sleep(0.2)
        at.note("awake")

    at.play(script)
    assert at.log == []


def test_the_next_life_does_not_stand_still(stage):
    at = stage(STALL, {"kind": "crash", "at": "150 ms"})

    async def again():
        await asyncio.sleep(0.1)
        at.note("awake")

    def restart():
        at.connect()
        at.process.spawn(again(), "client")

    at.faults.on_crash = restart

    async def script(broker):
        await asyncio.sleep(9)

    at.play(script)
    assert at.log == [("awake", 250)]


def test_who_only_looks_on_is_told_as_one_who_does(stage, order):
    """Where a plan may stall the client, too: schedules know him by it (swarm, 14)."""
    at, asked = stage(STALL), []

    def looks(future):
        pass

    setattr(looks, LOOKS_ON, True)
    add = at.loop.call_soon

    async def script(broker):
        answered = broker.place(order())
        answered.add_done_callback(looks)
        await answered
        handle = add(looks, None)
        asked.append(getattr(handle._callback, LOOKS_ON, False))

    at.play(script)
    assert asked == [True]


def test_a_twin_stalls_nobodys_process():
    with pytest.raises(UsageError, match=r"fault 1 \(stall\): the client's process is none of"):
        check_carriable(make_plan(STALL))
