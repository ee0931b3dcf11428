"""The broker's own brackets: stop and target attached to an entry, kept without the client.

Children are suspended, and not at the exchange, until the entry fills; then they work, for what was
filled, at their distance from its mean price. The client hears of them as of other orders: they
have ids, the entry as parent, and no tag of the client's. Their orders go to the exchange after all
that it reported at that moment was told, so that two legs filled in one instant both stay filled.
"""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Protocol

from ...matching.commands import CancelOrder, Command, NewOrder
from ...matching.reports import Report
from ...trading.errors import Refused
from ...trading.instrument import Instrument
from ...trading.order import OrderRequest
from ...trading.price import Ticks
from ...trading.words import ExecType, OrdStatus, OrdType, Reason, TimeInForce
from ..exchange import Exchange
from .bracket_rules import BracketRules
from .orders import OrderRecord


class Books(Protocol):
    """What the children need of the desk."""

    @property
    def exchange(self) -> Exchange: ...
    def born(self, request: OrderRequest, parent: OrderRecord) -> OrderRecord:
        """Take a child into the books."""

    def works(self, record: OrderRecord) -> None:
        """A child is about to be at the exchange."""

    def say(self, record: OrderRecord, what: ExecType, status: OrdStatus) -> None:
        """Tell of an order that the exchange does not know."""

    def held(self, instrument: Instrument) -> int:
        """Contracts of the account, signed."""


class Child:
    """One of an entry's children. `px`: where the broker last put it, None before it worked. `qty`:
    the size that its family had for it then; None before, and for one of an earlier life."""

    __slots__ = ("distance", "px", "qty", "record")

    def __init__(self, record: OrderRecord, distance: Ticks) -> None:
        self.record = record
        self.distance = distance
        self.px: Decimal | None = None
        self.qty: int | None = None

    @property
    def now(self) -> Decimal | None:
        """Where it works."""
        return self.record.stop_px if self.stops else self.record.price

    @property
    def stops(self) -> bool:
        """Whether it is the stop, trailing or not."""
        return self.record.request.ord_type is not OrdType.LIMIT

    def resized(self, qty: int) -> int:
        """Its size, now that its family has `qty` for it. What the client made smaller or larger
        stays so: it grows with what the entry fills, and is never larger than what became less."""
        before, now = qty if self.qty is None else self.qty, self.record.order_qty
        return min(now, qty) if qty < before else now + qty - before

    def px_from(self, entry_px: Decimal) -> Decimal:
        """Where it belongs: counted from the mean price, to the tick that is nearer to it."""
        grid, n = self.record.request.instrument, self.distance.n
        raw = entry_px + grid.tick_at(entry_px) * n
        return grid.price(raw, rounding="down" if n > 0 else "up")


class Family:
    """An entry and its children. `over`: nothing becomes of them any more."""

    __slots__ = ("children", "entry", "over")

    def __init__(self, entry: OrderRecord) -> None:
        self.entry = entry
        self.children: list[Child] = []
        self.over = False

    @property
    def live(self) -> list[Child]:
        return [child for child in self.children if not child.record.status.terminal]

    @property
    def open_qty(self) -> int:
        """Contracts that the entry opened and no child closed."""
        return self.entry.cum_qty - sum(child.record.cum_qty for child in self.children)


class Children:
    """All families of one account, by the number of each of their orders."""

    def __init__(self, books: Books, rules: BracketRules) -> None:
        self._books = books
        self._rules = rules
        self._families: dict[int, Family] = {}

    def attach(self, entry: OrderRecord) -> None:
        """An entry with something attached is in the books."""
        self._families[entry.number] = Family(entry)

    def restore(self, record: OrderRecord, px: Decimal | None) -> None:
        """An order of an earlier life is in the books again, entries before their children. `px`:
        where the broker put a child last."""
        parent, attached = record.parent, record.request.attached
        if attached is not None:
            self.attach(record)
        if parent is None or parent.request.attached is None:
            return
        family, of = self._families[parent.number], parent.request.attached
        child = Child(record, Ticks(0))
        distance = of.stop if child.stops else of.target
        assert distance is not None, "it was made for one"
        child.distance, child.px = distance, px
        family.children.append(child)
        self._families[record.number] = family

    def resume(self) -> None:
        """All orders are back: what a family lacks is made up for."""
        for family in dict.fromkeys(self._families.values()):
            family.over = family.entry.status.terminal and not family.live
            if not family.over:
                self._afterwards(partial(self._follow, family))

    def px_of(self, number: int) -> Decimal | None:
        """Where the broker put a child last; None for what is none."""
        family = self._families.get(number)
        found = [] if family is None else family.children
        return next((child.px for child in found if child.record.number == number), None)

    def heard(self, record: OrderRecord, report: Report) -> None:
        """An order changed; told already."""
        family = self._families.get(record.number)
        if family is not None and not family.over:
            self._afterwards(lambda: self._follow(family))
        instrument = record.request.instrument
        filled = report.exec_type is ExecType.TRADE
        if filled and self._rules.close_cancels and not self._books.held(instrument):
            self._afterwards(lambda: self._leave(instrument))

    def check_change(self, record: OrderRecord) -> None:
        """Raise `Refused` for a child that cannot be changed yet."""
        if record.status is OrdStatus.SUSPENDED:
            raise Refused(
                f"order {record.number} waits for the fill of its entry; change it when it works",
                reason=Reason.TYPE_NOT_ALLOWED_NOW,
            )

    def cancel(self, record: OrderRecord) -> None:
        """Take a child away."""
        if record.status is OrdStatus.SUSPENDED:
            self._books.say(record, ExecType.CANCELED, OrdStatus.CANCELED)
        elif not record.status.terminal:
            self._enter(record, CancelOrder(record.number))

    # --- how -------------------------------------------------------------------------------------

    def _afterwards(self, act: Callable[[], None]) -> None:
        self._books.exchange.afterwards(act)

    def _follow(self, family: Family) -> None:
        """Bring the children to where the entry and they themselves are now."""
        entry = family.entry
        if family.over:
            return
        if entry.status is OrdStatus.REJECTED or (entry.status.terminal and not entry.cum_qty):
            self._end(family)
            return
        if not family.children:
            self._bear(family)
        # One that is filled cancels the other (7.3); what the entry fills later has neither.
        if any(child.record.status is OrdStatus.FILLED for child in family.children):
            self._end(family)
            return
        complete = entry.status.terminal
        if not entry.cum_qty or (self._rules.opens == "complete" and not complete):
            return
        for child in family.live:
            self._bring(family, child)
        family.over = complete and not family.live

    def _bear(self, family: Family) -> None:
        attached, parent = family.entry.request.attached, family.entry.request
        assert attached is not None, "only such an entry has a family"
        stop = OrdType.TRAILING_STOP if attached.trails else OrdType.STOP
        kinds = ((attached.stop, stop), (attached.target, OrdType.LIMIT))
        for distance, kind in kinds:
            if distance is None:
                continue
            trails = kind is OrdType.TRAILING_STOP
            request = OrderRequest(
                cl_ord_id="",
                instrument=parent.instrument,
                side=parent.side.opposite,
                ord_type=kind,
                order_qty=parent.order_qty,
                trail=_trail(parent.instrument, distance) if trails else None,
                tif=TimeInForce.GTC,
            )
            record = self._books.born(request, family.entry)
            if family.children:  # the target names the stop, not the reverse (protocol, D7)
                record.linked = family.children[0].record
            family.children.append(Child(record, distance))
            self._families[record.number] = family
        for child in family.children:
            self._books.say(child.record, ExecType.SUSPENDED, OrdStatus.SUSPENDED)

    def _bring(self, family: Family, child: Child) -> None:
        """Have a child work for what is open, at its distance; what the client made of it stays."""
        record, entry_px = child.record, family.entry.avg_px
        assert entry_px is not None, "something was filled"
        qty = family.entry.cum_qty
        if self._rules.shrinks:
            qty = record.cum_qty + family.open_qty
        px = child.px_from(entry_px)
        if record.status is OrdStatus.SUSPENDED:
            child.px, child.qty = px, qty
            self._books.works(record)
            self._enter(record, self._new(child, qty, px))
            return
        # A trailing stop moves by itself, and never back.
        moved = child.now != child.px or record.trail is not None
        qty, child.qty = child.resized(qty), qty
        if qty == record.order_qty and (moved or px == child.px):
            return
        units = None
        if not moved and px != child.px:
            child.px, units = px, record.request.instrument.units(px)
        stops = child.stops
        self._enter(
            record,
            record.change(qty, None if stops else units, units if stops else None),
        )

    def _new(self, child: Child, qty: int, px: Decimal) -> NewOrder:
        request = child.record.request
        units = request.instrument.units(px)
        return NewOrder(
            child.record.number,
            request.side,
            request.ord_type,
            qty,
            None if child.stops else units,
            units if child.stops else None,
            request.trail,
            request.tif,
        )

    def _end(self, family: Family) -> None:
        family.over = True
        for child in family.live:
            self.cancel(child.record)

    def _leave(self, instrument: Instrument) -> None:
        """The account is flat in an instrument: the kinder broker takes all children away."""
        for family in list(self._families.values()):
            same = family.entry.request.instrument.symbol == instrument.symbol
            if same and family.entry.status.terminal and not self._books.held(instrument):
                self._end(family)

    def _enter(self, record: OrderRecord, command: Command) -> None:
        self._books.exchange.enter(record.request.instrument.symbol, command)


def _trail(instrument: Instrument, distance: Ticks) -> int:
    """A distance in ticks as one in units, at the newest tick."""
    return abs(distance.n) * instrument.tick_units(0)
