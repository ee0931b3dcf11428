"""All that an engine's book knows, and the only two places where an order gains or ends."""

from collections import deque

from ...trading.words import ExecType, Liquidity, OrdStatus, Reason, Side, TradingStatus
from ..reports import Report
from ..rules import Rules
from .family import Family, HangingLeg
from .ladder import Ladder
from .recorded_side import RecordedSide
from .waiting_stops import WaitingStops
from .working_order import DoneOrder, WorkingOrder

_HOW_IT_ENDS = {
    OrdStatus.CANCELED: ExecType.CANCELED,
    OrdStatus.EXPIRED: ExecType.EXPIRED,
    OrdStatus.REJECTED: ExecType.REJECTED,
}
_ANSWERS = frozenset({ExecType.CANCEL_REJECTED, ExecType.REPLACE_REJECTED})


class BookState:
    """One instrument's book: the recorded market, our orders in it, and the reports not yet handed
    out.

    The market is OPEN until a command says otherwise. `version` grows whenever an order comes,
    goes or moves, so that what was computed from the orders can be kept until then. `last_price`
    is the last recorded trade; our own fills are no recorded trades and move nothing.
    `volume_left`: what is left of the bar's volume for us, None where the data has no volume to
    respect. Fills before `ambiguous_until_ns` are ambiguous. `print_size` and `print_filled`: the
    last trade, and what it gave us. `families`: what hangs together, by the id of each entry and
    leg; `stirred`: those to which something happened at `now_ns` that was not followed yet.
    """

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.status = TradingStatus.OPEN
        self.now_ns = 0
        self.recorded = {
            Side.BUY: RecordedSide(rules.unknown_size),
            Side.SELL: RecordedSide(rules.unknown_size),
        }
        self.resting = {side: Ladder(side) for side in (Side.BUY, Side.SELL)}
        self.stops = {side: WaitingStops(side) for side in (Side.BUY, Side.SELL)}
        self.orders: dict[int, WorkingOrder] = {}
        self.done: dict[int, DoneOrder] = {}
        self.families: dict[int, Family] = {}
        self.stirred: deque[Family] = deque()
        self.reports: list[Report] = []
        self.last_price: int | None = None
        self.quotes_seen = False
        self.at_ask = True
        self.volume_left: int | None = None
        self.ambiguous_until_ns = -1
        self.print_size = 0
        self.print_filled = 0
        self.version = 0
        self.arrivals = 0
        self._exec_id = 0
        self._seq = 0

    @property
    def matching(self) -> bool:
        """Whether orders are matched and stops set off now."""
        return self.status is TradingStatus.OPEN

    def opposite_price(self, order: WorkingOrder) -> int | None:
        """The recorded price that a taker on the order's side would get."""
        return self.recorded[order.side.opposite].price

    def report(
        self, order: WorkingOrder, exec_type: ExecType, reason: Reason = Reason.NONE
    ) -> None:
        """Say something about a working order that is no fill and no end."""
        status = OrdStatus.PARTIALLY_FILLED if order.cum_qty else OrdStatus.NEW
        self._append(order, exec_type, status, order.leaves_qty, reason=reason)

    def fill(
        self, order: WorkingOrder, qty: int, px: int, liquidity: Liquidity, unknown_size: bool
    ) -> None:
        """Give an order `qty` contracts at `px`; it ends here when that was all."""
        assert 0 < qty <= order.leaves_qty, f"a fill of {qty} for order {order.order_id}"
        order.cum_qty += qty
        if self.volume_left is not None:
            self.volume_left -= qty
        done = order.leaves_qty == 0
        self._exec_id += 1
        self._append(
            order,
            ExecType.TRADE,
            OrdStatus.FILLED if done else OrdStatus.PARTIALLY_FILLED,
            order.leaves_qty,
            last_qty=qty,
            last_px=px,
            exec_id=self._exec_id,
            liquidity=liquidity,
            unknown_size=unknown_size,
            ambiguous=self.now_ns < self.ambiguous_until_ns,
        )
        if done:
            self._forget(order, OrdStatus.FILLED)

    def end(self, order: WorkingOrder, status: OrdStatus, reason: Reason = Reason.NONE) -> None:
        """End an order without a fill: CANCELED, EXPIRED or REJECTED."""
        self._append(order, _HOW_IT_ENDS[status], status, 0, reason=reason)
        self._forget(order, status)

    def refuse_request(self, order_id: int, exec_type: ExecType, reason: Reason) -> None:
        """Answer a cancel or replace that does nothing, with the order's state as it is."""
        order = self.orders.get(order_id)
        if order is not None:
            self.report(order, exec_type, reason)
            return
        family = self.families.get(order_id)
        leg = None if family is None else family.leg(order_id)
        if family is not None and leg is not None and leg.suspended:
            self.say_of_leg(family, leg, exec_type, OrdStatus.SUSPENDED, reason)
            return
        done = self.done.get(order_id, DoneOrder(OrdStatus.REJECTED, 0, 0))
        self._say_of(order_id, exec_type, done, 0, reason)

    def say_of_leg(
        self,
        family: Family,
        leg: HangingLeg,
        exec_type: ExecType,
        status: OrdStatus,
        reason: Reason = Reason.NONE,
    ) -> None:
        """Say something about a leg that is no order of the book."""
        size = family.asked.order_qty
        as_told, leaves_qty = DoneOrder(status, size, 0), 0 if status.terminal else size
        self._say_of(leg.asked.order_id, exec_type, as_told, leaves_qty, reason)

    def withdraw(self, family: Family, leg: HangingLeg) -> None:
        """End a leg that is suspended."""
        leg.suspended = False
        self.say_of_leg(family, leg, ExecType.CANCELED, OrdStatus.CANCELED)
        self.done[leg.asked.order_id] = DoneOrder(OrdStatus.CANCELED, family.asked.order_qty, 0)

    def stir(self, family: Family) -> None:
        """Something happened to one of a family."""
        if not family.stirred:
            family.stirred = True
            self.stirred.append(family)

    def place(self, order: WorkingOrder) -> None:
        """Put a working order among the stops or into its ladder."""
        self.version += 1
        order.placed = True
        home = self.stops if order.waiting else self.resting
        home[order.side].add(order)

    def displace(self, order: WorkingOrder) -> None:
        """Take a working order out of its place, to change it or to let it take."""
        self.version += 1
        order.placed = False
        home = self.stops if order.waiting else self.resting
        home[order.side].remove(order)

    def next_arrival(self) -> int:
        """The next place in time."""
        self.arrivals += 1
        return self.arrivals

    def _forget(self, order: WorkingOrder, status: OrdStatus) -> None:
        if order.placed:
            self.displace(order)
        self.version += 1
        self.orders.pop(order.order_id, None)
        self.done[order.order_id] = DoneOrder(status, order.order_qty, order.cum_qty)

    def _say_of(
        self,
        order_id: int,
        exec_type: ExecType,
        as_told: DoneOrder,
        leaves_qty: int,
        reason: Reason,
    ) -> None:
        """Say something of an order that the book does not hold."""
        self._seq += 1
        self.reports.append(
            Report(
                seq=self._seq,
                time_ns=self.now_ns,
                order_id=order_id,
                exec_type=exec_type,
                ord_status=as_told.status,
                order_qty=as_told.order_qty,
                cum_qty=as_told.cum_qty,
                leaves_qty=leaves_qty,
                price=None,
                stop_px=None,
                reason=reason,
            )
        )

    def _append(
        self,
        order: WorkingOrder,
        exec_type: ExecType,
        status: OrdStatus,
        leaves_qty: int,
        *,
        last_qty: int = 0,
        last_px: int = 0,
        exec_id: int = 0,
        reason: Reason = Reason.NONE,
        liquidity: Liquidity = Liquidity.NONE,
        unknown_size: bool = False,
        ambiguous: bool = False,
    ) -> None:
        self._seq += 1
        self.reports.append(
            Report(
                seq=self._seq,
                time_ns=self.now_ns,
                order_id=order.order_id,
                exec_type=exec_type,
                ord_status=status,
                order_qty=order.order_qty,
                cum_qty=order.cum_qty,
                leaves_qty=leaves_qty,
                price=order.price,
                stop_px=order.stop_px,
                last_qty=last_qty,
                last_px=last_px,
                exec_id=exec_id,
                reason=reason,
                liquidity=liquidity,
                unknown_size=unknown_size,
                ambiguous=ambiguous,
            )
        )
        family = self.families.get(order.order_id)
        if family is not None and exec_type not in _ANSWERS:
            if last_qty:
                family.filled(order.order_id, last_qty, last_px)
            self.stir(family)
