"""What every broker behind the port does with a command, and how each ends."""

import asyncio
from decimal import Decimal

import pytest

from dryfill.trading import instruments
from dryfill.trading.broker import AccountState
from dryfill.trading.errors import OutcomeUnknown, Refused
from dryfill.trading.order import ExecutionReport, OrderChange, PositionState
from dryfill.trading.words import ExecType, OrdStatus, OrdType, Side, TimeInForce

ES, NQ = instruments.find("ES"), instruments.find("NQ")
FEE = Decimal("1.4")


async def refused(call):
    with pytest.raises(Refused) as caught:
        await call
    return caught.value


async def outcome(call):
    """How a call ended: done, or unknown."""
    try:
        await call
    except OutcomeUnknown:
        return "unknown"
    return "done"


def reports(at):
    return [e for e in at.events if isinstance(e, ExecutionReport)]


def kinds(at, tag):
    """What was told of one order, in order. A fill may be told twice, by the order and by itself,
    where the stage is not `exact`; the order's word on it has no quantity of its own."""
    mine = [e for e in reports(at) if e.order.cl_ord_id == tag]
    if at.exact:
        return [e.exec_type for e in mine]
    return [e.exec_type for e in mine if e.last_qty or e.exec_type is not ExecType.TRADE]


# --- place --------------------------------------------------------------------------------------


def test_a_placed_order_works_and_is_told(play, order):
    async def script(at):
        ack = await at.broker.place(order("buy", 2, limit="3990"))
        await at.settled()
        assert kinds(at, "1#1") == [ExecType.NEW]
        (told,) = at.events
        assert told.order.order_id == ack.order_id
        assert (told.last_qty, told.last_px, told.exec_id) == (0, None, None)
        state = await at.broker.order(ES, order_id=ack.order_id)
        assert state == told.order
        assert (state.ord_status, state.side, state.ord_type) == (
            OrdStatus.NEW,
            Side.BUY,
            OrdType.LIMIT,
        )
        assert (state.order_qty, state.cum_qty, state.leaves_qty) == (2, 0, 2)
        assert (state.price, state.stop_px, state.avg_px) == (Decimal(3990), None, None)

    play(script)


def test_a_market_order_is_filled_and_the_position_and_money_follow(play, order):
    async def script(at):
        ack = await at.broker.place(order("buy", 3))
        await at.settled()
        if at.exact:
            told = [ExecutionReport, ExecutionReport, PositionState, AccountState]
            assert [type(event) for event in at.events] == told
        (fill,) = [e for e in reports(at) if e.last_qty]
        (position,) = [e for e in at.events if isinstance(e, PositionState)]
        assert at.events.index(fill) < at.events.index(position)
        money = await at.broker.account()  # a stream need not tell what an opening fill cost
        for told in at.events:
            if isinstance(told, AccountState):
                assert at.events.index(position) < at.events.index(told)
                assert (told.cash, told.fees) == (money.cash, money.fees)
        assert (fill.exec_type, fill.last_qty, fill.last_px) == (
            ExecType.TRADE,
            3,
            Decimal("4000.25"),
        )
        assert fill.order.ord_status is OrdStatus.FILLED
        assert fill.order.avg_px == Decimal("4000.25")
        assert (position.qty, position.avg_px) == (3, Decimal("4000.25"))
        assert (money.cash, money.fees) == (50_000 - 3 * FEE, 3 * FEE)
        (execution,) = await at.broker.executions_since(0)
        assert (execution.exec_id, execution.order_id) == (fill.exec_id, ack.order_id)
        assert (execution.cl_ord_id, execution.fee) == ("1#1", 3 * FEE)
        assert await at.broker.positions() == [position]

    play(script)


def test_a_rejected_order_is_refused_with_a_reason_told_and_queryable(play, order):
    async def script(at):
        error = await refused(at.broker.place(order("sell", 1, stop="4010")))
        await at.settled()
        assert str(error)
        assert error.reason
        assert not error.retry_safe
        assert kinds(at, "1#1") == [ExecType.REJECTED]
        state = await at.broker.order(ES, cl_ord_id="1#1")
        assert (state.ord_status, state.reason) == (OrdStatus.REJECTED, error.reason)
        assert await at.broker.open_orders() == []
        assert await at.broker.orders_since(0) == [state]

    play(script)


def test_a_price_off_the_grid_is_refused_and_nothing_is_known_of_it(play, order):
    async def script(at):
        await refused(at.broker.place(order("buy", 1, limit="3990.10")))
        await at.settled()
        assert at.events == []
        assert await at.broker.order(ES, cl_ord_id="1#1") is None
        assert await at.broker.orders_since(0) == []

    play(script)


@pytest.mark.parametrize("first", ["working", "filled", "rejected"])
def test_a_tag_is_taken_once_whatever_became_of_its_order(play, order, first):
    async def script(at):
        if first == "rejected":
            await refused(at.broker.place(order("sell", 1, stop="4010")))
        else:
            given = {"limit": "3990"} if first == "working" else {}
            await at.broker.place(order("buy", 1, **given))
        before = await at.broker.orders_since(0)
        await refused(at.broker.place(order("buy", 1)))
        await at.settled()
        assert await at.broker.orders_since(0) == before

    play(script)


def test_the_same_order_sent_twice_at_once_is_taken_once(play, order):
    async def script(at):
        calls = [at.broker.place(order("buy", 1)) for _ in range(2)]
        found = await asyncio.gather(*calls, return_exceptions=True)
        assert sorted(isinstance(f, Refused) for f in found) == [False, True]
        await at.settled()
        assert [p.qty for p in await at.broker.positions()] == [1]

    play(script)


def test_what_is_offered_can_be_placed(play, order):
    prices = {
        OrdType.MARKET: {},
        OrdType.LIMIT: {"limit": "3990"},
        OrdType.STOP: {"stop": "4010"},
        OrdType.STOP_LIMIT: {"stop": "4010", "limit": "4011"},
        OrdType.TRAILING_STOP: {"trail": 20},
        OrdType.JOIN_BID: {},
        OrdType.JOIN_ASK: {},
    }

    async def script(at):
        for kind in sorted(at.broker.offers.ord_types):
            for tif in sorted(at.broker.offers.tifs):
                side = "sell" if kind is OrdType.JOIN_ASK else "buy"
                tag = f"{kind.name}.{tif.name}#1"
                await at.broker.place(order(side, 1, tag, kind=kind, tif=tif, **prices[kind]))
                state = await at.broker.order(ES, cl_ord_id=tag)
                assert state.ord_type is kind
                if tif is not TimeInForce.IOC and kind is not OrdType.MARKET:
                    assert state.ord_status is OrdStatus.NEW, tag

    play(script)


# --- modify and cancel ------------------------------------------------------------------------


async def takes_no_change(at, ack):
    """What a broker does that says so: it refuses, and the order is as it was."""
    before = await at.broker.order(ES, order_id=ack.order_id)
    for change in (OrderChange(price=Decimal(3995)), OrderChange(order_qty=1)):
        await refused(at.broker.modify(ES, ack.order_id, change))
    await at.settled()
    assert await at.broker.order(ES, order_id=ack.order_id) == before
    assert kinds(at, "1#1") == [ExecType.NEW]


def test_a_modify_changes_what_it_names_and_keeps_the_identity(play, order):
    async def script(at):
        ack = await at.broker.place(order("buy", 2, limit="3990"))
        if not at.broker.offers.modify_in_place:
            return await takes_no_change(at, ack)
        await at.broker.modify(ES, ack.order_id, OrderChange(price=Decimal(3995)))
        await at.broker.modify(ES, ack.order_id, OrderChange(order_qty=5))
        await at.settled()
        assert kinds(at, "1#1") == [ExecType.NEW, ExecType.REPLACED, ExecType.REPLACED]
        (state,) = await at.broker.open_orders()
        assert (state.order_id, state.price, state.order_qty, state.leaves_qty) == (
            ack.order_id,
            Decimal(3995),
            5,
            5,
        )

    play(script)


def test_a_modify_that_makes_an_order_marketable_fills_it(play, order):
    async def script(at):
        ack = await at.broker.place(order("buy", 2, limit="3990"))
        if not at.broker.offers.modify_in_place:
            return await takes_no_change(at, ack)
        await at.broker.modify(ES, ack.order_id, OrderChange(price=Decimal("4000.25")))
        await at.settled()
        assert kinds(at, "1#1") == [ExecType.NEW, ExecType.REPLACED, ExecType.TRADE]

    play(script)


def test_a_refused_modify_leaves_the_order_as_it_was(play, order):
    async def script(at):
        ack = await at.broker.place(order("sell", 2, stop="3990"))
        before = await at.broker.order(ES, order_id=ack.order_id)
        for change in (OrderChange(stop_px=Decimal(4010)), OrderChange(stop_px=Decimal("3990.1"))):
            await refused(at.broker.modify(ES, ack.order_id, change))
        assert await at.broker.order(ES, order_id=ack.order_id) == before

    play(script)


def test_a_cancel_takes_the_order_away_and_what_was_filled_stays(play, order):
    async def script(at):
        ack = await at.broker.place(order("buy", 7, limit="4000.25"))
        assert await at.broker.cancel(ES, ack.order_id) is None
        await at.settled()
        assert kinds(at, "1#1") == [ExecType.NEW, ExecType.TRADE, ExecType.CANCELED]
        state = await at.broker.order(ES, order_id=ack.order_id)
        assert (state.ord_status, state.cum_qty, state.leaves_qty) == (OrdStatus.CANCELED, 5, 0)
        assert await at.broker.open_orders() == []

    play(script)


@pytest.mark.parametrize("over", ["filled", "canceled", "rejected"])
def test_what_is_over_cannot_be_cancelled_or_changed_and_stays_as_it_was(play, order, over):
    async def script(at):
        if over == "rejected":
            await refused(at.broker.place(order("sell", 1, stop="4010")))
        else:
            given = {"limit": "3990"} if over == "canceled" else {"limit": "4000.25"}
            ack = await at.broker.place(order("buy", 1, **given))
            if over == "canceled":
                await at.broker.cancel(ES, ack.order_id)
        before = await at.broker.order(ES, cl_ord_id="1#1")
        await at.settled()
        told = list(at.events)
        await refused(at.broker.cancel(ES, before.order_id))
        await refused(at.broker.modify(ES, before.order_id, OrderChange(order_qty=4)))
        await at.settled()
        assert await at.broker.order(ES, cl_ord_id="1#1") == before
        assert at.events == told

    play(script)


def test_an_unknown_id_is_refused_and_not_found(play, order):
    async def script(at):
        await refused(at.broker.cancel(ES, "999999"))
        await refused(at.broker.modify(ES, "999999", OrderChange(order_qty=1)))
        assert await at.broker.order(ES, order_id="999999") is None
        assert await at.broker.order(ES, cl_ord_id="nobody's") is None
        assert at.events == []

    play(script)


# --- close position ---------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_closing_takes_the_position_and_leaves_working_orders(play, order, side):
    async def script(at):
        await at.broker.place(order(side, 3))
        resting = await at.broker.place(order("buy", 1, "2#1", limit="3990"))
        part = await at.broker.close_position(ES, 1)
        assert [abs(p.qty) for p in await at.broker.positions()] == [2]
        await at.broker.close_position(ES)
        assert await at.broker.positions() == []
        assert [o.order_id for o in await at.broker.open_orders()] == [resting.order_id]
        closing = await at.broker.order(ES, order_id=part.order_id)
        assert (closing.ord_status, closing.side) == (
            OrdStatus.FILLED,
            Side.SELL if side == "buy" else Side.BUY,
        )
        await at.settled()
        positions = [e.qty for e in at.events if isinstance(e, PositionState)]
        assert positions[-1] == 0
        assert at.events[-1].realised != 0 or at.events[-1].fees == 6 * FEE

    play(script)


def test_there_is_nothing_to_close_when_flat_and_never_more_than_is_held(play, order):
    async def script(at):
        await refused(at.broker.close_position(ES))
        await at.broker.place(order("buy", 2))
        for qty in (0, -1, 3):
            await refused(at.broker.close_position(ES, qty))
        assert [p.qty for p in await at.broker.positions()] == [2]
        await refused(at.broker.close_position(NQ))

    play(script)


# --- the third ending -------------------------------------------------------------------------


def test_a_call_whose_answer_comes_too_late_ends_in_unknown_and_can_be_looked_up(play, order):
    """With a deadline that no answer can meet; where there is no latency it is met all the same."""

    async def script(at):
        broker, at_once = at.broker, {"deadline_s": 1e-9}
        found = [await outcome(broker.place(order("buy", 1, limit="3990"), **at_once))]
        await at.settled()
        state = await broker.order(ES, cl_ord_id="1#1")
        assert state.ord_status is OrdStatus.NEW
        calls = [(broker.cancel, (ES, state.order_id))]
        if broker.offers.modify_in_place:
            calls.insert(0, (broker.modify, (ES, state.order_id, OrderChange(order_qty=2))))
        for call, given in calls:
            found.append(await outcome(call(*given, **at_once)))
            await at.settled()
        state = await broker.order(ES, cl_ord_id="1#1")
        assert (state.ord_status, state.order_qty) == (OrdStatus.CANCELED, len(calls))
        await broker.place(order("buy", 1, "2#1"))
        found.append(await outcome(broker.close_position(ES, **at_once)))
        await at.settled()
        assert await broker.positions() == []
        assert len(set(found)) == 1, "one latency, one kind of ending"

    play(script)


def test_what_is_unknown_must_not_be_sent_again_blindly():
    assert not OutcomeUnknown.retry_safe


def test_a_caller_that_gives_up_harms_nobody(play, order):
    async def script(at):
        at.broker.place(order("buy", 1, limit="3990")).cancel()
        at.broker.cancel(ES, "999999").cancel()
        await at.settled()
        assert len(await at.broker.open_orders()) <= 1

    play(script)
