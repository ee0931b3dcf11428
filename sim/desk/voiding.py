"""The venue takes a fill back (a bust): afterwards all is as if it had never been.

The book is not touched by it: what is open of the order stays open, and no engine knows. So the
order is as much smaller as it is filled less. The account is booked again without the fill, from
which follow its lots, its closings and its money.
"""

from decimal import Decimal

from ...matching.reports import Report
from ...trading.order import Execution, ExecutionReport
from ...trading.words import ExecType
from .broker_desk import BrokerDesk
from .orders import OrderRecord


def void(desk: BrokerDesk, fill: Execution, now_ns: int) -> None:
    """Take back a fill that stands, and tell of it: the order, then the position and the money."""
    instrument, number = fill.instrument, int(fill.order_id)
    record, units = desk.orders[number], fill.instrument.units(fill.px)
    desk.fills.void(fill, now_ns)
    record.void(fill.qty, units, now_ns)
    symbol, orders = instrument.symbol, desk.orders
    desk.account.book_again(
        instrument,
        [
            (each.side, each.qty, instrument.units(each.px), each.time_ns, _name(orders, each))
            for each in desk.executions
            if each.instrument.symbol == symbol
        ],
        fill.fee or Decimal(0),
        now_ns,
    )
    report = Report(
        seq=0,
        time_ns=now_ns,
        order_id=number,
        exec_type=ExecType.TRADE_CANCEL,
        ord_status=record.status,
        order_qty=record.order_qty,
        cum_qty=record.cum_qty,
        leaves_qty=record.leaves_qty,
        price=None if record.price is None else instrument.units(record.price),
        stop_px=None if record.stop_px is None else instrument.units(record.stop_px),
        last_qty=fill.qty,
        last_px=units,
        exec_id=int(fill.exec_id.removeprefix(f"{symbol}-")),
    )
    desk.heard(record, report)
    desk.tell(
        ExecutionReport(
            exec_type=ExecType.TRADE_CANCEL,
            order=record.state(),
            last_qty=fill.qty,
            last_px=fill.px,
            exec_id=fill.exec_id,
            fee=fill.fee,
        )
    )
    desk.tell(desk.position(instrument))
    desk.tell(desk.account_state())


def _name(orders: dict[int, OrderRecord], fill: Execution) -> str:
    return orders[int(fill.order_id)].known_as
