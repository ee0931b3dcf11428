"""The trader's process is killed at every step, and starts again a second later (INV-20, RS-48).

A step is each time the process gets control. What it wrote is on a simulated disk, its ports are
fenced, and every oracle judges the broker's truth from ten seconds after the restart on.
"""

import asyncio
import os
from collections import Counter
from decimal import Decimal

import pytest

from dryfill.matching.rules import Rules
from dryfill.scenarios.plan_text import make_plan
from dryfill.sim.backtest import World
from dryfill.sim.desk.bracket_rules import BracketRules
from dryfill.sim.desk.fees import fee_schedule
from dryfill.sim.journal import SimDisk
from dryfill.sim.loop.hold import hold_collector
from dryfill.sim.oracles.watch import watch
from dryfill.sim.setup import Setup
from dryfill.sim.wire.latency import latency_profile
from dryfill.trading import instruments
from dryfill.trading.calendar import calendar
from dryfill.trading.order import Buy, Sell
from dryfill.trading.price import Ticks

S = 10**9
RECOVER_S = 10  # T_recover
QUIET = "\n".join(
    ["0 quote 80000x5 80001x5", "10 trade 80000x1"]
    + [f"{t} quote 80000x5 80001x5" for t in range(1_000, 25_000, 1_000)]
)
UP = QUIET + "\n25000 trade 80100x5\n25001 quote 80100x5 80101x5\n40000 quote 80100x5 80101x5"
PARTS = """
    0 quote 80000x5 80001x5
    10 trade 80000x1
    1000 trade 79999x1
    1001 quote 79990x5 79996x1
    2000 quote 79990x5 79996x3
    3000 quote 79990x5 80001x5
    25000 quote 80040x5 80041x5
    25001 trade 80040x5
    40000 quote 80040x5 80041x5
"""


async def a_bracket(desk):
    await desk.bracket(Buy(2), stop=Ticks(40), target=Ticks(80))


async def an_entry_in_parts(desk):
    bracket = await desk.bracket(Buy(3, limit="19999"), stop=Ticks(40), target=Ticks(40))
    await asyncio.sleep(2)
    if bracket.stop is not None and bracket.stop.working:
        await bracket.move_stop(Ticks(30))


async def a_group(desk):
    await desk.place(Buy(2))
    await asyncio.sleep(0.2)
    await desk.oco(Sell(2, limit="20020"), Sell(2, stop="19990"))


async def a_flatten(desk):
    await desk.bracket(Buy(2), stop=Ticks(40), target=Ticks(80))
    await desk.place(Buy(1, limit="19990"))
    await desk.flatten(reason="the test says so")


async def a_native_bracket(desk):
    bracket = await desk.bracket(Buy(2), stop=Ticks(40), target=Ticks(80))
    assert bracket.entry.core.request.attached is not None, "the broker keeps the legs"
    await asyncio.sleep(3)
    if bracket.stop is not None and bracket.stop.working:
        await bracket.move_stop(Ticks(30))


SCRIPTS = {
    "a bracket": (a_bracket, UP, None),
    "a native bracket": (a_native_bracket, UP, BracketRules()),
    "an entry in parts": (an_entry_in_parts, PARTS, None),
    "a group": (a_group, UP, None),
    "a flatten": (a_flatten, UP, None),
}


@pytest.fixture
def killed(tape_of):
    """Kill a script at some steps, and see what becomes of it: what the oracles say, and the
    world. None where it had no such step."""

    def go(script, market, brackets, steps, keeps="all"):
        disk, rows = SimDisk(instruments.find, keeps), tape_of(market)
        plan = make_plan(*({"kind": "crash", "step": step} for step in steps), strict=False)
        world = World(
            Setup(
                instrument=instruments.find("MNQ"),
                tape=rows,
                start_ns=rows.start_ns,
                calendar=calendar("always"),
                rules=Rules(protection=24),
                latency=latency_profile("25ms"),
                fees=fee_schedule(None),
                cash=Decimal(50_000),
                plan=plan,
                journal=disk.open,
                brackets=brackets,
            )
        )
        watching = watch(world)

        async def first_life(desk):
            await asyncio.sleep(0.5)
            await script(desk)
            return await later_life(desk)

        async def later_life(desk):
            async for _ in desk.events():
                pass
            return []

        def restart():
            world.restart(later_life)
            watching.restarted()

        def died():
            now_ns = world.loop.now_ns
            watching.unreachable(now_ns, now_ns + (1 + RECOVER_S) * S)
            world.loop.call_at_ns(now_ns + S, restart)

        world.on_crash = died
        world.run(first_life)
        assert disk.writes_after_death == 0
        return (watching.report(), world) if len(world.faults_fired) == len(steps) else None

    return go


def judge(killed, name, steps, keeps="all"):
    """Kill a script once for each of these; no invariant may be broken. How often each oracle had
    something to say, over all of them."""
    script, market, brackets = SCRIPTS[name]
    premises, runs = Counter(), 0
    with hold_collector():  # many short runs
        for at in steps:
            found = killed(script, market, brackets, at, keeps)
            if found is None:
                break
            findings, world = found
            told = "\n".join(str(violation) for violation in findings.violations)
            assert not told, f"{name}, killed at {at}, {keeps} of the journal kept:\n{told}"
            held = world.desk.account.holding(world.setup.instrument).qty
            sent = world.desk.orders.values()
            guarded = any("." in order.request.cl_ord_id for order in sent)
            assert not (held and guarded), f"{name}, killed at {at}: {held} are held at the end"
            premises.update(findings.premises)
            runs += 1
    return premises, runs


NEEDED = {
    "a bracket": ("INV-01", "INV-02", "INV-03", "INV-05", "INV-06", "INV-07"),
    "a native bracket": ("INV-01", "INV-02", "INV-03", "INV-05", "INV-06", "INV-07"),
    "an entry in parts": ("INV-01", "INV-02", "INV-03", "INV-05", "INV-06", "INV-07"),
    "a group": ("INV-05", "INV-06", "INV-07"),
    "a flatten": ("INV-01", "INV-02", "INV-05", "INV-06", "INV-07"),
}
NIGHTLY = bool(os.environ.get("DRYFILL_NIGHTLY"))  # every step; else a slice of them
LOST = ("all but the last", "the last torn")


@pytest.mark.parametrize("name", SCRIPTS)
def test_killed_at_any_step_it_goes_on(name, killed):
    premises, runs = judge(killed, name, ((step,) for step in range(1, 500)))
    assert 40 < runs < 490, "every step of it"
    assert not [needed for needed in NEEDED[name] if not premises[needed]]


@pytest.mark.parametrize("keeps", LOST)
@pytest.mark.parametrize("name", SCRIPTS)
def test_killed_with_its_last_words_lost_it_goes_on(name, keeps, killed):
    every = 1 if NIGHTLY else 6
    premises, runs = judge(killed, name, ((step,) for step in range(15, 500, every)), keeps)
    assert 25 < runs * every < 490
    assert not [needed for needed in NEEDED[name] if not premises[needed]]


@pytest.mark.parametrize("name", SCRIPTS)
def test_killed_again_while_it_recovers_it_goes_on(name, killed):
    first, second = (1, 1) if NIGHTLY else (7, 5)
    premises = Counter()
    for step in range(18, 46, first):
        pairs = ((step, step + after) for after in range(1, 25, second))
        premises += judge(killed, name, pairs)[0]
    assert premises["INV-07"]
