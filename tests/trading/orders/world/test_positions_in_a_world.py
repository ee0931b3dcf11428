"""Guards, closes, cancel-all and the kill switch in a whole world, judged by the oracles."""

import asyncio
from contextlib import suppress
from decimal import Decimal
from random import Random

import pytest

from dryfill.sim.oracles import watch
from dryfill.trading.errors import RefusedByUs, UsageError
from dryfill.trading.order import Buy, Sell
from dryfill.trading.price import Ticks

QUIET = "\n".join(
    f"{n * 100} quote 80000x50 80001x50\n{n * 100 + 10} trade 80000x1" for n in range(100)
)
FALLS = """
    0 quote 80000x50 80001x50
    10 trade 80000x1
    2000 quote 79990x50 79991x50
    2010 trade 79990x20
    2020 quote 79950x50 79951x50
    2030 trade 79950x20
    9000 quote 79950x50 79951x50
"""


@pytest.fixture
def judged(world):
    """Run a script on a market under every oracle; what they found, and the record."""

    def go(market, script, *, seed=0):
        async def trade(desk):
            await script(desk)
            return []

        one = world(market, seed=seed)
        watching = watch(one)
        record = one.run(trade)
        watching.check()
        return watching.report(), record

    return go


def test_guards_and_closes_among_brackets_and_plain_orders_break_no_rule(judged, restless):
    def trader_of(seed):
        # One side a run: what a plain order closes of a bracket is another test's.
        rng, side = Random(seed), (Buy, Sell)[seed % 2]

        async def trader(desk):
            await desk.subscribe_trades()
            await asyncio.sleep(0.5)
            for _ in range(60):
                await asyncio.sleep(rng.choice([0.01, 0.03, 0.2, 0.6, 2.5]))
                # Nothing held, or levels that cross the market, and the like.
                with suppress(RefusedByUs, UsageError):
                    await act(desk, rng, side)
            await desk.flatten_all(reason="the end")

        return trader

    async def act(desk, rng, side):
        what = rng.randrange(8)
        if what < 2:
            desk.manager.place(desk.instrument, side(rng.randint(1, 3)))
        elif what == 2:
            levels = {"stop": Ticks(rng.randint(4, 12)), "target": Ticks(rng.randint(4, 12))}
            desk.manager.bracket(desk.instrument, side(rng.randint(1, 3)), **levels)
        elif what < 5:
            await desk.protect(stop=Ticks(rng.randint(6, 16)), target=Ticks(rng.randint(4, 10)))
        elif what == 5:
            desk.close_position(1)
        elif what == 6:
            desk.close_position()
        else:
            desk.close_position(limit=desk.last_trade.price)

    premises = {}
    for seed in range(12):
        findings, record = judged(restless(1500, seed), trader_of(seed), seed=seed)
        for name, count in findings.premises.items():
            premises[name] = premises.get(name, 0) + count
        assert record.open_position == 0
    assert premises["INV-02"] > 100
    assert premises["INV-03"] > 10


def test_a_position_is_guarded_grown_shrunk_and_stopped_out(judged):
    seen = []

    async def script(desk):
        await asyncio.sleep(0.2)
        await desk.place(Buy(2))
        await asyncio.sleep(0.2)
        guard = await desk.protect(stop="19998", target="20020")
        seen.append(str(await guard.protected()))
        await desk.place(Buy(1))
        await asyncio.sleep(0.2)
        seen.append((guard.stop.leaves_qty, guard.target.leaves_qty))
        seen.append(str(await desk.close_position(1).done()))
        await asyncio.sleep(0.2)
        seen.append((guard.stop.leaves_qty, guard.target.leaves_qty))
        await guard.ended()
        seen.append((desk.position.qty, desk.working_orders))

    findings, record = judged(FALLS, script)
    assert seen == ["protected(2)", (3, 3), "closed(1 of 1)", (2, 2), (0, [])]
    assert findings.premises["INV-03"] > 0
    assert not record.incidents


@pytest.mark.parametrize("millis", range(0, 85, 5))
def test_rs_32_a_close_while_the_stop_is_triggered_never_turns_the_position(judged, millis):
    async def script(desk):
        await asyncio.sleep(0.2)
        await desk.place(Buy(2))
        await asyncio.sleep(0.2)
        await desk.protect(stop="19998", target="20020")
        await asyncio.sleep(1.45 + millis / 1000)  # the stop is set off at 2.01 s
        result = await desk.close_position().done()
        assert result.ok
        assert desk.position.qty == 0

    _, record = judged(FALLS, script)
    assert record.open_position == 0
    assert record.fill_count <= 3


def test_levels_are_checked_against_the_market_that_was_told(judged):
    async def script(desk):
        await desk.subscribe_quotes()
        await asyncio.sleep(0.2)
        await desk.place(Buy(1))
        await asyncio.sleep(0.2)
        for levels, words in (
            ({"stop": "20000"}, r"stop 20000.* market 20000.*must be stop < market"),
            ({"target": "20000"}, "must be market < target"),
            ({"stop": "20010", "target": "20005"}, "must be stop < market < target"),
            ({"stop": 19990}, "write Ticks"),
            ({}, "give a stop, a target or both"),
        ):
            with pytest.raises(UsageError, match=words):
                await desk.protect(**levels)
        assert not desk.working_orders
        await desk.protect(stop="19999.75", target="20000.25")

    judged(QUIET, script)


def test_the_kill_switch_flattens_and_refuses_in_a_world_without_a_gate(judged):
    async def script(desk):
        await asyncio.sleep(0.2)
        await desk.bracket(Buy(2), stop=Ticks(40))
        await desk.place(Sell(1, limit="20020"))
        await asyncio.sleep(0.2)
        results = await desk.kill("enough").finished()
        assert results["MNQ"].ok
        with pytest.raises(RefusedByUs, match="kill switch: enough"):
            await desk.place(Buy(1))
        desk.release()
        order = await desk.place(Buy(1, limit="19900"))
        cancelled = await desk.cancel_all()
        assert str(cancelled.results[order]) == "cancelled(0)"
        assert cancelled.ok

    _, record = judged(QUIET, script)
    assert record.open_position == 0


def test_the_mean_price_is_what_distances_count_from(judged):
    seen = []

    async def script(desk):
        await asyncio.sleep(0.2)
        await desk.place(Buy(1))
        await asyncio.sleep(0.2)
        guard = await desk.protect(stop=Ticks(40), target=Ticks(40))
        seen.append((guard.stop.core.stop_px, guard.target.core.price))

    judged(QUIET, script)
    assert seen == [(Decimal("19990.25"), Decimal("20010.25"))]
