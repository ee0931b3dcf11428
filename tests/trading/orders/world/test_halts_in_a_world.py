"""A market that the venue halts: the strategy and the manager are told, as by any feed."""

import asyncio

import pytest

from dryfill import Buy, Strategy, Ticks
from dryfill.scenarios.plan_text import make_plan
from dryfill.sim.oracles import watch
from dryfill.trading.words import TradingStatus

OPEN, HALT = TradingStatus.OPEN, TradingStatus.HALT
MARKET = """
    0 quote 80000x5 80001x5
    10 trade 80000x1
    20000 quote 80000x5 80001x5
"""
# It falls through the stop while it is halted, and stays there.
FALLS = """
    0 quote 80000x5 80001x5
    10 trade 80000x1
    3000 quote 79950x5 79951x5
    3001 trade 79950x1
    9000 trade 79950x9
    20000 quote 79950x5 79951x5
"""
HALTED = {"kind": "halt", "at": "2 s", "duration": "5 s"}


def test_the_strategy_hears_of_a_halt_and_of_its_end_after_the_feeds_latency(run):
    heard = []

    class Listens(Strategy):
        async def on_start(self):
            await self.subscribe_status()

        def on_status(self, change):
            heard.append((change.status, change.time_ns // 10**6, self.now_ns // 10**6))

    run(MARKET, Listens, plan=make_plan(HALTED))
    (halted, at_ms, told_ms), (opened, opens_ms, _) = heard
    assert (halted, opened, opens_ms - at_ms, told_ms - at_ms) == (HALT, OPEN, 5000, 25)


@pytest.fixture
def bracketed(world):
    """Hold two under a stop through a halt: incidents by kind, what `act` gave, fills as (tag, ms),
    and what the oracles found."""

    def go(market, act=None):
        this = world(market, plan=make_plan(HALTED))
        watching, kinds, gave = watch(this), [], []

        async def trade(desk):
            await desk.bracket(Buy(2), stop=Ticks(40))
            await asyncio.sleep(2.5)
            if act is not None:
                gave.append(await act(desk))
            await asyncio.sleep(12)
            kinds.extend(each.kind for each in desk.manager.view.incidents)
            return []

        this.run(trade)
        start_ns = this.setup.start_ns
        fills = [(f.cl_ord_id, (f.time_ns - start_ns) / 1e6) for f in this.desk.executions]
        return kinds, gave, fills, watching.report()

    return go


def test_that_something_is_held_in_a_halt_is_an_incident_once(bracketed):
    kinds, _, _, found = bracketed(MARKET)
    assert kinds == ["halted"]
    assert not found.violations


def test_of_a_halt_with_nothing_held_nothing_is_said(world):
    kinds = []

    async def trade(desk):
        await asyncio.sleep(4)
        kinds.extend(desk.manager.view.incidents)
        return []

    world(MARKET, plan=make_plan(HALTED)).run(trade)
    assert kinds == []


def test_a_stop_that_prices_pass_in_a_halt_is_not_taken_for_frozen(bracketed):
    """The prices go on, and nothing trades: the stop is filled when the market opens."""
    kinds, _, fills, found = bracketed(FALLS)
    assert kinds == ["halted"]
    assert [tag for tag, _ in fills] == ["1.entry#1", "1.stop#1"]
    assert not found.violations


def test_a_flatten_in_a_halt_goes_on_as_soon_as_it_is_told_that_the_market_is_open(bracketed):
    async def flatten(desk):
        result = await desk.flatten(reason="enough")
        return result.ok, result.position

    kinds, gave, fills, found = bracketed(MARKET, flatten)
    assert gave == [(True, 0)]
    assert kinds == ["halted"]
    (entry, _), (out, out_ms) = fills
    assert (entry, out[:6]) == ("1.entry#1", "2.exit")
    assert 7000 < out_ms < 7150  # the feed's latency, and a round trip each: the stop, and this
    assert not found.violations
