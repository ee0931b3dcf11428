"""The order manager: the one place through which a trader's orders go, on every broker.

It owns the order table, the brackets and the positions it was told of. Events come in through
`on_event`, cores decide, the courier sends. Nothing here waits: whoever wants to wait holds a handle.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from ..broker import Broker, BrokerEvent
from ..errors import ProtocolError, Refused, RefusedByUs, UsageError
from ..instrument import Instrument
from ..order import Execution, ExecutionReport, OrderRequest, OrderSpec
from ..price import PriceLike, Ticks
from ..words import OrdStatus, TradingStatus
from .bracket import Bracket
from .bracket_core import Level, Plan, check_levels, entry_type_fits
from .courier import Courier
from .flatten import Flatten
from .flatten_core import FlattenResult
from .handle import CancelResult, Order
from .order_core import OrderCore, Wish
from .positions import Position, PositionBook
from .registry import Registry
from .settings import OrderSettings


class Incident(Struct, frozen=True):
    """Something that went wrong and was dealt with, or that somebody should look at."""

    time_ns: int
    kind: str
    text: str


class Listener(Protocol):
    """Who is told what happens, after the manager has acted on it."""

    def on_report(self, order: Order, report: ExecutionReport) -> None: ...
    def on_fill(self, order: Order, fill: Execution) -> None: ...
    def on_position(self, position: Position) -> None: ...
    def on_incident(self, incident: Incident) -> None: ...


class OrderManager:
    """Places, changes, cancels and guards orders on one account.

    `now_ns` is the wall clock, for stamps only; every wait uses the running loop's own clock. `prefix`
    goes before every client tag, so that tags stay unique in an account that outlives this process.
    """

    def __init__(
        self,
        broker: Broker,
        listener: Listener,
        *,
        now_ns: Callable[[], int],
        settings: OrderSettings | None = None,
        prefix: str = "",
    ) -> None:
        self.broker = broker
        self.settings = settings or OrderSettings()
        self.incidents: list[Incident] = []
        self._listener = listener
        self._now_ns = now_ns
        self._prefix = prefix
        self._intents = 0
        self._orders = Registry(self.settings)
        self._positions = PositionBook()
        self._executions: OrderedDict[str, None] = OrderedDict()
        self._brackets: list[Bracket] = []
        self._flattens: dict[str, Flatten] = {}
        self._courier = Courier(broker, self._answered, self._broker_failed)
        broker.listen(self.on_event)

    # --- orders ---------------------------------------------------------------------------------

    def place(self, instrument: Instrument, spec: OrderSpec) -> Order:
        """Send an order; wait on the handle for what becomes of it.

        Raises `OffGrid` or `UsageError` (nothing is sent) for prices that are not on the grid, and
        `RefusedByUs` while the instrument is being flattened or where the broker offers no such order.
        """
        self._open_for_business(instrument)
        return self.send(self._request(f"{self._next_intent()}#1", instrument, spec))

    def modify(
        self,
        order: Order,
        *,
        qty: int | None = None,
        limit: PriceLike | None = None,
        stop: PriceLike | None = None,
        trail: Ticks | None = None,
    ) -> None:
        """Change a working order; what is left out stays. `qty` is the new total, fills included.

        Of several changes under way the latest wins. Raises `UsageError` for a change that the order's
        type has no room for, and for an order that is over.
        """
        if not order.working:
            raise UsageError(f"{order.describe()} is over ({order.status.name}); it cannot change")
        if qty is not None and qty < 1:
            raise UsageError(f"qty is {qty!r}; to take {order.describe()} away, cancel it")
        old, grid = order.core.wish, order.instrument
        for name, new, has in (
            ("limit", limit, old.price),
            ("stop", stop, old.stop_px),
            ("trail", trail, old.trail),
        ):
            if new is not None and has is None:
                raise UsageError(f"{order.describe()} has no {name} price to change")
        order.core.refusal = ""
        order.core.want(
            Wish(
                old.working,
                old.order_qty if qty is None else qty,
                old.price if limit is None else grid.decimal(grid.units(limit)),
                old.stop_px if stop is None else grid.decimal(grid.units(stop)),
                old.trail if trail is None else trail.n * grid.tick_units(0),
            )
        )
        self._courier.advance(order)

    async def modify_and_wait(
        self,
        order: Order,
        *,
        qty: int | None = None,
        limit: PriceLike | None = None,
        stop: PriceLike | None = None,
        trail: Ticks | None = None,
    ) -> None:
        """As `modify`, and wait until the broker agreed, the order is over, or a later change took
        this one's place. Raises `Refused` when the broker said no; the order is as it was then."""
        self.modify(order, qty=qty, limit=limit, stop=stop, trail=trail)
        core, wish = order.core, order.core.wish
        await order.changed.until(
            lambda: core.terminal or bool(core.refusal) or core.agreed or core.wish != wish
        )
        if core.refusal and not core.terminal:
            raise Refused(f"change of {order.describe()} was refused: {core.refusal}")

    async def cancel(self, order: Order) -> CancelResult:
        """Take an order away and tell the truth about it: what was filled, and whether it is gone.

        A cancel given up by its caller goes on; an order not yet sent or answered is cancelled as soon
        as its id is known.
        """
        if order.working:
            order.core.want_gone()
            self._courier.advance(order)
            await order.changed.until(lambda: not order.working or order.core.stuck)
        status = order.core.venue_status
        if not status.terminal:
            return CancelResult("unknown", order.cum_qty)
        if status is OrdStatus.FILLED:
            return CancelResult("already_filled", order.cum_qty)
        ended_by_cancel = status is OrdStatus.CANCELED
        return CancelResult("cancelled" if ended_by_cancel else "already_done", order.cum_qty)

    def bracket(
        self,
        instrument: Instrument,
        spec: OrderSpec,
        *,
        stop: Level,
        target: Level | None,
        market: PriceLike | None = None,
    ) -> Bracket:
        """Send an entry that is protected as it fills. `market` is what a market entry's levels are
        checked against, where it is known.

        Raises `UsageError` for levels on the wrong side of the entry or of each other after alignment,
        and for entry types that cannot be protected; nothing is sent then. Else as `place`.
        """
        self._open_for_business(instrument)
        if not entry_type_fits(spec.ord_type):
            raise UsageError(
                f"a bracket's entry is a market, limit or stop order, not {spec.ord_type.name}"
            )
        intent = self._next_intent()
        request = self._request(f"{intent}.entry#1", instrument, spec)
        plan = Plan(instrument, spec.side, spec.qty, stop, target)
        reference = request.price if request.price is not None else request.stop_px
        if reference is None and market is not None:
            reference = instrument.decimal(instrument.units(market))
        check_levels(plan, reference)
        bracket = Bracket(intent, plan, self, self.settings)
        self._brackets.append(bracket)
        bracket.begin(request)
        return bracket

    async def flatten(self, instrument: Instrument, reason: str = "") -> FlattenResult:
        """Cancel everything that works in an instrument and close what is held; however many call,
        it is done once. Entries are refused meanwhile."""
        flatten = self._flattens.get(instrument.symbol)
        if flatten is None:
            intent = self._next_intent()
            flatten = Flatten(intent, instrument, reason, self, self, self.settings)
            self._flattens[instrument.symbol] = flatten
            self._settle(instrument)
        return await flatten.finished()

    # --- what is ----------------------------------------------------------------------------------

    def position(self, instrument: Instrument) -> Position:
        return self._positions.get(instrument)

    def orders_of(self, instrument: Instrument) -> list[Order]:
        """Orders in an instrument that are not known to be over, oldest first."""
        symbol = instrument.symbol
        return [o for o in self._orders.working() if o.instrument.symbol == symbol]

    def brackets_of(self, instrument: Instrument) -> list[Bracket]:
        """Brackets in an instrument that still work or hold something."""
        return [b for b in self._brackets if b.plan.instrument.symbol == instrument.symbol]

    def held(self, instrument: Instrument) -> int:
        return self._positions.get(instrument).qty

    # --- what happens -------------------------------------------------------------------------------

    def on_event(self, event: BrokerEvent) -> None:
        """Take an event of the broker's in. Account, position and stream events say nothing that is
        not in the reports of a lossless stream."""
        if isinstance(event, ExecutionReport):
            self._on_report(event)

    def on_status(self, instrument: Instrument, status: TradingStatus) -> None:
        """The market moved to another state; its opening ends the pauses that waited for it."""
        if status is TradingStatus.OPEN:
            for bracket in self.brackets_of(instrument):
                bracket.wake()
            self._settle(instrument)

    def close(self) -> None:
        """Stop sending anything by itself. What works at the broker stays there."""
        self._courier.stop()

    def _on_report(self, report: ExecutionReport) -> None:
        order = self._orders.find(report.order.cl_ord_id, report.order.order_id)
        if order is None:
            self._on_stranger(report)
            return
        self._on_own(order, report)
        self._settle(order.instrument)

    def _on_own(self, order: Order, report: ExecutionReport) -> None:
        try:
            order.core.apply(report)
        except ProtocolError as error:
            self.incident("protocol", f"{order.describe()}: {error}")
            return
        fill = self._book_fill(report)
        if fill is not None:
            order.fills.append(fill)
        self._after_change(order)
        self._listener.on_report(order, report)
        if fill is not None:
            self._listener.on_fill(order, fill)
            self._listener.on_position(self._positions.get(order.instrument))

    def _on_stranger(self, report: ExecutionReport) -> None:
        """Not one of ours, or one whose id we are not told yet. Its fills move the position."""
        if self._orders.is_tombstone(report.order.cl_ord_id):
            return
        if not report.order.cl_ord_id:
            self._orders.hold(report)
        fill = self._book_fill(report)
        if fill is not None:
            self._listener.on_position(self._positions.get(fill.instrument))
            self._settle(fill.instrument)

    def _book_fill(self, report: ExecutionReport) -> Execution | None:
        """The fill of a report, once; None where there is none or it was booked already."""
        exec_id, last_px, state = report.exec_id, report.last_px, report.order
        if exec_id is None or last_px is None or exec_id in self._executions:
            return None
        self._executions[exec_id] = None
        if len(self._executions) > self.settings.executions_most:
            self._executions.popitem(last=False)
        fill = Execution(
            exec_id=exec_id,
            instrument=state.instrument,
            order_id=state.order_id,
            cl_ord_id=state.cl_ord_id,
            side=state.side,
            qty=report.last_qty,
            px=last_px,
            time_ns=state.time_ns,
        )
        self._positions.apply(fill)
        return fill

    # --- what the cores' shells need (bracket.Sender, flatten.Book) ---------------------------------

    def send(self, request: OrderRequest) -> Order:
        """Enter an order in the table and send it."""
        order = Order(OrderCore(request, self.settings))
        self._orders.add(order)
        self._courier.advance(order)
        return order

    def advance(self, order: Order) -> None:
        """Send what the order's core wants next; one that was never sent ends here."""
        self._courier.advance(order)
        if order.core.terminal:
            self._after_change(order)

    def later(self, delay_s: float, call: Callable[[], None]) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(delay_s, call)

    def incident(self, kind: str, text: str) -> None:
        incident = Incident(self._now_ns(), kind, text)
        self.incidents.append(incident)
        self._listener.on_incident(incident)

    # --- how ------------------------------------------------------------------------------------------

    def _request(self, tag: str, instrument: Instrument, spec: OrderSpec) -> OrderRequest:
        offers = self.broker.offers
        if spec.ord_type not in offers.ord_types or spec.tif not in offers.tifs:
            raise RefusedByUs(
                f"this broker offers no {spec.ord_type.name} {spec.tif.name} orders; "
                f"it has {', '.join(sorted(t.name for t in offers.ord_types))}"
            )
        exact = instrument.decimal
        return OrderRequest(
            cl_ord_id=tag,
            instrument=instrument,
            side=spec.side,
            ord_type=spec.ord_type,
            order_qty=spec.qty,
            price=None if spec.limit is None else exact(instrument.units(spec.limit)),
            stop_px=None if spec.stop is None else exact(instrument.units(spec.stop)),
            trail=None if spec.trail is None else spec.trail.n * instrument.tick_units(0),
            tif=spec.tif,
        )

    def _next_intent(self) -> str:
        self._intents += 1
        return f"{self._prefix}{self._intents}"

    def _open_for_business(self, instrument: Instrument) -> None:
        if instrument.symbol in self._flattens:
            raise RefusedByUs(
                f"{instrument.symbol} is being flattened; no entries until it is done"
            )

    def _answered(self, order: Order) -> None:
        for report in self._orders.learn_id(order):
            self._on_own(order, report)
        self._after_change(order)
        self._settle(order.instrument)

    def _after_change(self, order: Order) -> None:
        if order.core.terminal:
            self._orders.finish(order, asyncio.get_running_loop().time())
        elif order.core.stuck and not order.alarmed:
            order.alarmed = True
            self.incident("cancel_failed", f"{order.describe()} cannot be cancelled")
        order.changed.tell()

    def _broker_failed(self, order: Order, text: str) -> None:
        self.incident("broker_error", f"{order.describe()}: {text}")

    def _settle(self, instrument: Instrument) -> None:
        """Compare what should be with what is, for everything in an instrument, and send."""
        for bracket in self.brackets_of(instrument):
            bracket.settle()
        self._brackets = [b for b in self._brackets if not b.finished]
        flatten = self._flattens.get(instrument.symbol)
        if flatten is not None:
            flatten.settle()
            if flatten.result is not None:
                del self._flattens[instrument.symbol]
        for order in self.orders_of(instrument):
            if order.core.flight is None:
                self._courier.advance(order)
