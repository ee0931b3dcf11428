"""Net positions and their exact mean price, from fills."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import islice

from msgspec import Struct, structs

from ..instrument import Instrument
from ..order import Execution, ExecutionReport, OrderState, PositionState
from ..words import ExecType, OrdStatus, Side
from .by_age import ByAge
from .handle import Order
from .late_strangers import LateStrangers
from .lots import Lot, Lots


class Position(Struct, frozen=True, gc=False):
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
        self.held_now: dict[str, Position] = {}
        self._lots: dict[str, Lots] = {}

    def get(self, instrument: Instrument) -> Position:
        held = self.held_now.get(instrument.symbol)
        return Position(instrument) if held is None else held

    def apply(self, fill: Execution) -> Position:
        """Take a fill in; the position after it. The caller sees to it that none comes twice."""
        key = fill.instrument.symbol
        lots = self._lots.get(key)
        if lots is None:
            lots = self._lots[key] = Lots()
        lots.apply(fill)
        held = self.held_now[key] = Position(fill.instrument, lots.qty, lots.avg_px)
        return held

    def void(self, fill: Execution) -> None:
        """Hold what would be held without a fill."""
        key = fill.instrument.symbol
        lots = self._lots.setdefault(key, Lots())
        lots.void(fill)
        self.held_now[key] = Position(fill.instrument, lots.qty, lots.avg_px)

    def lots(self) -> list[tuple[str, tuple[Lot, ...]]]:
        """What is held, by symbol: contracts, signed, and what they cost, oldest first."""
        return [(symbol, lots.all()) for symbol, lots in self._lots.items() if lots.qty]

    def reset(self, instrument: Instrument, held: Sequence[Lot]) -> None:
        """Hold exactly this in an instrument, as `lots` tells it."""
        lots = self._lots[instrument.symbol] = Lots(held)
        self.held_now[instrument.symbol] = Position(instrument, lots.qty, lots.avg_px)

    def held(self) -> list[Position]:
        """Positions that are not flat."""
        return [position for position in self.held_now.values() if position]


class Ledger:
    """Fills booked once however often they are told, and what the account holds by them.

    An order's state may say more than the fills told so far (a look-up overtakes the stream). Those
    contracts are held too: whoever closed without them would close too little or too much.

    `forgotten_ns`: the broker's time of the newest fill that is not remembered any more; None while
    all are.
    """

    def __init__(self, executions_most: int) -> None:
        self._positions = PositionBook()
        self._booked: ByAge[int] = ByAge()  # the broker's times of them
        self._voided: ByAge[None] = ByAge()  # ids of those that were taken back
        self._fallen: dict[str, list[tuple[Order, int]]] = {}  # by symbol: of which, how many
        self.forgotten_ns: int | None = None
        self._most = executions_most
        self._ahead: dict[str, Order] = {}
        self._strangers: OrderedDict[str, int] = OrderedDict()  # booked, by ids not known yet
        self._claimed: dict[str, dict[Side, int]] = {}  # strangers' fills that are ours
        self.late = LateStrangers()
        self._filled: dict[str, Order] = {}
        self.changes = 0  # grows whenever a position, or who made it, may be another one
        self._moves: dict[str, int] = {}  # by symbol: `changes`, at its last

    def book(self, fill: Execution, order: Order | None) -> bool:
        """Move the position by a fill; False, and nothing moves, where it was booked before.
        `order`: the one of ours that was filled, None for a stranger's."""
        count = self._booked.add(fill.exec_id, fill.time_ns)
        if not count:
            return False
        if count > self._most:
            _, time_ns = self._booked.pop_oldest()
            self.forgotten_ns = max(self.forgotten_ns or 0, time_ns)
        if order is not None and order.covered:
            fill = self._beyond(fill, order)
        if fill.qty:
            symbol = fill.instrument.symbol
            self._positions.apply(fill)
            self._moves[symbol] = self.changes = self.changes + 1  # as `_moved`
        if order is not None:
            order.booked += fill.qty
        else:
            self.late.booked(fill)
            self._strangers[fill.order_id] = self._strangers.get(fill.order_id, 0) + fill.qty
            if len(self._strangers) > self._most:
                self._strangers.popitem(last=False)
        return True

    def void(self, fill: Execution, order: Order | None) -> bool:
        """Move the position back by a fill that was taken back; False where that was known. Whether
        it moves is for `knows` to say: of a stranger's that was never booked nothing is there."""
        count = self._voided.add(fill.exec_id, None)
        if not count:
            return False
        if count > self._most:
            self._voided.pop_oldest()
        booked = not self._booked.add(fill.exec_id, fill.time_ns)  # else it will be known
        undone = fill.qty if booked else 0
        if order is not None:
            if not booked:  # it may be in a position that was taken over before it was told
                undone = min(order.covered, fill.qty)
                order.covered -= undone
            order.booked -= undone
        elif booked:
            left = self._strangers.get(fill.order_id, 0) - fill.qty
            self._strangers[fill.order_id] = max(left, 0)
            self.late.voided(fill)
        if undone:
            self._positions.void(structs.replace(fill, qty=undone))
            self._moved(fill.instrument)
        return True

    def gave_back(self, fill: Execution, order: Order | None) -> None:
        """Whoever answers for what a fill closed that was taken back is to know of it."""
        if order is None:
            self._claim(fill.instrument.symbol, fill.side, fill.qty)
        else:
            self._fallen.setdefault(fill.instrument.symbol, []).append((order, fill.qty))
        self.changes += 1

    def fallen(self, symbol: str) -> list[tuple[Order, int]]:
        """Orders of ours of which fills were taken back since this was asked last, and how many
        contracts."""
        return self._fallen.pop(symbol, [])

    def voided(self, fill: Execution) -> bool:
        """Whether it is known that a fill was taken back."""
        return fill.exec_id in self._voided

    def _claim(self, symbol: str, side: Side, qty: int) -> None:
        """So many contracts of this side were booked as a stranger's, and are none."""
        sides = self._claimed.setdefault(symbol, {})
        sides[side] = sides.get(side, 0) + side.sign * qty

    def _beyond(self, fill: Execution, order: Order) -> Execution:
        """What of a fill is not in the position that was taken over before it was told."""
        covered = min(order.covered, fill.qty)
        order.covered -= covered
        return structs.replace(fill, qty=fill.qty - covered)

    def knows(self, fill: Execution) -> bool:
        """Whether a fill was booked, and is remembered."""
        return fill.exec_id in self._booked

    def lacks(self, stranger: OrderState) -> int:
        """How much more of a stranger's order was filled than was booked of it, as far as that is
        remembered; nothing by a word from before one was taken back."""
        more = stranger.cum_qty - self._strangers.get(stranger.order_id, 0)
        return 0 if self.late.outdated(stranger) else max(more, 0)

    # --- from one life to the next ----------------------------------------------------------------

    def lots(self) -> list[tuple[str, tuple[Lot, ...]]]:
        """What is held by the fills booked: see `PositionBook.lots`."""
        return self._positions.lots()

    def newest(self, most: int) -> tuple[str, ...]:
        """The ids of the newest fills booked, at most so many, oldest first."""
        if len(self._booked) <= most:
            return tuple(self._booked)
        return tuple(islice(reversed(self._booked), most))[::-1]

    def newest_voided(self, most: int) -> tuple[str, ...]:
        """The same of those that were taken back."""
        return tuple(islice(reversed(self._voided), most))[::-1]

    def reset(
        self,
        positions: Iterable[tuple[Instrument, Sequence[Lot]]],
        booked: Iterable[str],
        voided: Iterable[str] = (),
    ) -> None:
        """Hold exactly this, these fills in it; those of them that were taken back are not."""
        self._positions = PositionBook()
        for instrument, lots in positions:
            self._positions.reset(instrument, lots)
        for exec_id in booked:
            self._booked[exec_id] = 0  # their times are not kept
        for exec_id in voided:
            self._voided[exec_id] = None
        self.changes += 1

    def take_over(self, position: PositionState) -> None:
        """The broker's word on a position holds; what we know to be ahead of the fills is in it."""
        symbol = position.instrument.symbol
        for tag, order in list(self._ahead.items()):
            if order.instrument.symbol == symbol:
                order.covered += order.core.cum_qty - order.booked
                order.booked = order.core.cum_qty
                del self._ahead[tag]
        px = position.avg_px
        lots = [(position.qty, Decimal(0) if px is None else px)] if position.qty else []
        self._positions.reset(position.instrument, lots)
        self._moved(position.instrument)

    # --- what is held -----------------------------------------------------------------------------

    def note(self, order: Order) -> None:
        """An order changed: remember it while its state is ahead of the fills that were told."""
        core = order.core
        if self._strangers and core.order_id is not None:
            qty = self._strangers.pop(core.order_id, 0)
            if qty:
                order.booked += qty
                self._claim(order.instrument.symbol, order.side, qty)
                self.changes += 1
        cum_qty, request = core.cum_qty, core.request
        if cum_qty != order.counted:
            order.counted = cum_qty
            self._filled[request.cl_ord_id] = order
            self._moves[request.instrument.symbol] = self.changes = self.changes + 1  # as `_moved`
        if cum_qty > order.booked:
            self._ahead[request.cl_ord_id] = order
        elif self._ahead:
            self._ahead.pop(request.cl_ord_id, None)

    def moves(self, symbol: str) -> int:
        """A number that grows whenever the position in an instrument may be another one."""
        return self._moves.get(symbol, 0)

    def _moved(self, instrument: Instrument) -> None:
        self._moves[instrument.symbol] = self.changes = self.changes + 1

    def take_claimed(self, symbol: str) -> list[int]:
        """Contracts, signed, of each side that was, that were booked as a stranger's and turned out
        since this was asked last to be an order's of ours, or were taken back."""
        return list(self._claimed.pop(symbol, {}).values())

    def filled(self) -> Iterable[Order]:
        """Orders of which more is filled than when this was asked last."""
        if not self._filled:
            return ()
        found, self._filled = self._filled, {}
        return found.values()

    def pass_over(self, symbol: str) -> None:
        """Nobody asks what `filled` and `take_claimed` would say now."""
        if self._filled:
            self._filled = {}
        if self._claimed:
            self._claimed.pop(symbol, None)
        if self._fallen:
            self._fallen.pop(symbol, None)
        self.late.take(symbol)

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
        known = self._positions.held_now.get(instrument.symbol)
        position = Position(instrument) if known is None else known
        if not self._ahead:
            return position
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
    return None if report.exec_type is ExecType.TRADE_CANCEL else execution_of(report)


def execution_of(report: ExecutionReport) -> Execution | None:
    """The fill that a report is about, which is told by it or taken back; None where it does not
    say which."""
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


def report_of(order: Order, fill: Execution) -> ExecutionReport:
    """The report of a fill that the stream did not bring, by what we know of the order. How large
    one is that the broker made, and sizes himself, we may not know: that it is filled, it tells. Of
    one that was taken back, the report that says so."""
    core, request = order.core, order.request
    cum_qty = core.told.qty + fill.qty
    filled = cum_qty >= core.order_qty and not (core.adopted and not core.terminal)
    status = OrdStatus.FILLED if filled else OrdStatus.PARTIALLY_FILLED
    # Of an order that is known to be filled the last of its fills is its end, and no earlier one.
    # One that ended otherwise did so with what was filled of it: when all of it was, it had been
    # made as small as that. Only a fill that its end did not know of shows that the end was wrong.
    otherwise = core.terminal and core.venue_status is not OrdStatus.FILLED
    wrong = filled and cum_qty > core.cum_qty
    state = OrderState(
        instrument=request.instrument,
        order_id=fill.order_id,
        cl_ord_id=order.cl_ord_id,
        side=request.side,
        ord_type=request.ord_type,
        ord_status=core.venue_status if otherwise and not wrong else status,
        order_qty=core.order_qty,
        cum_qty=cum_qty,
        leaves_qty=0 if core.terminal else max(core.order_qty - cum_qty, 0),
        price=core.price,
        stop_px=core.stop_px,
        avg_px=None,
        time_ns=fill.time_ns,
    )
    report = ExecutionReport(
        exec_type=ExecType.TRADE,
        order=state,
        last_qty=fill.qty,
        last_px=fill.px,
        exec_id=fill.exec_id,
        fee=fill.fee,
    )
    return _void_report_of(order, report, fill) if fill.voided else report


def _void_report_of(order: Order, report: ExecutionReport, fill: Execution) -> ExecutionReport:
    """The same of one that was taken back. When that was, nobody says: it is newer than all that is
    known."""
    core = order.core
    known = fill.qty if core.told.knows(fill.exec_id) else 0
    cum_qty = max(core.told.qty - known, core.cum_qty - fill.qty, 0)
    status = OrdStatus.PARTIALLY_FILLED if cum_qty else OrdStatus.NEW
    state = structs.replace(
        report.order,
        ord_status=core.venue_status if core.terminal else status,
        order_qty=max(core.order_qty - fill.qty, 0),
        cum_qty=cum_qty,
        leaves_qty=core.leaves_qty,
        time_ns=core.time_ns,
    )
    return structs.replace(report, exec_type=ExecType.TRADE_CANCEL, order=state)
