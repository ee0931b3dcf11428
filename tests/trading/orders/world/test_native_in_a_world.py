"""Brackets that the simulated broker keeps, in whole worlds, judged by oracles over its truth."""

import asyncio
from decimal import Decimal

import pytest

from dryfill.matching.rules import Rules
from dryfill.scenarios.plan_text import plan_from_toml
from dryfill.sim.backtest import World
from dryfill.sim.desk.bracket_rules import BracketRules
from dryfill.sim.desk.fees import fee_schedule
from dryfill.sim.oracles.bounds import Bounds
from dryfill.sim.oracles.watch import watch
from dryfill.sim.setup import Setup
from dryfill.sim.wire.latency import latency_profile
from dryfill.trading.calendar import calendar
from dryfill.trading.desk import Desk
from dryfill.trading.errors import DryfillError
from dryfill.trading.order import Buy, Sell
from dryfill.trading.price import Ticks

STEPS = 1_600  # of 50 ms
TRADES_S = 60


@pytest.fixture
def world(mnq, tape_of, restless):
    """A world on a restless market; `brackets` are the account's rules for its own, None: none."""

    def make(brackets, *, seed=3, latency="25ms", plan=None):
        tape = tape_of(restless(STEPS, seed))
        return World(
            Setup(
                instrument=mnq,
                tape=tape,
                start_ns=tape.start_ns,
                calendar=calendar("always"),
                rules=Rules(protection=24),
                latency=latency_profile(latency),
                fees=fee_schedule(None),
                cash=Decimal(50_000),
                seed=seed,
                plan=None if plan is None else plan_from_toml(plan, "plan"),
                brackets=brackets,
            )
        )

    return make


async def trade_on(desk, flatten=Desk.flatten):
    """Bracket after bracket, both sides, one to three contracts, at market and at limits; now and
    then a stop is moved, a target taken away, everything flattened."""
    await desk.subscribe_quotes()
    began_s, n = asyncio.get_running_loop().time(), 0
    while asyncio.get_running_loop().time() - began_s < TRADES_S:
        n += 1
        kind, qty = (Buy, Sell)[n % 2], 1 + n % 3
        at = None
        if n % 3 == 0 and desk.quote is not None:
            at = desk.quote.bid if kind is Buy else desk.quote.ask
        try:
            bracket = await desk.bracket(
                kind(qty, limit=at), stop=Ticks(6), target=Ticks(5) if n % 4 else None
            )
            await asyncio.sleep(1.0)
            if n % 5 == 0 and bracket.position:
                await bracket.move_stop(Ticks(5))
            if n % 7 == 0:
                await flatten(desk)
        except DryfillError:
            await asyncio.sleep(0.5)
            continue
        try:
            async with asyncio.timeout(5.0):
                await bracket.closed()
        except TimeoutError:
            await flatten(desk)
        await asyncio.sleep(0.7)
    await flatten(desk)
    await desk.bracket(Buy(2), stop=Ticks(200), target=Ticks(200))
    await asyncio.sleep(14)  # all is quiet, and something is held
    await flatten(desk)
    return []


def judge(world, brackets_least, **bounds):
    """Run it under all oracles; those that matter here must have had something to judge."""
    watching = watch(world, Bounds(**bounds))
    world.run(lambda desk: trade_on(desk, watching.flatten))
    watching.check()
    found = watching.report()
    for name in ("INV-06", "INV-07", "INV-22"):
        assert found.premises[name], f"{name} had nothing to judge"
    children = [r for r in world.desk.orders.values() if r.parent is not None]
    assert len({r.parent.number for r in children}) >= brackets_least


@pytest.mark.parametrize("seed", [3, 8])
@pytest.mark.exact_times("the fills of two runs are compared with their times")
def test_with_no_latency_both_kinds_of_brackets_get_equal_fills(world, seed):
    """They do the same; only who sends the legs differs."""

    def fills(brackets):
        made = world(brackets, seed=seed, latency="zero")
        made.run(trade_on)
        return [(f.time_ns, f.side, f.qty, f.px) for f in made.desk.executions]

    native, ours = fills(BracketRules()), fills(None)
    assert native == ours
    assert len(native) > 20


def test_nothing_is_ever_bare_where_the_broker_keeps_the_legs(world):
    """The client's legs are a round trip late; the broker's are there with the fill."""

    async def leave(desk):
        """Nothing is flattened: between its cancels and its close a position is bare."""

    def spans(brackets):
        record = world(brackets).run(lambda desk: trade_on(desk, leave))
        return record.unprotected.meant.spans

    assert spans(BracketRules()) == []
    assert len(spans(None)) > 10


RULES = {
    "children that wait until the entry is complete": BracketRules(opens="complete"),
    "children that do not shrink with each other": BracketRules(shrinks=False),
    "a close that takes the children away": BracketRules(close_cancels=True),
}


@pytest.mark.parametrize("name", RULES)
def test_whatever_the_brokers_rules_are_the_invariants_hold(world, name):
    judge(world(RULES[name]), 10)


PLANS = {
    "no suspended child is told, nor that it works": """
        [[fault]]
        kind = "drop"
        event = "suspended"
        times = "all"
        [[fault]]
        kind = "drop"
        event = "new"
        role = "stop"
        times = "all"
        [[fault]]
        kind = "drop"
        event = "new"
        role = "target"
        times = "all"
    """,
    "every third event is lost": """
        [[fault]]
        kind = "drop"
        event = "any"
        every = 3
        times = "all"
    """,
    "the sibling's cancel is told before the fill (RS-17)": """
        [[fault]]
        kind = "late"
        event = "fill"
        role = "target"
        times = "all"
        delay = "150 ms"
    """,
    "the entry's answer is lost": """
        [[fault]]
        kind = "ack-lost"
        call = "place"
        role = "entry"
        every = 2
        times = "all"
        form = "reset"
    """,
    "the venue takes stops away": """
        [[fault]]
        kind = "venue-cancel"
        event = "new"
        role = "stop"
        every = 2
        times = "all"
    """,
}


@pytest.mark.parametrize("name", PLANS)
def test_what_is_not_told_or_taken_away_is_found_and_mended(world, name):
    made = world(BracketRules(), plan=PLANS[name])
    judge(made, 5, quiet_s=11.0)
    assert made.faults_fired


def test_an_account_without_auto_oco_gets_the_managers_legs(world):
    made = world(BracketRules(auto_oco=False))
    made.run(trade_on)
    assert not any(r.parent for r in made.desk.orders.values())
    assert any(str(r.tag).partition("#")[0].endswith(".stop") for r in made.desk.orders.values())


CLOSED_BY_HAND = """
    [[fault]]
    kind = "trader"
    at = "5 s"
    act = "close"
"""


def test_closing_by_hand_leaves_no_child_behind(world):
    """The broker leaves them working, and the market would reach them (RS-61)."""
    made = world(BracketRules(), plan=CLOSED_BY_HAND)
    watching = watch(made, Bounds())

    async def hold(desk):
        bracket = await desk.bracket(Buy(1), stop=Ticks(200), target=Ticks(200))
        await asyncio.sleep(20)
        assert [bracket.stop.working, bracket.target.working] == [False, False]
        return []

    made.run(hold)
    watching.check()
    assert watching.report().premises["INV-03"]
