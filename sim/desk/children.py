"""The broker's own brackets: stop and target attached to an entry, kept without the client.

The engine keeps them: here they get their numbers and their place in the books, and the engine is
told, right behind the entry, what hangs on it (`AttachLegs`). Children are suspended until the
entry fills; then they work, for what was filled, at their distance from its mean price. The client
hears of them as of other orders: they have ids, the entry as parent, and no tag of the client's.
"""

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Protocol

from ...matching.commands import AttachLegs, CancelOrder, Leg
from ...matching.reports import Report
from ...trading.errors import Refused
from ...trading.instrument import Instrument
from ...trading.order import OrderRequest
from ...trading.price import Ticks
from ...trading.words import ExecType, OrdStatus, OrdType, Reason, TimeInForce
from ..exchange import Exchange
from .bracket_rules import BracketRules
from .grid import grid_units
from .orders import OrderRecord


class Books(Protocol):
    """What the children need of the desk."""

    @property
    def exchange(self) -> Exchange: ...
    def born(self, request: OrderRequest, parent: OrderRecord) -> OrderRecord:
        """Take a child into the books."""

    def held(self, instrument: Instrument) -> int:
        """Contracts of the account, signed."""


class Children:
    """All entries with children of one account, and the children that are not over."""

    def __init__(self, books: Books, rules: BracketRules) -> None:
        self._books = books
        self._rules = rules
        self._new: dict[int, OrderRecord] = {}  # entries of which the engine was not told yet
        self._live: dict[int, OrderRecord] = {}
        self._restored: dict[int, list[tuple[OrderRecord, Decimal | None]]] = {}

    def attach(self, entry: OrderRecord) -> None:
        """An entry with something attached is in the books."""
        self._new[entry.number] = entry

    def restore(self, record: OrderRecord, px: Decimal | None) -> None:
        """An order of an earlier life is in the books again, entries before their children. `px`:
        where the broker put a child last."""
        parent = record.parent
        if record.request.attached is not None and not record.status.terminal:
            self.attach(record)
        if parent is not None and parent.request.attached is not None:
            self._new.pop(parent.number, None)
            self._restored.setdefault(parent.number, []).append((record, px))

    def resume(self) -> None:
        """All orders are back: the engine is told again what hangs together, and what an entry
        lacks is made up for."""
        for entry in list(self._new.values()):
            self._attach(entry)
        for children in self._restored.values():
            self._attach_again(children)
        self._restored.clear()

    def px_of(self, number: int) -> Decimal | None:
        """Where the broker put a child last; None for one that is over, and for what is none."""
        child = self._live.get(number)
        if child is None:
            return None
        instrument = child.request.instrument
        legs = self._books.exchange.book(instrument.symbol).legs
        px = next((leg.px for leg in legs if leg.order_id == number), None)
        return None if px is None else instrument.decimal(px)

    def heard(self, record: OrderRecord, report: Report) -> None:
        """An order changed; told already."""
        if record.status.terminal:
            self._live.pop(record.number, None)
        if record.number in self._new:
            self._books.exchange.afterwards(partial(self._attach, record))
        instrument = record.request.instrument
        filled = report.exec_type is ExecType.TRADE
        if filled and self._rules.close_cancels and not self._books.held(instrument):
            self._books.exchange.afterwards(partial(self._leave, instrument))

    def check_change(self, record: OrderRecord) -> None:
        """Raise `Refused` for a child that cannot be changed yet."""
        if record.status is OrdStatus.SUSPENDED:
            raise Refused(
                f"order {record.number} waits for the fill of its entry; change it when it works",
                reason=Reason.TYPE_NOT_ALLOWED_NOW,
            )

    # --- how -------------------------------------------------------------------------------------

    def _attach(self, entry: OrderRecord) -> None:
        """Have children for an entry, unless it is over and nothing came of it."""
        if self._new.pop(entry.number, None) is None:
            return  # two of its reports were told at once
        if entry.cum_qty or not entry.status.terminal:
            self._hang(entry, tuple(self._bear(entry)))

    def _attach_again(self, children: list[tuple[OrderRecord, Decimal | None]]) -> None:
        """Hang on an entry what is left of its children of an earlier life."""
        live = [(child, px) for child, px in children if not child.status.terminal]
        if any(child.status is OrdStatus.FILLED for child, _ in children):
            for child, _ in live:
                self._cancel(child)
            return
        if not live:
            return
        self._live.update((child.number, child) for child, _ in live)
        closed_qty = sum(child.cum_qty for child, _ in children)
        self._hang(live[0][0].parent, tuple(_leg_again(*each) for each in live), closed_qty)

    def _hang(
        self, entry: OrderRecord | None, legs: tuple[Leg, ...], closed_qty: int | None = None
    ) -> None:
        """Tell the engine. `closed_qty`: what children of an earlier life closed; None: new."""
        assert entry is not None, "a child has a parent"
        instrument = entry.request.instrument
        self._books.exchange.enter(
            instrument.symbol,
            AttachLegs(
                entry_id=entry.number,
                side=entry.request.side.opposite,
                order_qty=entry.request.order_qty,
                legs=legs,
                cum_qty=entry.cum_qty,
                worth=entry.worth_units,
                closed_qty=closed_qty or 0,
                resumed=closed_qty is not None,
                each_fill=self._rules.opens == "each fill",
                shrinks=self._rules.shrinks,
                grid=grid_units(instrument),
            ),
        )

    def _bear(self, entry: OrderRecord) -> Iterator[Leg]:
        attached, parent = entry.request.attached, entry.request
        assert attached is not None, "only such an entry has children"
        kind = OrdType.TRAILING_STOP if attached.trails else OrdType.STOP
        first: OrderRecord | None = None
        for distance, ord_type in ((attached.stop, kind), (attached.target, OrdType.LIMIT)):
            if distance is None:
                continue
            trails = ord_type is OrdType.TRAILING_STOP
            request = OrderRequest(
                cl_ord_id="",
                instrument=parent.instrument,
                side=parent.side.opposite,
                ord_type=ord_type,
                order_qty=parent.order_qty,
                trail=_trail(parent.instrument, distance) if trails else None,
                tif=TimeInForce.GTC,
            )
            record = self._books.born(request, entry)
            record.linked = first  # the target names the stop, not the reverse (protocol, D7)
            first = first or record
            self._live[record.number] = record
            yield Leg(record.number, ord_type, distance.n, request.trail)

    def _leave(self, instrument: Instrument) -> None:
        """The account is flat in an instrument: the kinder broker takes all children away."""
        for child in list(self._live.values()):
            entry = child.parent
            same = child.request.instrument.symbol == instrument.symbol
            over = entry is not None and entry.status.terminal
            if same and over and not child.status.terminal and not self._books.held(instrument):
                self._cancel(child)

    def _cancel(self, child: OrderRecord) -> None:
        self._books.exchange.enter(child.request.instrument.symbol, CancelOrder(child.number))


def _leg_again(child: OrderRecord, px: Decimal | None) -> Leg:
    """A child that was kept; `px`: where the broker put it last."""
    request, attached = child.request, None if child.parent is None else child.parent.request
    of = None if attached is None else attached.attached
    stops = request.ord_type is not OrdType.LIMIT
    distance = None if of is None else of.stop if stops else of.target
    assert distance is not None, "it was made for one"
    works = child.status is not OrdStatus.SUSPENDED
    at = px or (child.stop_px if stops else child.price) if works else None
    return Leg(
        order_id=child.number,
        ord_type=request.ord_type,
        distance=distance.n,
        trail=request.trail,
        px=None if at is None else request.instrument.units(at),
        carried=child.cum_qty,
    )


def _trail(instrument: Instrument, distance: Ticks) -> int:
    """A distance in ticks as one in units, at the newest tick."""
    return abs(distance.n) * instrument.tick_units(0)
