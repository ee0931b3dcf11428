"""A stop and a target that the broker keeps for an entry, at every broker that says it does; one
that does not say so refuses them."""

from decimal import Decimal

import pytest

from dryfill.trading import instruments
from dryfill.trading.errors import Refused
from dryfill.trading.order import Attached, ExecutionReport
from dryfill.trading.price import Ticks
from dryfill.trading.words import ExecType, OrdStatus, OrdType, Reason, Side

ES = instruments.find("ES")
BOTH = Attached(stop=Ticks(-8), target=Ticks(16))


async def children(at, entry):
    return [o for o in await at.broker.orders_since(0) if o.parent_id == entry.order_id]


def test_a_broker_without_refuses_the_entry_and_nothing_of_it_works(play, order):
    async def script(at):
        assert at.broker.offers.auto_oco is not True
        with pytest.raises(Refused) as caught:
            await at.broker.place(order("buy", 1, attached=BOTH))
        assert caught.value.reason == Reason.NOT_SUPPORTED
        await at.settled()
        assert await at.broker.open_orders() == []
        assert await at.broker.positions() == []

    play(script)


def test_a_filled_entry_has_its_stop_and_target_at_their_distance_from_the_fill(attaching, order):
    async def script(at):
        assert at.broker.offers.native_brackets
        assert at.broker.offers.auto_oco
        entry = await at.broker.place(order("buy", 2, attached=BOTH))
        await at.settled()
        stop, target = await children(at, entry)
        for child in (stop, target):
            assert (child.side, child.order_qty, child.leaves_qty) == (Side.SELL, 2, 2)
            assert child.ord_status is OrdStatus.NEW
            assert child.cl_ord_id != "1#1", "the entry's tag is the entry's"
        assert (stop.ord_type, stop.stop_px) == (OrdType.STOP, Decimal("3998.25"))
        assert (target.ord_type, target.price) == (OrdType.LIMIT, Decimal("4004.25"))
        told = [e.order for e in at.events if isinstance(e, ExecutionReport)]
        assert {o.order_id for o in told if o.parent_id == entry.order_id} == {
            stop.order_id,
            target.order_id,
        }

    attaching(script)


def test_while_the_entry_rests_they_are_suspended_and_not_among_the_open_orders(attaching, order):
    async def script(at):
        entry = await at.broker.place(order("buy", 2, limit="3990", attached=BOTH))
        await at.settled()
        assert [o.ord_status for o in await children(at, entry)] == [OrdStatus.SUSPENDED] * 2
        assert [o.order_id for o in await at.broker.open_orders()] == [entry.order_id]
        await at.broker.cancel(ES, entry.order_id)
        await at.settled()
        assert [o.ord_status for o in await children(at, entry)] == [OrdStatus.CANCELED] * 2

    attaching(script)


def test_closing_the_position_leaves_them_working(attaching, order):
    """Recorded live: a stop that was left behind opened a position."""

    async def script(at):
        entry = await at.broker.place(order("buy", 1, attached=BOTH))
        await at.settled()
        await at.broker.close_position(ES)
        await at.settled()
        assert await at.broker.positions() == []
        assert [o.ord_status for o in await children(at, entry)] == [OrdStatus.NEW] * 2

    attaching(script)


def test_a_child_is_changed_and_cancelled_as_any_order(attaching, order, change):
    async def script(at):
        entry = await at.broker.place(order("buy", 1, attached=BOTH))
        await at.settled()
        stop, target = await children(at, entry)
        await at.broker.modify(ES, stop.order_id, change(stop_px=Decimal("3999")))
        await at.broker.cancel(ES, target.order_id)
        await at.settled()
        stop, target = await children(at, entry)
        assert (stop.stop_px, stop.ord_status) == (Decimal("3999"), OrdStatus.NEW)
        assert target.ord_status is OrdStatus.CANCELED

    attaching(script)


def test_one_that_is_filled_takes_the_other_away(attaching, order, change):
    async def script(at):
        entry = await at.broker.place(order("buy", 1, attached=BOTH))
        await at.settled()
        _, target = await children(at, entry)
        await at.broker.modify(ES, target.order_id, change(price=Decimal("4000")))
        await at.settled()
        stop, target = await children(at, entry)
        assert (stop.ord_status, target.ord_status) == (OrdStatus.CANCELED, OrdStatus.FILLED)
        ends = [
            e.order.order_id
            for e in at.events
            if isinstance(e, ExecutionReport) and e.exec_type is ExecType.CANCELED
        ]
        assert ends == [stop.order_id], "told once"

    attaching(script)


@pytest.mark.parametrize(("stop", "target"), [(8, 16), (-8, -16), (-1, 16)])
def test_wrong_signs_and_too_near_a_stop_are_refused(attaching, order, stop, target):
    async def script(at):
        assert at.broker.offers.attached_ticks_least > 1
        attached = Attached(stop=Ticks(stop), target=Ticks(target))
        with pytest.raises(Refused) as caught:
            await at.broker.place(order("buy", 1, attached=attached))
        assert caught.value.reason == Reason.BRACKET_REFUSED
        assert await at.broker.open_orders() == []

    attaching(script)
