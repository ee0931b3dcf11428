"""`manager.events()`: typed, in order for each order, for many readers, bounded, replayable."""

import asyncio
from decimal import Decimal

import msgspec
import pytest

from dryfill.trading.errors import UsageError
from dryfill.trading.orders.events import Accepted, Filled, Missed, OrderEvent, Partial
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.words import OrdType, Side

RESTS = """
    do place buy 3 limit 20000
    > place 1#1 buy 3 limit 20000
    < new 1#1
    < ack 1#1
"""
CASES = {
    "fills are told as they happen, while the status number stays what it was": (
        RESTS
        + "< fill 1#1 1 @ 20000\n< fill 1#1 1 @ 19999\n< again\n< fill 1#1 1 @ 19998\n= working",
        "accepted 1#1 0/3, partial 1#1 1/3 (1 @ 20000), partial 1#1 2/3 (1 @ 19999), "
        "filled 1#1 3/3 (1 @ 19998)",
    ),
    "a cancel that the caller asked for is told to all": (
        RESTS + "< fill 1#1 1 @ 20000\ndo cancel 1#1\n> cancel 1#1\n< ack 1#1\n< canceled 1#1",
        "accepted 1#1 0/3, partial 1#1 1/3 (1 @ 20000), cancelled 1#1 1/3 asked",
    ),
    "the report of a cancel may come before its answer": (
        RESTS + "do cancel 1#1\n> cancel 1#1\n< canceled 1#1\n< ack 1#1",
        "accepted 1#1 0/3, cancelled 1#1 0/3 asked",
    ),
    "a cancel that the venue decided on is told apart": (
        RESTS + "< canceled 1#1",
        "accepted 1#1 0/3, cancelled 1#1 0/3 unasked",
    ),
    "an order whose time is over": (RESTS + "< expired 1#1", "accepted 1#1 0/3, expired 1#1 0/3"),
    "the answer alone accepts": (
        "do place buy 1\n> place 1#1 buy 1 market\n< ack 1#1\n< new 1#1",
        "accepted 1#1 0/1",
    ),
    "a fill that overtakes the answer comes after accepted all the same": (
        "do place buy 1\n> place 1#1 buy 1 market\n< fill 1#1 1 @ 20000\n< ack 1#1",
        "accepted 1#1 1/1, filled 1#1 1/1 (1 @ 20000)",
    ),
    "an order that is refused has one end, by its answer or its report": (
        "do place buy 1\n> place 1#1 buy 1 market\n< refuse 1#1 INSUFFICIENT_FUNDS\n"
        "< rejected 1#1 INSUFFICIENT_FUNDS",
        "rejected 1#1 0/1 INSUFFICIENT_FUNDS",
    ),
    "an order that is refused after it was taken": (
        RESTS + "< rejected 1#1 INSUFFICIENT_FUNDS",
        "accepted 1#1 0/3, rejected 1#1 0/3 INSUFFICIENT_FUNDS",
    ),
    "an order that never reached the broker": (
        "do place buy 1\n> place 1#1 buy 1 market\n< unsent 1#1",
        "rejected 1#1 0/1 NONE",
    ),
    "a change of ours, by its answer": (
        RESTS + "do modify 1#1 limit 20001\n> modify 1#1 price 20001\n< ack 1#1\n"
        "< replaced 1#1 price 20001",
        "accepted 1#1 0/3, modified 1#1 0/3 asked",
    ),
    "a change of ours, by its report": (
        RESTS + "do modify 1#1 qty 2\n> modify 1#1 order_qty 2\n< replaced 1#1 order_qty 2\n"
        "< ack 1#1",
        "accepted 1#1 0/3, modified 1#1 0/2 asked",
    ),
    "a change of the venue's": (
        RESTS + "< replaced 1#1 order_qty 2",
        "accepted 1#1 0/3, incident changed_elsewhere 1#1, modified 1#1 0/2 unasked",
    ),
    "a fill after the end corrects and does not end again": (
        RESTS + "do cancel 1#1\n> cancel 1#1\n< canceled 1#1\n< ack 1#1\n< fill 1#1 1 @ 20000",
        "accepted 1#1 0/3, cancelled 1#1 0/3 asked, corrected 1#1 1/3 (1 @ 20000)",
    ),
    "an incident": (
        "< stream down\n",
        "incident stream_down ",
    ),
    "the orders of a bracket, each in its own order": (
        "do bracket buy 1 loss 40t\n> place 1.entry#1 buy 1 market\n< new 1.entry#1\n"
        "< fill 1.entry#1 1 @ 20000\n> place 1.stop#1 sell 1 stop 19990\n< ack 1.entry#1\n"
        "< new 1.stop#1\n< ack 1.stop#1\n< fill 1.stop#1 1 @ 19989",
        "accepted 1.entry#1 0/1, filled 1.entry#1 1/1 (1 @ 20000), accepted 1.stop#1 0/1, "
        "filled 1.stop#1 1/1 (1 @ 19989)",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_happens_to_orders_is_told_once_and_in_order(case, follow):
    script, expected = CASES[case]
    lines, _ = follow(script)
    assert lines == [each for each in expected.split(", ") if each]


def test_children_that_the_broker_made_are_told_of_like_orders_of_ours(follow, native):
    """Their fills were corrections of nothing, and nobody heard that they worked or ended."""
    script = """
        do bracket buy 2 limit 20000 loss 40t target 80t
        > place 1.entry#1 buy 2 limit 20000 attached -40 80
        < new 1.entry#1
        < ack 1.entry#1
        < child 1.stop#1 sell 2 stop
        < child 1.target#1 sell 2 limit
        < fill 1.entry#1 2 @ 20000
        < new 1.stop#1 order_qty 2 stop_px 19990
        < new 1.target#1 order_qty 2 price 20020
        < fill 1.target#1 1 @ 20020
        < replaced 1.stop#1 order_qty 1
        < fill 1.target#1 1 @ 20020
        < canceled 1.stop#1
    """
    lines, _ = follow(script, offers=native)
    assert [each for each in lines if ".entry" not in each] == [
        "accepted 1.stop#1 0/2",
        "accepted 1.target#1 0/2",
        "modified 1.stop#1 0/2 asked",
        "modified 1.target#1 0/2 asked",
        "partial 1.target#1 1/2 (1 @ 20020)",
        "modified 1.stop#1 0/1 asked",
        "filled 1.target#1 2/2 (1 @ 20020)",
        "cancelled 1.stop#1 0/1 unasked",
    ]


def test_a_cancel_before_an_order_was_sent_is_told_too(follow):
    script = """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        < unsent 1#1
        do cancel 1#1
        = working
        = got cancel 1#1 -> cancelled(0)
    """
    lines, _ = follow(script, OrderSettings(entry_tries=2))
    assert lines == ["cancelled 1#2 0/1 asked"]


def test_an_order_that_look_ups_prove_to_be_nowhere_is_told_as_rejected(follow):
    script = """
        do place buy 1
        > place 1#1 buy 1 market
        < lost 1#1
        > look 1#1
        < none 1#1
        wait 0.25
        > look 1#1
        < none 1#1
    """
    lines, _ = follow(script, OrderSettings(visible_s=0.2, misses=1))
    assert lines == ["rejected 1#1 0/1 NONE"]


def test_the_end_of_an_order_waits_for_the_fills_that_belong_before_it(follow, lossy):
    script = """
        do place buy 2 limit 20000
        > place 1#1 buy 2 limit 20000
        < new 1#1
        < ack 1#1
        x fill 1#1 1 @ 20000
        x drop
        x canceled 1#1
        x drop
        do cancel 1#1
        > cancel 1#1
        < refuse 1#1 TOO_LATE
        > look 1#1
        < found 1#1
        > ask fills
        > ask open
        < shown
    """
    lines, _ = follow(script, offers=lossy)
    assert lines[:2] == ["accepted 1#1 0/2", "partial 1#1 1/2 (1 @ 20000)"]
    assert lines[2:] == ["cancelled 1#1 1/2 asked"]


def test_an_end_whose_fills_are_never_told_is_told_when_the_manager_closes(follow):
    script = """
        do place buy 2 limit 20000
        > place 1#1 buy 2 limit 20000
        x fill 1#1 2 @ 20000
        x drop
        < lost 1#1
        > look 1#1
        < found 1#1
    """
    lines, _ = follow(script)
    assert lines == ["accepted 1#1 2/2", "filled 1#1 2/2"]


def test_events_are_typed_exact_and_numbered_without_holes(on_stage):
    async def go(stage):
        reader = stage.manager.events()
        await stage.play(RESTS + "< fill 1#1 1 @ 20000.25\n< fill 1#1 2 @ 20000")
        stage.manager.close()
        return [event async for event in reader]

    accepted, partial, filled = on_stage(go)
    assert [e.n for e in (accepted, partial, filled)] == [1, 2, 3]
    assert isinstance(accepted, Accepted)
    assert isinstance(partial, Partial)
    assert isinstance(filled, Filled)
    order = filled.order
    assert (order.intent, order.tag, order.order_id, order.instrument) == ("1", "1#1", "100", "MNQ")
    assert (order.side, order.ord_type) == (Side.BUY, OrdType.LIMIT)
    assert (order.price, order.stop_px, order.leaves_qty) == (Decimal(20000), None, 0)
    assert partial.fill.px == Decimal("20000.25")
    assert filled.order.avg_px == Decimal(60000) / 3 + Decimal("0.25") / 3
    for event in (accepted, partial, filled):  # what a journal keeps is what was told
        kept = msgspec.msgpack.encode(event)
        assert msgspec.msgpack.decode(kept, type=OrderEvent) == event
    with pytest.raises(AttributeError):
        accepted.n = 7


def test_each_reader_gets_all_at_its_own_pace(on_stage, line):
    async def go(stage):
        early = stage.manager.events()
        await stage.play(RESTS)
        late = stage.manager.events()
        assert stage.manager.stream.readers == 2
        first = line(await anext(early))
        await stage.play("< fill 1#1 3 @ 20000")
        stage.manager.close()
        return first, [line(e) async for e in early], [line(e) async for e in late]

    filled = ["filled 1#1 3/3 (3 @ 20000)"]
    assert on_stage(go) == ("accepted 1#1 0/3", filled, filled)


def test_a_reader_that_begins_late_hears_only_what_is_new_of_an_order(on_stage, line):
    async def go(stage):
        await stage.play(RESTS + "< fill 1#1 1 @ 20000")
        reader = stage.manager.events()
        await stage.play("< fill 1#1 1 @ 20000\n< canceled 1#1")
        stage.manager.close()
        return [line(e) async for e in reader]

    assert on_stage(go) == ["partial 1#1 2/3 (1 @ 20000)", "cancelled 1#1 2/3 unasked"]


@pytest.mark.parametrize(("most", "expected"), [(2, "missed 1 to 3"), (5, "accepted 1#1 0/3")])
def test_a_reader_that_is_too_slow_is_told_what_it_missed(most, expected, on_stage, line):
    async def go(stage):
        reader, quick = stage.manager.events(), []

        async def read():
            async for event in stage.manager.events():
                quick.append(line(event))

        reading = asyncio.ensure_future(read())
        await asyncio.sleep(0)
        await stage.play(RESTS + "do modify 1#1 limit 20001\n> modify 1#1 price 20001\n< ack 1#1\n")
        for _ in range(3):
            await stage.play("< fill 1#1 1 @ 20000")
        stage.manager.close()
        await reading
        assert len(quick) == 5
        slow = [line(event) async for event in reader]
        assert slow[1:] == quick[-len(slow) + 1 :]
        return slow[0]

    assert on_stage(go, OrderSettings(unread_most=most)) == expected


def test_a_reader_that_nobody_holds_is_forgotten_and_a_closed_one_ends(on_stage):
    async def go(stage):
        stage.manager.events()
        assert stage.manager.stream.readers == 0
        reader = stage.manager.events()
        await stage.play(RESTS)
        reader.close()
        assert [event async for event in reader] == []
        stage.manager.close()
        assert [event async for event in stage.manager.events()] == []

    on_stage(go)


def test_readers_that_nobody_holds_do_not_pile_up(on_stage):
    async def go(stage):
        held = stage.manager.events()
        for _ in range(50):
            stage.manager.events()
        await stage.play(RESTS)
        assert (stage.manager.stream.readers, len(stage.manager.stream._readers)) == (1, 1)
        held.close()

    on_stage(go)


def test_two_tasks_cannot_share_a_reader(on_stage):
    async def go(stage):
        reader = stage.manager.events()
        first = asyncio.ensure_future(anext(reader))
        await asyncio.sleep(0)
        with pytest.raises(UsageError, match="call events\\(\\) for each reader"):
            await anext(reader)
        first.cancel()

    on_stage(go)


def test_what_was_kept_is_replayed_and_goes_on_live_without_a_hole(on_stage):
    async def go(stage):
        kept = []
        stage.manager.stream.sink(kept.append, last=40)
        stage.manager.stream.past = lambda n: [e for e in kept if e.n > n]
        await stage.play(RESTS + "< fill 1#1 1 @ 20000")
        reader = stage.manager.events(since=41)
        await stage.play("< fill 1#1 1 @ 20000")  # kept and live: told once
        first = await anext(reader)
        await stage.play("< fill 1#1 1 @ 20000")
        stage.manager.close()
        rest = [event async for event in reader]
        assert [e.n for e in kept] == [41, 42, 43, 44]
        return [e.n for e in (first, *rest)]

    assert on_stage(go) == [42, 43, 44]


def test_without_a_journal_the_past_is_refused(on_stage):
    async def go(stage):
        with pytest.raises(UsageError, match="events since 3 are not kept: give the manager a jo"):
            stage.manager.events(since=3)

    on_stage(go)


def test_missed_is_no_order_event_and_every_order_event_is_of_the_union():
    assert Missed not in OrderEvent.__args__
    assert len(OrderEvent.__args__) == 10
