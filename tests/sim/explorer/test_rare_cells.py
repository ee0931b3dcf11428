"""The cells that searches reach too seldom: each is met by a script of its own."""

import asyncio
from contextlib import suppress
from decimal import Decimal
from functools import partial

import numpy as np
import pytest

from dryfill.matching.rules import Rules
from dryfill.scenarios.plan_text import make_plan
from dryfill.sim.backtest import World
from dryfill.sim.desk.bracket_rules import BracketRules
from dryfill.sim.desk.fees import fee_schedule
from dryfill.sim.explorer.order_cells import RARE
from dryfill.sim.explorer.order_states import OrderStates
from dryfill.sim.oracles import Bounds, watch
from dryfill.sim.setup import Setup
from dryfill.sim.wire.latency import latency_profile
from dryfill.trading import instruments
from dryfill.trading.calendar import calendar
from dryfill.trading.errors import DryfillError
from dryfill.trading.order import Buy, Sell
from dryfill.trading.price import Ticks
from dryfill.trading.tape import QuoteRows, TradeRows, make_tape

MNQ = instruments.find("MNQ")
T0, MS = 1_709_564_400_000_000_000, 1_000_000
QUIET = ((0, 80000), (900, 80000), (60_000, 80000))
SLOW = {"kind": "latency", "call": "cancel", "request": "300 ms", "response": "2 s"}
CLOSES = {"kind": "halt", "at": "1 s", "duration": "10 s", "state": "close"}
UNTOLD = {"kind": "drop", "event": "new"}
VOIDED = {"kind": "void", "event": "fill", "after": "400 ms"}
LATE_ANSWER = {"kind": "latency", "call": "place", "response": "3 s"}


def tape_of(trades):
    """Trades at prices in ticks, and a quote of five on both sides of the first, for good."""
    px = trades[0][1]
    quotes = [(0, T0, px - 1, 9, px + 1, 9), (99, T0 + 60_000 * MS, px - 1, 9, px + 1, 9)]
    rows = [(1 + n, T0 + at * MS, level, 2, 0) for n, (at, level) in enumerate(trades)]
    return make_tape(
        QuoteRows(*(np.array(column, np.int64) for column in zip(*quotes, strict=True))),
        TradeRows(*(np.array(column, np.int64) for column in zip(*rows, strict=True))),
    )


def met(script, trades, faults, brackets=None):
    """The cells that a script meets."""
    tape = tape_of(trades)
    setup = Setup(
        instrument=MNQ,
        tape=tape,
        start_ns=T0,
        calendar=calendar("always"),
        rules=Rules(protection=24),
        latency=latency_profile("25ms"),
        fees=fee_schedule({"MNQ": "0.37"}),
        cash=Decimal(50_000),
        plan=make_plan(*faults),
        brackets=brackets,
    )
    seen = []
    world = World(setup)

    def states(scene):
        seen.append(OrderStates(scene))
        return seen[-1]

    watch(world, Bounds(), [states])

    async def trade(desk):
        with suppress(DryfillError):
            await script(desk, partial(at, desk))
        await at(desk, 30_000)
        return []

    world.run(trade)
    return set(seen[0].cells)


async def at(desk, ms):
    await asyncio.sleep((T0 + ms * MS - desk.now_ns) / 1e9)


async def one(spec, desk, at):
    """An order, taken away at 990 ms: that is there at 1315, and known at 3340."""
    order = await desk.place(spec)
    await at(990)
    await desk.cancel(order)


async def near_target(desk, at, moved=False):
    """A target that the market comes to, taken away or moved at 2990 ms."""
    bracket = await desk.bracket(Buy(3, limit=20000), stop=Ticks(400), target=Ticks(8))
    await at(2990)
    await (bracket.move_target(Ticks(7)) if moved else desk.cancel(bracket.target))


async def far_legs(desk, at, moved=True):
    """A stop moved, or a target taken away, that no market comes to."""
    bracket = await desk.bracket(Buy(2, limit=20000), stop=Ticks(400), target=Ticks(400))
    await at(2000)
    await (bracket.move_stop(Ticks(200)) if moved else desk.cancel(bracket.target))


async def placed(spec, desk, at):
    await desk.place(spec)


NATIVE = BracketRules(auto_oco=True)
BOUGHT = ((0, 80001), (900, 79999), (920, 79999))  # the target is at 80008
TAKEN_BACK = {"kind": "void", "event": "fill", "role": "target", "after": "1200 ms"}


def again(gap):
    """That the broker keeps the target for its entry is told a second time."""
    return {"kind": "duplicate", "event": "suspended", "role": "target", "gap": gap}


def untold(role):
    """What the broker keeps for an entry is told late; before, a look finds it."""
    return (
        {"kind": "late", "event": "suspended", "role": role, "delay": "2200 ms"},
        {"kind": "drop", "event": "new", "role": role},
        {"kind": "stream-down", "at": "500 ms", "duration": "200 ms"},
    )


SCRIPTS = {
    "- TRIGGERED cancel": (
        partial(one, Buy(2, stop=20010)),
        ((0, 80000), (1000, 80041)),
        (UNTOLD, SLOW),
        None,
    ),
    "- EXPIRED cancel": (partial(one, Buy(2, limit=19990)), QUIET, (UNTOLD, SLOW, CLOSES), None),
    "EXPIRED TRADE cancel": (
        partial(one, Buy(3, limit=20000)),
        ((0, 80001), (900, 79999)),
        ({"kind": "late", "event": "fill", "delay": "400 ms"}, SLOW, CLOSES),
        None,
    ),
    "EXPIRED TRIGGERED cancel": (
        partial(one, Sell(2, stop=19990, limit=20010)),
        ((0, 80000), (900, 79950)),
        ({"kind": "late", "event": "triggered", "delay": "400 ms"}, SLOW, CLOSES),
        None,
    ),
    "EXPIRED TRADE_CANCEL cancel": (
        partial(one, Buy(3, limit=20000)),
        ((0, 80001), (900, 79999)),
        (VOIDED, SLOW, CLOSES),
        None,
    ),
    "EXPIRED TRADE_CANCEL place": (
        partial(placed, Buy(3, limit=20000)),
        ((0, 80001), (900, 79999)),
        (LATE_ANSWER, VOIDED, CLOSES),
        None,
    ),
    "- TRADE_CANCEL place": (
        partial(placed, Buy(3, limit=20000)),
        ((0, 80001), (900, 79999)),
        (LATE_ANSWER, VOIDED, UNTOLD, UNTOLD | {"event": "fill"}),
        None,
    ),
    "- TRADE_CANCEL cancel": (
        partial(one, Buy(3, limit=20000)),
        ((0, 80001), (900, 79999)),
        (VOIDED, UNTOLD, UNTOLD | {"event": "fill"}, SLOW),
        None,
    ),
    "CANCELED TRADE_CANCEL place": (
        partial(placed, Buy(3, limit=20000)),
        ((0, 80001), (900, 79999)),
        (
            LATE_ANSWER,
            {"kind": "venue-cancel", "event": "fill", "after": "200 ms"},
            VOIDED,
        ),
        None,
    ),
    "PARTIALLY_FILLED SUSPENDED cancel": (
        near_target,
        (*BOUGHT, (2000, 80009)),
        (again("3 s"), SLOW),
        NATIVE,
    ),
    "PARTIALLY_FILLED SUSPENDED modify": (
        partial(near_target, moved=True),
        (*BOUGHT, (2000, 80009)),
        (again("3 s"), SLOW | {"call": "modify", "role": "target", "request": "0 s"}),
        NATIVE,
    ),
    "FILLED SUSPENDED cancel": (
        near_target,
        (*BOUGHT, (3000, 80009), (3020, 80009)),
        (again("3 s"), SLOW),
        NATIVE,
    ),
    "SUSPENDED TRADE_CANCEL cancel": (
        near_target,
        (*BOUGHT, (2000, 80009)),
        (again("3 s"), TAKEN_BACK, SLOW),
        NATIVE,
    ),
    "SUSPENDED TRADE_CANCEL modify": (
        partial(near_target, moved=True),
        (*BOUGHT, (2000, 80009)),
        (again("3 s"), TAKEN_BACK, SLOW | {"call": "modify", "role": "target", "request": "0 s"}),
        NATIVE,
    ),
    "- SUSPENDED modify": (
        far_legs,
        ((0, 80001), (300, 79999)),
        (
            *untold("stop"),
            {"kind": "drop", "event": "replaced", "role": "stop"},
            {"kind": "latency", "call": "modify", "response": "3 s"},
        ),
        NATIVE,
    ),
    "- SUSPENDED cancel": (
        partial(far_legs, moved=False),
        ((0, 80001), (300, 79999)),
        (*untold("target"), SLOW),
        NATIVE,
    ),
}


@pytest.mark.parametrize("cell", SCRIPTS)
def test_a_rare_cell_is_met(cell):
    assert cell in met(*SCRIPTS[cell])


def test_each_rare_cell_has_its_script():
    assert set(SCRIPTS) == {str(cell) for cell in RARE}
