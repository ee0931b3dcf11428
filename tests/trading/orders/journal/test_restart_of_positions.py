"""What is held after a restart: each fill counts once, however it became known.

Two contracts of one order were filled and one fill was told; then the position of two was taken
over from the broker. The other fill, told in this life or after the end of it, moves nothing.
"""

import asyncio
from decimal import Decimal

import pytest
from scripted_broker import ScriptedBroker

from dryfill.trading import instruments
from dryfill.trading.order import ExecutionReport, OrderRequest, OrderState, PositionState
from dryfill.trading.orders.journal.keeper import stood
from dryfill.trading.orders.journal.memory import MemoryJournal
from dryfill.trading.orders.journal.records import Lots, OrderKept, Standing
from dryfill.trading.orders.manager import OrderManager
from dryfill.trading.words import ExecType, OrdStatus, OrdType, Side

MNQ = instruments.find("MNQ")
PX = Decimal(20_000)
REQUEST = OrderRequest(
    cl_ord_id="1#1", instrument=MNQ, side=Side.BUY, ord_type=OrdType.MARKET, order_qty=2
)


class Deaf:
    """Nobody listens."""

    def on_report(self, order, report): ...
    def on_fill(self, order, fill): ...
    def on_position(self, position): ...
    def on_incident(self, incident): ...


def state(cum_qty):
    return OrderState(
        instrument=MNQ,
        order_id="7",
        cl_ord_id="1#1",
        side=Side.BUY,
        ord_type=OrdType.MARKET,
        ord_status=OrdStatus.FILLED if cum_qty == 2 else OrdStatus.PARTIALLY_FILLED,
        order_qty=2,
        cum_qty=cum_qty,
        leaves_qty=2 - cum_qty,
        price=None,
        stop_px=None,
        avg_px=PX,
        time_ns=cum_qty,
    )


def fill(n):
    return ExecutionReport(
        exec_type=ExecType.TRADE, order=state(n), last_qty=1, last_px=PX, exec_id=f"x{n}"
    )


TAKEN_OVER = PositionState(instrument=MNQ, qty=2, avg_px=PX, time_ns=3)
AS_IT_CAME = [("1#1", REQUEST), ("1#1", fill(1)), ("1#1", state(2)), ("", TAKEN_OVER)]


def begun(entries):
    """A manager that begins with a journal of this."""
    journal = MemoryJournal()
    journal.append(entries)
    return OrderManager(ScriptedBroker(), Deaf(), now_ns=lambda: 0, journal=journal)


def order_of(manager):
    return manager.view.order("1#1")


def in_one_record(manager):
    standing = Standing(intents=1, last_ns=3, lots=(Lots("MNQ", ((2, PX),)),), booked=("x1",))
    return [("standing", standing), ("1#1", stood(order_of(manager)).kept())]


@pytest.mark.parametrize("compacted", [False, True])
def test_a_fill_in_a_position_taken_over_is_held_once_after_a_restart(compacted):
    async def main():
        manager = begun(AS_IT_CAME)
        if compacted:
            kept = in_one_record(manager)
            assert isinstance(kept[1][1], OrderKept)
            manager = begun(kept)
        held = [manager.view.position(MNQ).qty]
        manager.on_event(fill(2))
        held.append(manager.view.position(MNQ).qty)
        assert held == [2, 2]
        assert [each.exec_id for each in order_of(manager).fills] == ["x1", "x2"]

    asyncio.run(main())
