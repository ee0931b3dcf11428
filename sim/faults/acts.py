"""What others do to the account and the market: the venue, and a trader at another screen."""

from collections.abc import Callable
from contextvars import Context
from fnmatch import fnmatchcase

from ...matching.commands import CancelOrder, SetStatus
from ...scenarios.plan import Fault
from ...trading.errors import Refused
from ...trading.instrument import Instrument
from ...trading.order import OrderRequest, OrderState
from ...trading.words import OrdType, Side, TradingStatus
from ..desk.broker_desk import BrokerDesk
from ..loop import VirtualLoop
from ..loop_moments import Tie

_STATES = {
    "halt": TradingStatus.HALT,
    "pre-open": TradingStatus.PRE_OPEN,
    "no-cancel": TradingStatus.NO_CANCEL,
    "close": TradingStatus.CLOSE,
}


class Acts:
    """Acts at the broker, in one instrument. Each answers what it did, or None where there was
    nothing to do it to."""

    def __init__(self, loop: VirtualLoop, desk: BrokerDesk, instrument: Instrument) -> None:
        self._loop = loop
        self._desk = desk
        self._instrument = instrument
        self._placed = 0
        self._by_kind: dict[str, Callable[[Fault, str | None], str | None]] = {
            "halt": self._halt,
            "venue-cancel": self._venue_cancel,
            "trader": self._trade,
        }

    def do(self, fault: Fault, tag: str | None) -> str | None:
        """Do it now; `tag` is that of the order whose moment it is."""
        return self._by_kind[fault.kind](fault, tag)

    def _halt(self, fault: Fault, tag: str | None) -> str:
        exchange, symbol = self._desk.exchange, self._instrument.symbol
        before, status = exchange.book(symbol).status, _STATES[fault.state]
        exchange.enter(symbol, SetStatus(status))

        def end() -> None:
            # What the calendar says meanwhile holds: a close is not undone.
            if exchange.book(symbol).status is status:
                exchange.enter(symbol, SetStatus(before))

        at_ns = self._loop.now_ns + (fault.duration or 0)
        self._loop.call_at_ns(at_ns, end, tie=Tie.SESSION, context=Context())
        return f"{symbol} goes from {before.name} to {status.name}"

    def _venue_cancel(self, fault: Fault, tag: str | None) -> str | None:
        order = self._target(fault, tag)
        if order is None:
            return None
        number = int(order.order_id)
        self._desk.orders[number].text = fault.text or "cancelled by the venue"
        self._desk.exchange.enter(order.instrument.symbol, CancelOrder(number))
        return f"the venue cancels {order.cl_ord_id}"

    def _trade(self, fault: Fault, tag: str | None) -> str | None:
        try:
            if fault.act == "cancel":
                order = self._target(fault, tag)
                if order is None:
                    return None
                self._desk.cancel(order.order_id)
                return f"the trader cancels {order.cl_ord_id}"
            if fault.act == "close":
                self._desk.close_position(self._instrument, None)
                return "the trader closes the position"
            self._desk.place(self._by_hand(fault))
        except Refused as refusal:
            return f"the trader is refused: {refusal}"
        return f"the trader does {fault.act} {fault.qty}"

    def _by_hand(self, fault: Fault) -> OrderRequest:
        self._placed += 1
        return OrderRequest(
            cl_ord_id=f"manual-{self._placed}",
            instrument=self._instrument,
            side=Side.BUY if fault.act == "buy" else Side.SELL,
            ord_type=OrdType.MARKET,
            order_qty=fault.qty,
        )

    def _target(self, fault: Fault, tag: str | None) -> OrderState | None:
        """The working order that is meant: by the pattern, the oldest first, or the moment's."""
        pattern = fault.target if fault.target is not None else tag
        found = [
            order
            for order in self._desk.open_orders(None)
            if pattern == order.cl_ord_id
            or (fault.target and fnmatchcase(order.cl_ord_id.rpartition("#")[0], fault.target))
        ]
        return found[fault.which - 1] if len(found) >= fault.which else None
