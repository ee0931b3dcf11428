"""What others do to the account and the market: the venue, and a trader at another screen."""

from collections.abc import Callable
from contextvars import Context
from fnmatch import fnmatchcase
from typing import NamedTuple

from ...matching.commands import CancelOrder, FreezeOrder
from ...matching.reports import Report
from ...scenarios.plan import Fault
from ...trading.errors import Refused
from ...trading.instrument import Instrument
from ...trading.order import OrderChange, OrderRequest, OrderState
from ...trading.words import ExecType, OrdStatus, OrdType, Side
from ..desk.broker_desk import BrokerDesk
from ..loop.moments import Tie
from ..loop.timers import Timers
from .halts import Halts


class About(NamedTuple):
    """An order: by what it goes in a plan, None where a moment is of none, and "" for one without a
    tag; and its id, where the broker has one already."""

    tag: str | None = None
    order_id: str | None = None


class Acts:
    """Acts at the broker, in one instrument. Each answers what it did, or None where there was
    nothing to do it to."""

    def __init__(self, loop: Timers, desk: BrokerDesk, instrument: Instrument) -> None:
        self._loop = loop
        self._desk = desk
        self._instrument = instrument
        self._placed = 0
        self._late = 0
        self.halts = Halts(loop, lambda: desk.exchange, instrument.symbol)
        # By how much the client's wall clock was ahead at a moment, and what it gains since then.
        self._ahead_ns = self._since_ns = self._gains_ppm = 0
        self._by_kind: dict[str, Callable[[Fault, About], str | None]] = {
            "halt": lambda fault, about: self.halts.begin(fault),
            "venue-cancel": self._venue_cancel,
            "venue-replace": self._venue_replace,
            "frozen": self._freeze,
            "trader": self._trade,
            "liquidation": self._liquidate,
            "late-fill": self._fill_late,
            "clock": self._set_clock,
        }

    @property
    def clock_ns(self) -> int:
        """By how much the client's wall clock is ahead now."""
        if not self._gains_ppm:
            return self._ahead_ns
        return self._ahead_ns + (self._loop.now_ns - self._since_ns) * self._gains_ppm // 10**6

    def do(self, fault: Fault, about: About) -> str | None:
        """Do it now; `about`: the order whose moment it is."""
        return self._by_kind[fault.kind](fault, about)

    def _venue_cancel(self, fault: Fault, about: About) -> str | None:
        order = self._target(fault, about)
        if order is None:
            return None
        number = int(order.order_id)
        self._desk.orders[number].text = fault.text or "cancelled by the venue"
        self._desk.exchange.enter(order.instrument.symbol, CancelOrder(number))
        return f"the venue cancels {self._desk.known_as(order.order_id)}"

    def _venue_replace(self, fault: Fault, about: About) -> str | None:
        order = self._target(fault, about)
        if order is None or (order.price is None and order.stop_px is None):
            return None
        try:
            self._desk.modify(order.order_id, _moved(order, fault.ticks))
        except Refused:
            return None  # not even the venue has it so: beyond the market, or over
        return f"the venue gives {self._desk.known_as(order.order_id)} another price"

    def _freeze(self, fault: Fault, about: About) -> str | None:
        order = self._target(fault, about)
        if order is None:
            return None
        exchange, symbol, number = (
            self._desk.exchange,
            order.instrument.symbol,
            int(order.order_id),
        )
        exchange.enter(symbol, FreezeOrder(number))
        if fault.thaw:
            thaws = FreezeOrder(number, frozen=False)
            at_ns = self._loop.now_ns + fault.thaw
            self._loop.call_at_ns(
                at_ns, lambda: exchange.enter(symbol, thaws), tie=Tie.ORDER, context=Context()
            )
        return f"the venue freezes {self._desk.known_as(order.order_id)}"

    def _trade(self, fault: Fault, about: About) -> str | None:
        try:
            if fault.act in ("cancel", "move", "resize"):
                return self._trade_on(fault, about)
            if fault.act == "flip" and not self._held:
                return None
            if fault.act == "close":
                self._desk.close_position(self._instrument, None)
                return "the trader closes the position"
            self._desk.place(self._by_hand(fault))
        except Refused as refusal:
            return f"the trader is refused: {refusal}"
        return f"the trader does {fault.act} {fault.qty}"

    def _trade_on(self, fault: Fault, about: About) -> str | None:
        """What the trader does to an order that works."""
        order = self._target(fault, about)
        if order is None:
            return None
        name, order_id = self._desk.known_as(order.order_id), order.order_id
        if fault.act == "cancel":
            self._desk.cancel(order_id)
            return f"the trader cancels {name}"
        if fault.act == "resize":
            self._desk.modify(order_id, OrderChange(order_qty=fault.qty))
            return f"the trader makes {name} one for {fault.qty}"
        if order.price is None and order.stop_px is None:
            return None
        self._desk.modify(order_id, _moved(order, fault.ticks))
        return f"the trader moves {name} by {fault.ticks} ticks"

    def _liquidate(self, fault: Fault, about: About) -> str | None:
        orders, held = self._desk.open_orders(self._instrument), self._held
        for order in orders:
            number = int(order.order_id)
            self._desk.orders[number].text = "cancelled by the venue: liquidation"
            self._desk.exchange.enter(order.instrument.symbol, CancelOrder(number))
        if not (orders or held):
            return None
        closes = f"closes {held}"
        if self._held:
            try:
                self._desk.close_position(self._instrument, None)
            except Refused as refusal:  # while the market is shut nobody can close
                closes = f"cannot close {held}: {refusal}"
        return f"the venue cancels {len(orders)} orders and {closes}"

    def _fill_late(self, fault: Fault, about: About) -> str | None:
        state = self._desk.order(about.order_id, None)
        assert state is not None, "a cancel that was told is about an order in the books"
        qty = min(fault.qty, state.order_qty - state.cum_qty)
        waited = state.parent_id is not None and state.price is None and state.stop_px is None
        if state.ord_status is not OrdStatus.CANCELED or not qty or waited:
            return None  # one that waited for its entry to the end cannot have filled
        self._desk.on_report(state.instrument.symbol, self._late_report(state, qty))
        return f"{about.tag or state.order_id} had filled {qty} before its cancel"

    def _late_report(self, state: OrderState, qty: int) -> Report:
        """A fill of a cancelled order, at its own price or the last one; it stays cancelled."""
        grid, self._late = state.instrument, self._late + 1
        price, stop_px = (
            None if px is None else grid.units(px) for px in (state.price, state.stop_px)
        )
        last = self._desk.exchange.book(grid.symbol).last_price
        px = next(each for each in (price, stop_px, last) if each is not None)
        return Report(
            seq=0,
            time_ns=self._loop.now_ns,
            order_id=int(state.order_id),
            exec_type=ExecType.TRADE,
            ord_status=OrdStatus.CANCELED,
            order_qty=state.order_qty,
            cum_qty=state.cum_qty + qty,
            leaves_qty=0,
            price=price,
            stop_px=stop_px,
            last_qty=qty,
            last_px=px,
            exec_id=-self._late,  # the exchange numbers its own from 1
        )

    def _set_clock(self, fault: Fault, about: About) -> str:
        steps, drifts = fault.ahead or fault.behind, fault.fast or fault.slow
        self._ahead_ns = fault.ahead - fault.behind if steps else self.clock_ns
        self._since_ns = self._loop.now_ns
        self._gains_ppm = fault.fast - fault.slow if drifts else self._gains_ppm
        said = [f"is {self._ahead_ns / 1e9:+g} s off"] if steps else []
        said += [f"gains {self._gains_ppm:+d} millionths"] if drifts else []
        return f"the client's clock {' and '.join(said)}"

    @property
    def _held(self) -> int:
        return self._desk.account.holding(self._instrument).qty

    def _by_hand(self, fault: Fault) -> OrderRequest:
        self._placed += 1
        buys, qty = fault.act == "buy", fault.qty
        if fault.act == "flip":
            buys, qty = self._held < 0, 2 * abs(self._held)
        return OrderRequest(
            cl_ord_id=f"manual-{self._placed}",
            instrument=self._instrument,
            side=Side.BUY if buys else Side.SELL,
            ord_type=OrdType.MARKET,
            order_qty=qty,
        )

    def _target(self, fault: Fault, about: About) -> OrderState | None:
        """The working order that is meant: by the pattern, the oldest first, or the moment's."""
        working = self._desk.open_orders(None)
        if fault.target is None and about.order_id is not None:
            return next((each for each in working if each.order_id == about.order_id), None)
        pattern = fault.target if fault.target is not None else about.tag
        known = [(order, self._desk.known_as(order.order_id)) for order in working]
        found = [
            order
            for order, name in known
            if pattern == name
            or (fault.target and fnmatchcase(name.rpartition("#")[0], fault.target))
        ]
        return found[fault.which - 1] if len(found) >= fault.which else None


def _moved(order: OrderState, ticks: int) -> OrderChange:
    """The change that moves an order's prices by so many ticks."""
    by = ticks * order.instrument.tick
    return OrderChange(
        price=None if order.price is None else order.price + by,
        stop_px=None if order.stop_px is None else order.stop_px + by,
    )
