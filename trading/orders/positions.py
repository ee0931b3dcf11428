"""Net positions and their exact mean price, from fills."""

from collections import OrderedDict
from decimal import Decimal

from msgspec import Struct

from ..instrument import Instrument
from ..order import Execution, ExecutionReport
from .handle import Order
from .lots import Lots


class Position(Struct, frozen=True):
    """Signed contracts (short is negative) and the exact mean price of those held; None when flat.

    True when anything is held, so that `if self.position:` reads as it should.
    """

    instrument: Instrument
    qty: int = 0
    avg_px: Decimal | None = None

    def __bool__(self) -> bool:
        return self.qty != 0


class PositionBook:
    """The account's positions by instrument.

    The oldest contracts are closed first, as the simulated broker's desk counts them, so that both
    name the same mean price after a partial close.
    """

    def __init__(self) -> None:
        self._held: dict[str, Position] = {}
        self._lots: dict[str, Lots] = {}

    def get(self, instrument: Instrument) -> Position:
        held = self._held.get(instrument.symbol)
        return Position(instrument) if held is None else held

    def apply(self, fill: Execution) -> Position:
        """Take a fill in; the position after it. The caller sees to it that none comes twice."""
        key = fill.instrument.symbol
        lots = self._lots.get(key)
        if lots is None:
            lots = self._lots[key] = Lots()
        lots.apply(fill)
        held = self._held[key] = Position(fill.instrument, lots.qty, lots.avg_px)
        return held

    def held(self) -> list[Position]:
        """Positions that are not flat."""
        return [position for position in self._held.values() if position]


class Ledger:
    """Fills booked once however often they are told, and what the account holds by them.

    An order's state may say more than the fills told so far (a look-up overtakes the stream). Those
    contracts are held too: whoever closed without them would close too little or too much.
    """

    def __init__(self, executions_most: int) -> None:
        self._positions = PositionBook()
        self._booked: OrderedDict[str, None] = OrderedDict()
        self._most = executions_most
        self._ahead: dict[str, Order] = {}
        self._strangers: OrderedDict[str, int] = OrderedDict()  # booked, by ids not known yet

    def book(self, fill: Execution, order: Order | None) -> bool:
        """Move the position by a fill; False, and nothing moves, where it was booked before.
        `order`: the one of ours that was filled, None for a stranger's."""
        if fill.exec_id in self._booked:
            return False
        self._booked[fill.exec_id] = None
        if len(self._booked) > self._most:
            self._booked.popitem(last=False)
        self._positions.apply(fill)
        if order is not None:
            order.booked += fill.qty
        else:
            self._strangers[fill.order_id] = self._strangers.get(fill.order_id, 0) + fill.qty
            if len(self._strangers) > self._most:
                self._strangers.popitem(last=False)
        return True

    def note(self, order: Order) -> None:
        """An order changed: remember it while its state is ahead of the fills that were told."""
        if self._strangers and order.order_id is not None:
            order.booked += self._strangers.pop(order.order_id, 0)
        if order.core.cum_qty > order.booked:
            self._ahead[order.cl_ord_id] = order
        else:
            self._ahead.pop(order.cl_ord_id, None)

    @property
    def any_held(self) -> bool:
        """Whether something is held, or will be once its fills are told."""
        return bool(self._ahead or self._positions.held())

    def positions(self) -> list[Position]:
        """Positions that are not flat, contracts not yet told one by one included."""
        known = {p.instrument.symbol: p.instrument for p in self._positions.held()}
        known.update({o.instrument.symbol: o.instrument for o in self._ahead.values()})
        return [p for p in map(self.position, known.values()) if p]

    def position(self, instrument: Instrument) -> Position:
        """What is held, contracts not yet told one by one included, these at their order's mean."""
        position = self._positions.get(instrument)
        qty, avg_px = position.qty, position.avg_px
        for order in self._ahead.values():
            if order.instrument.symbol == instrument.symbol:
                before = qty
                qty += order.side.sign * (order.core.cum_qty - order.booked)
                avg_px = avg_px if before * qty > 0 else order.avg_px
        return (
            position if qty == position.qty else Position(instrument, qty, avg_px if qty else None)
        )


def fill_of(report: ExecutionReport) -> Execution | None:
    """The fill that a report tells of; None where it tells of none."""
    state = report.order
    if report.exec_id is None or report.last_px is None:
        return None
    return Execution(
        exec_id=report.exec_id,
        instrument=state.instrument,
        order_id=state.order_id,
        cl_ord_id=state.cl_ord_id,
        side=state.side,
        qty=report.last_qty,
        px=report.last_px,
        time_ns=state.time_ns,
        fee=report.fee,
    )
