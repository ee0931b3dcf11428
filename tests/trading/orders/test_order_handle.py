"""An order as its owner holds it: reports to iterate over, waits, and asking for any order."""

import asyncio

import pytest

from dryfill.sim.loop.run import run_virtual
from dryfill.trading.errors import OutcomeUnknown, RunEnded
from dryfill.trading.order import OrderState
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.orders.told import ReportsMissed

RESTS = """
    do place buy 3 limit 20000
    > place 1#1 buy 3 limit 20000
    < new 1#1
    < ack 1#1
"""

LOST = "wait 0.9\n= got place 1#1 -> OutcomeUnknown\n"
MARKET = "do place buy 1\n> place 1#1 buy 1 market\n"


@pytest.fixture
def on_stage(stage_kind):
    def run(go, *args, **options):
        async def main():
            return await go(stage_kind(*args, **options))

        return run_virtual(main(), origin_ns=0)

    return run


async def reports_of(order):
    found = []
    async for report in order:
        missed = isinstance(report, ReportsMissed)
        found.append(f"missed {report.count}" if missed else report.exec_type.name)
    return found


def test_every_report_of_an_order_from_the_first_then_live_to_its_end(on_stage):
    async def go(stage):
        await stage.play(RESTS)
        order = stage.orders["1#1"]
        early = asyncio.ensure_future(reports_of(order))
        await stage.play("< fill 1#1 1 @ 20000\n< again")
        middle = asyncio.ensure_future(reports_of(order))
        await stage.play("< fill 1#1 2 @ 20000")
        return await early, await middle, await reports_of(order), [f.qty for f in order.fills]

    told = ["NEW", "TRADE", "TRADE"]
    assert on_stage(go) == (told, told, told, [1, 2])


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (
            RESTS + "do cancel 1#1\n> cancel 1#1\n< canceled 1#1\n< ack 1#1",
            ["NEW", "CANCELED"],
        ),
        (MARKET + "< refuse 1#1 NONE\n= got place 1#1 -> Refused", []),
        (MARKET + "< unsent 1#1\n= got place 1#1 -> NotSent", []),
        # A look says that it is filled before the stream tells the fill.
        (
            MARKET
            + "x fill 1#1 1 @ 20000\n< lost 1#1\n> look 1#1\n"
            + LOST
            + "< found 1#1\n< told",
            ["TRADE"],
        ),
    ],
)
def test_the_reports_end_with_the_order_however_it_ends(script, told, on_stage):
    async def go(stage):
        reading = []

        def place(*words):
            order = whole(*words)
            reading.append(asyncio.ensure_future(reports_of(order)))
            return order

        whole, stage.manager.place = stage.manager.place, place
        await stage.play(script)
        return await reading[0]

    assert on_stage(go) == told


def test_reports_are_bounded_for_an_order_and_for_orders_that_are_over(on_stage):
    async def go(stage):
        await stage.play(RESTS + "< fill 1#1 1 @ 20000\n< fill 1#1 1 @ 20000\n< fill 1#1 1 @ 20000")
        first = await reports_of(stage.orders["1#1"])
        for n in (2, 3, 4):
            await stage.play(
                f"do place buy 1\n> place {n}#1 buy 1 market\n< fill {n}#1 1 @ 20000\n< ack {n}#1"
            )
        return first, [await reports_of(stage.orders[f"{n}#1"]) for n in (1, 2, 3, 4)]

    first, later = on_stage(go, OrderSettings(reports_most=2))
    assert first == ["missed 2", "TRADE", "TRADE"]
    assert later == [["missed 4"], ["missed 1"], ["TRADE"], ["TRADE"]]


def test_who_waits_for_an_order_when_the_manager_closes_is_told_so(on_stage):
    async def go(stage):
        await stage.play(RESTS)
        order = stage.orders["1#1"]
        waits = [asyncio.ensure_future(each) for each in (order.done(), reports_of(order))]
        await asyncio.sleep(0)
        stage.manager.close()
        for wait in waits:
            with pytest.raises(RunEnded, match="closed while this was waited for"):
                await wait
        with pytest.raises(RunEnded):
            await order.done()
        assert order.changed.waited_for == 0
        assert (await order.accepted()) is order  # what is true already needs no wait

    on_stage(go)


def test_an_order_is_found_by_its_tag_and_by_the_brokers_id(on_stage):
    async def go(stage):
        await stage.play(RESTS)
        view, order = stage.manager.view, stage.orders["1#1"]
        assert view.order("1#1") is order
        assert view.order("100") is order
        assert view.order("2#1") is None
        assert (await stage.manager.look_up("100", order.instrument)) is order
        await stage.play("< canceled 1#1")
        assert view.order("1#1") is order  # over, and still known

    on_stage(go)


FOREIGN = """
    do place buy 1 limit 19000
    > place 1#1 buy 1 limit 19000
    < new 1#1
    < ack 1#1
    < canceled 1#1
    do place buy 1 limit 19000
    > place 2#1 buy 1 limit 19000
    < new 2#1
    < ack 2#1
    < canceled 2#1
"""


async def ask(stage, mnq, key):
    asked = asyncio.ensure_future(stage.manager.look_up(key, mnq))
    await asyncio.sleep(0)
    return asked


@pytest.mark.parametrize("key", ["1#1", "bot-7"])
def test_an_order_not_known_here_is_asked_for_and_the_answer_is_the_brokers(key, on_stage, mnq):
    async def go(stage):
        await stage.play(FOREIGN)  # the first one is forgotten: one finished order is kept
        asked = await ask(stage, mnq, key)
        if key == "1#1":
            await stage.play("> look 1#1\n< found 1#1")
            found = await asked
            assert isinstance(found, OrderState)
            assert found.order_id == "100"
        else:
            await stage.play("> look bot-7\n< none bot-7\n> look bot-7\n< none bot-7")
            assert await asked is None

    on_stage(go, OrderSettings(finished_most=1))


@pytest.mark.parametrize("answer", ["lost bot-7", "unsent bot-7", "refuse bot-7 NONE"])
def test_no_answer_is_never_a_no(answer, on_stage, mnq):
    async def go(stage):
        asked = await ask(stage, mnq, "bot-7")
        await stage.play(f"> look bot-7\n< {answer}")
        with pytest.raises(OutcomeUnknown, match="an order 'bot-7' in MNQ; it may work"):
            await asked

    on_stage(go)


def test_an_order_whose_fate_is_looked_up_already_is_waited_for(on_stage, mnq):
    async def go(stage):
        await stage.play(
            "do place buy 1\n> place 1#1 buy 1 market\nx new 1#1\n< lost 1#1\n> look 1#1\n" + LOST
        )
        asked = await ask(stage, mnq, "1#1")
        assert not asked.done()
        await stage.play("< found 1#1")
        assert await asked is stage.orders["1#1"]

    on_stage(go)
