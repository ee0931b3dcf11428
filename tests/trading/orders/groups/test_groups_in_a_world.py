"""Groups on the simulated exchange, judged by the oracles: the races of two orders."""

import asyncio
from decimal import Decimal

import pytest

from dryfill.trading.order import Buy, Sell
from dryfill.trading.words import ContingencyType, OrdStatus

# At 1000 ms the market rises through 20010, at 1010 ms it falls through 19990: a target and a stop
# are filled before the client hears of the first. Later it is quiet.
WHIPLASH = """
    0 quote 80000x50 80001x50
    10 trade 80000x1
    1000 quote 80041x50 80042x50
    1001 trade 80041x50
    1010 trade 79959x50
    1011 quote 79958x50 79959x50
    60000 quote 79958x50 79959x50
"""
# The market rises to the target and 3 contracts trade there, one a second.
TARGET_IN_PARTS = """
    0 quote 80000x50 80001x50
    10 trade 80000x1
    1000 quote 80039x50 80040x50
    1001 trade 80040x51
    2000 trade 80040x1
    3000 trade 80040x1
    60000 quote 80039x50 80041x50
"""
RISE = """
    0 quote 80000x50 80001x50
    10 trade 80000x1
    1000 quote 80041x50 80042x50
    1001 trade 80041x50
    60000 quote 80041x50 80042x50
"""


async def hold_and_link(desk, qty=3, **how):
    """Buy, and link a target and a stop on it."""
    await asyncio.sleep(0.1)
    await desk.place(Buy(qty))
    await asyncio.sleep(0.1)
    return await desk.oco(Sell(qty, limit="20010"), Sell(qty, stop="19990"), **how)


def test_a_target_that_fills_takes_the_stop_away(judged):
    seen = []

    async def script(desk):
        group = await hold_and_link(desk)
        seen.append(str(await group.done()))
        seen.append(desk.manager.view.timers)
        await asyncio.sleep(20)

    run = judged(RISE, script, premises=())
    assert seen == ["2.leg1#1 filled(3), 2.leg2#1 canceled(0)", 0]
    assert run.record.open_position == 0
    assert run.incidents == []


def test_rs_13_both_fill_inside_the_cancels_way_and_it_is_undone_once(judged):
    seen = []

    async def script(desk):
        group = await hold_and_link(desk)
        outcome = await group.done()
        seen.append((outcome.overfilled, len(outcome.filled), outcome.ok))

    run = judged(WHIPLASH, script)
    assert seen == [(3, 2, False)]
    assert run.placed == ["1#1", "2.leg1#1", "2.leg2#1", "2.exit#1"]
    assert run.record.open_position == 0
    assert run.incidents == ["overfill"]


@pytest.mark.parametrize("way_ms", [1, 3, 6, 25, 90])
def test_rs_13_with_every_latency_the_end_is_flat(way_ms, judged):
    async def script(desk):
        await hold_and_link(desk)
        await asyncio.sleep(20)

    both = way_ms > 5  # the cancel is at the broker at 1000 + 2 ways, the stop's fill at 1010
    run = judged(WHIPLASH, script, latency=f"{way_ms}ms", premises=("INV-04",) if both else ())
    assert run.record.open_position == 0
    assert run.incidents == (["overfill"] if both else [])


def test_rs_14_a_cancel_that_fails_again_and_again_is_tried_until_it_works(judged):
    """429, 500, no answer, 429, no answer, then success: one alarm, and no storm."""
    seen = []

    async def script(desk):
        group = await hold_and_link(desk)
        seen.append((await group.done()).unresolved)
        await group.changed.until(lambda: group.finished)
        seen.append(str(group.outcome))

    run = judged(
        RISE,
        script,
        {"kind": "rate-limited", "call": "cancel", "role": "leg", "nth": 1},
        {"kind": "server-error", "call": "cancel", "role": "leg", "nth": 2},
        {"kind": "request-lost", "call": "cancel", "role": "leg", "nth": 3, "form": "timeout"},
        {"kind": "rate-limited", "call": "cancel", "role": "leg", "nth": 4},
        {"kind": "request-lost", "call": "cancel", "role": "leg", "nth": 5, "form": "timeout"},
        over_s=30.0,
        quiet_s=25.0,
        premises=("INV-24",),
    )
    assert seen == [True, "2.leg1#1 filled(3), 2.leg2#1 canceled(0)"]
    assert len(run.fired) == 5
    assert run.incidents == ["rate_limited", "oco_unresolved"]
    assert run.record.open_position == 0


def test_rs_15_a_target_in_part_and_a_stop_that_is_set_off_whole(judged):
    market = """
        0 quote 80000x50 80001x50
        10 trade 80000x1
        1000 quote 80039x50 80040x50
        1001 trade 80040x51
        1020 trade 79959x50
        1021 quote 79958x50 79959x50
        60000 quote 79958x50 79959x50
    """

    async def script(desk):
        group = await hold_and_link(desk)
        outcome = await group.done()
        assert (outcome.overfilled, desk.position.qty) == (1, 0)
        assert [m.filled for m in outcome.members] == [1, 3]

    run = judged(market, script)
    assert run.record.open_position == 0
    assert run.incidents == ["overfill"]


def test_a_target_filled_in_parts_shrinks_the_stop_each_time(judged):
    seen = []

    async def script(desk):
        group = await hold_and_link(desk)
        for _ in range(3):
            await asyncio.sleep(1)
            stop = group.members[1]
            seen.append((desk.position.qty, stop.leaves_qty))
        await group.done()

    run = judged(TARGET_IN_PARTS, script, premises=())
    assert seen == [(2, 2), (1, 1), (0, 0)]
    assert run.incidents == []


def test_rs_16_the_stops_answer_comes_after_the_targets_fill(judged):
    """The stop's request takes 900 ms: the target is filled before the stop is at the broker."""
    seen = []

    async def script(desk):
        await asyncio.sleep(0.1)
        await desk.place(Buy(3))
        await asyncio.sleep(0.4)
        group = desk.manager.oco(desk.instrument, [Sell(3, limit="20010"), Sell(3, stop="19990")])
        seen.append(str(await group.done()))

    run = judged(
        RISE,
        script,
        {"kind": "latency", "call": "place", "role": "leg", "nth": 2, "request": "900ms"},
        premises=(),
    )
    assert seen == ["2.leg1#1 filled(3), 2.leg2#1 canceled(0)"]
    assert run.record.open_position == 0


def test_rs_17_the_venues_cancel_comes_first_and_nothing_is_sent_in_its_place(judged):
    async def script(desk):
        group = await hold_and_link(desk)
        await group.done()
        await asyncio.sleep(5)

    run = judged(
        RISE, script, {"kind": "venue-cancel", "at": "900ms", "target": "2.leg2"}, premises=()
    )
    assert run.placed == ["1#1", "2.leg1#1", "2.leg2#1"]
    assert run.incidents == ["group_member_canceled"]
    assert run.record.open_position == 0


def test_rs_18_a_fill_that_is_told_a_second_late_counts_once(judged):
    """The refused cancel is looked into and finds the fill; its report comes when all is over."""

    async def script(desk):
        group = await hold_and_link(desk)
        outcome = await group.done()
        assert (outcome.overfilled, desk.position.qty) == (3, 0)
        await asyncio.sleep(5)
        assert group.outcome == outcome

    late = {"kind": "late", "event": "fill", "role": "leg", "nth": 2, "delay": "900ms"}
    run = judged(WHIPLASH, script, late)
    assert run.placed == ["1#1", "2.leg1#1", "2.leg2#1", "2.exit#1"]
    assert run.incidents == ["overfill"]
    assert run.record.open_position == 0


def test_a_straddle_that_is_filled_on_both_sides_keeps_the_first(judged):
    seen = []

    async def script(desk):
        await asyncio.sleep(0.1)
        group = await desk.oco(Buy(2, stop="20010"), Sell(2, stop="19990"))
        seen.append((await group.done()).overfilled)
        seen.append(desk.position.qty)

    run = judged(WHIPLASH, script)
    assert seen == [2, 2]
    assert run.incidents == ["overfill"]


def test_an_entry_sends_its_protection_out_as_it_fills(judged):
    """OTO: a limit filled in parts, protected part by part, closed by its target."""
    market = """
        0 quote 80000x5 80001x5
        10 trade 80000x1
        1000 trade 79999x1
        1001 quote 79990x5 79996x1
        2000 quote 79990x5 79996x3
        3000 quote 79990x5 80001x5
        4000 quote 80040x5 80041x5
        4001 trade 80041x5
        5000 quote 80040x5 80041x5
        40000 quote 80040x5 80041x5
    """
    seen = []

    async def script(desk):
        await asyncio.sleep(0.5)
        group = await desk.oto(
            Buy(3, limit="19999"), then=[Sell(3, limit="20009"), Sell(3, stop="19985")]
        )
        for _ in range(3):
            await asyncio.sleep(0.9)
            stop = group.members[1]
            seen.append((group.position, stop and stop.leaves_qty, group.bare))
        seen.append(str(await group.done()))

    run = judged(market, script, premises=())
    assert seen == [
        (1, 1, False),
        (3, 3, False),
        (3, 3, False),
        "1.first#1 filled(3), 1.leg1#1 filled(3), 1.leg2#1 canceled(0)",
    ]
    assert run.record.open_position == 0


def test_orders_that_work_alone_are_linked_and_one_goes_as_the_other_fills(judged):
    seen = []

    async def script(desk):
        await asyncio.sleep(0.1)
        await desk.place(Buy(1))
        stop = await desk.place(Sell(1, stop="19990"))
        target = desk.manager.place(desk.instrument, Sell(1, limit="20010"))  # not answered yet
        group = desk.link(stop, target, contingency=ContingencyType.OCO)
        await group.done()
        seen.extend([stop.status, target.status])

    run = judged(RISE, script, premises=())
    assert seen == [OrdStatus.CANCELED, OrdStatus.FILLED]
    assert run.record.open_position == 0


def test_prices_that_the_desk_was_told_are_what_a_group_is_checked_against(judged):
    async def script(desk):
        await desk.subscribe_quotes()
        await asyncio.sleep(0.5)
        assert desk.quote.bid == Decimal(20_000)
        with pytest.raises(Exception, match="sell 1 limit 20000 would execute at once"):
            await desk.oco(Sell(1, limit="20000"), Sell(1, stop="19990"))

    judged(RISE, script, premises=())
