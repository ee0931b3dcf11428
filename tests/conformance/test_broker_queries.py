"""What every broker behind the port answers when asked, and what its stream tells."""

import asyncio
from decimal import Decimal
from functools import partial

from dryfill.trading import instruments
from dryfill.trading.broker import AccountState, Urgency
from dryfill.trading.errors import OutcomeUnknown
from dryfill.trading.order import ExecutionReport, OrderState, PositionState

ES, NQ = instruments.find("ES"), instruments.find("NQ")
FEE = Decimal("1.4")


def reports(at):
    return [e for e in at.events if isinstance(e, ExecutionReport)]


def test_open_orders_are_oldest_first_and_by_instrument(play, order):
    async def script(at):
        for n in range(3):
            await at.broker.place(order("buy", 1, f"{n}#1", limit=f"{3990 + n}"))
        assert [o.cl_ord_id for o in await at.broker.open_orders()] == ["0#1", "1#1", "2#1"]
        assert len(await at.broker.open_orders(ES)) == 3
        assert await at.broker.open_orders(NQ) == []

    play(script)


def test_what_happened_since_a_moment_includes_that_moment_and_nothing_before(play, order):
    async def script(at):
        await at.broker.place(order("buy", 1))
        await at.settled()
        await at.broker.place(order("sell", 1, "2#1"))
        first, second = await at.broker.executions_since(0)
        assert first.time_ns < second.time_ns
        assert await at.broker.executions_since(second.time_ns) == [second]
        assert await at.broker.executions_since(second.time_ns + 1) == []
        tags = [o.cl_ord_id for o in await at.broker.orders_since(second.time_ns)]
        assert tags == ["2#1"]
        assert len(await at.broker.orders_since(first.time_ns)) == 2

    play(script)


def test_the_account_adds_up(play, order):
    async def script(at):
        await at.broker.place(order("buy", 2))
        await at.broker.place(order("sell", 3, "2#1"))
        account = await at.broker.account()
        assert account.name == at.broker.account_name
        assert account.fees == 5 * FEE
        assert account.realised == -2 * Decimal("12.50")
        assert account.cash == 50_000 + account.realised - account.fees
        assert account.open_profit == -Decimal("12.50")

    play(script)


def test_every_listener_hears_the_same_in_the_same_order(play, order):
    async def script(at):
        second = []
        at.broker.listen(second.append)
        await at.broker.place(order("buy", 1))
        await at.settled()
        assert second == at.events
        if at.exact:
            told = [ExecutionReport, ExecutionReport, PositionState, AccountState]
            assert [type(event) for event in second] == told
        assert {ExecutionReport, PositionState} <= {type(event) for event in second}

    play(script)


def test_sums_of_the_reports_agree_with_the_orders(play, order):
    async def script(at):
        await at.broker.place(order("buy", 7, limit="4000.25"))
        await at.broker.place(order("sell", 2, "2#1"))
        await at.settled()
        for state in await at.broker.orders_since(0):
            mine = [r for r in reports(at) if r.order.cl_ord_id == state.cl_ord_id]
            assert sum(r.last_qty for r in mine) == state.cum_qty
            assert mine[-1].order == state
            for report in mine:
                done = report.order
                assert done.cum_qty + done.leaves_qty == done.order_qty
        ids = [r.exec_id for r in reports(at) if r.exec_id is not None]
        assert len(set(ids)) == len(ids)

    play(script)


def test_commands_are_answered_with_futures_and_not_with_tasks(play, order):
    async def script(at):
        call = at.broker.place(order("buy", 1, limit="3990"))
        assert isinstance(call, asyncio.Future)
        assert not isinstance(call, asyncio.Task)
        await call

    play(script)


def test_a_question_that_is_not_answered_in_time_ends_in_unknown(play, order):
    """With a deadline that no answer can meet; where there is no latency it is met all the same."""

    async def script(at):
        broker, at_once = at.broker, {"deadline_s": 1e-9, "urgency": Urgency.RISK_REDUCING}
        ack = await broker.place(order("buy", 1, limit="3990"))
        calls = (
            (broker.open_orders, (ES,)),
            (partial(broker.order, order_id=ack.order_id), (ES,)),
            (broker.orders_since, (0,)),
            (broker.executions_since, (0,)),
            (broker.positions, ()),
            (broker.account, ()),
        )
        endings = set()
        for call, given in calls:
            soon = await asyncio.gather(call(*given, **at_once), return_exceptions=True)
            endings.add(isinstance(soon[0], OutcomeUnknown))
            later = await call(*given, deadline_s=60.0)
            assert type(later) in (list, OrderState, AccountState)
            await at.settled()
        assert len(endings) == 1, "one latency, one kind of ending"

    play(script)


def test_a_client_without_a_quote_of_its_own_may_ask_before_anything_happened(play):
    async def script(at):
        assert await at.broker.positions() == []
        assert await at.broker.open_orders() == []
        assert await at.broker.orders_since(0) == []
        assert await at.broker.executions_since(0) == []
        assert (await at.broker.account()).cash == 50_000

    play(script)
