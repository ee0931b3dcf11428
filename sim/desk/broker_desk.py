"""The broker's desk: what stands between a client's request and the matching engine.

It knows tags, accounts and money; matching knows neither. `SimBroker` reaches it through the wire,
and so will the gateway.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal

from ...matching.commands import CancelOrder, NewOrder, ReplaceOrder
from ...matching.reports import Report
from ...trading.broker import AccountState, BrokerEvent
from ...trading.errors import Refused
from ...trading.instrument import Instrument
from ...trading.order import (
    Execution,
    ExecutionReport,
    OrderChange,
    OrderRequest,
    OrderState,
    PositionState,
)
from ...trading.words import ExecType, OrdStatus, OrdType, Reason, Side
from ..exchange import Exchange
from .account import Account
from .bracket_rules import BracketRules, check_attached
from .by_time import ByTime
from .children import Children
from .fills import Fills
from .grid import on_grid, units_or_none
from .links import Links
from .margin import check_margin
from .marking import open_profit
from .orders import OrderRecord
from .wording import said

_ANSWERS = frozenset({ExecType.CANCEL_REJECTED, ExecType.REPLACE_REJECTED})


class BrokerDesk:
    """One account's orders. `margin`: money held for each contract by symbol or root; None: not
    checked. `brackets`: how it keeps stop and target for an entry; None: not at all. `number` gives
    the next order its number, where several desks share one row of them. `tell` hears every event,
    at the broker, before any wire."""

    def __init__(
        self,
        account: Account,
        now_ns: Callable[[], int],
        margin: Mapping[str, Decimal] | None = None,
        brackets: BracketRules | None = None,
        number: Callable[[], int] | None = None,
    ) -> None:
        self.account = account
        self.brackets = brackets
        self._entered = ByTime[OrderRecord]()
        self.fills = Fills()
        self.executions = self.fills.standing  # those that were taken back are not among them
        self.orders: dict[int, OrderRecord] = {}
        self.tell: Callable[[BrokerEvent], None] = lambda event: None
        self.heard: Callable[[OrderRecord, Report], None] = lambda record, report: None
        self._now_ns = now_ns
        self._margin = margin
        self._number = number or (lambda: len(self.orders) + 1)
        self.children = Children(self, brackets or BracketRules())
        self.links = Links(self)
        self._by_tag: dict[str, OrderRecord] = {}
        self._by_id: dict[str, OrderRecord] = {}
        self._working: dict[int, OrderRecord] = {}
        self._exchange: Exchange | None = None

    def connect(self, exchange: Exchange) -> None:
        """Say where orders are entered; the exchange's reports come to `on_report`."""
        self._exchange = exchange

    @property
    def exchange(self) -> Exchange:
        assert self._exchange is not None, "connect() the desk to an exchange first"
        return self._exchange

    # --- commands, at the moment they reach the broker -----------------------------------------

    def place(self, request: OrderRequest) -> str:
        """Enter an order; its id. Raises `Refused` with the broker's reason; a tag is used up by an
        order that was rejected, as with ProjectX, where that order exists all the same."""
        record = self.enter(request)
        if record.status is OrdStatus.REJECTED:
            raise Refused(record.text, reason=record.reason)
        return record.order_id

    def enter(self, request: OrderRequest, linked: OrderRecord | None = None) -> OrderRecord:
        """As `place`; the order itself, which the exchange may have rejected. Raises `Refused` for
        one that did not get there. `linked`: another order; one cancels the other."""
        units, stop_units = self._admitted(request)
        record = self._booked(request)
        if linked is not None:
            self.links.tie(record, linked)
        self.exchange.enter(
            request.instrument.symbol,
            NewOrder(
                record.number,
                request.side,
                request.ord_type,
                request.order_qty,
                units,
                stop_units,
                request.trail,
                request.tif,
            ),
        )
        return record

    def file(self, request: OrderRequest) -> OrderRecord:
        """Take an order into the books and keep it from the exchange. Raises `Refused`."""
        self._admitted(request)
        return self._booked(request)

    def refuse(self, request: OrderRequest, reason: Reason, text: str) -> OrderRecord:
        """Take an order into the books as one that was rejected, in the words of `text`."""
        record = self._booked(request)
        self.turn_down(record, reason, text)
        return record

    def turn_down(self, record: OrderRecord, reason: Reason, text: str) -> None:
        """Reject an order that was filed; told as any other reject, in the words of `text`."""
        self.say(record, ExecType.REJECTED, OrdStatus.REJECTED, reason, text)

    def say(
        self,
        record: OrderRecord,
        what: ExecType,
        status: OrdStatus,
        reason: Reason = Reason.NONE,
        text: str = "",
    ) -> None:
        """Tell of an order that is not at the exchange, and where nothing was filled there."""
        instrument = record.request.instrument
        report = Report(
            seq=0,
            time_ns=self._now_ns(),
            order_id=record.number,
            exec_type=what,
            ord_status=status,
            order_qty=record.order_qty - record.carried,
            cum_qty=0,
            leaves_qty=0 if status.terminal else record.order_qty,
            price=units_or_none(instrument, record.price),
            stop_px=units_or_none(instrument, record.stop_px),
            reason=reason,
        )
        self.on_report(instrument.symbol, report, text)

    def modify(self, order_id: str, change: OrderChange) -> None:
        """Change a working order in place. Raises `Refused`; the order is as it was then."""
        record = self._record(order_id)
        self.children.check_change(record)
        instrument = record.request.instrument
        command = record.change(
            change.order_qty,
            self._on_grid(instrument, change.price),
            self._on_grid(instrument, change.stop_px),
            change.trail,
        )
        more = (change.order_qty or 0) - record.order_qty
        if more > 0 and not record.status.terminal:
            self._check_margin(instrument, record.request.side, more)
        self._ask(record, command, ExecType.REPLACE_REJECTED)
        record.trail = record.trail if change.trail is None else change.trail

    def cancel(self, order_id: str) -> None:
        """Take a working order away. Raises `Refused` for one that is over or unknown."""
        record = self._record(order_id)
        self._ask(record, CancelOrder(record.number), ExecType.CANCEL_REJECTED)

    def close_position(self, instrument: Instrument, qty: int | None) -> str:
        """Close a position, or part of it, by a market order of the broker's own; its id.

        Raises `Refused`.
        """
        held = self.account.holding(instrument).qty
        wanted = abs(held) if qty is None else qty
        if not 1 <= wanted <= abs(held):
            raise Refused(
                f"{held} {instrument.symbol} are held; {'all' if qty is None else qty} cannot be "
                f"closed",
                reason=Reason.QUANTITY_OUT_OF_RANGE,
            )
        return self.place(
            OrderRequest(
                cl_ord_id=self._own_tag(),
                instrument=instrument,
                side=Side.SELL if held > 0 else Side.BUY,
                ord_type=OrdType.MARKET,
                order_qty=wanted,
            )
        )

    # --- for the children (`children.Books`), and after a restart --------------------------------

    def born(self, request: OrderRequest, parent: OrderRecord) -> OrderRecord:
        """Take a child into the books; it has no tag and does not work yet."""
        return self._file(OrderRecord(self._number(), request, self._now_ns(), parent))

    def put_back(self, record: OrderRecord, px: Decimal | None = None) -> None:
        """Take an order of an earlier life into the books; `px`: where a child was put last."""
        self._file(record)
        if record.request.cl_ord_id:
            self._by_tag.setdefault(record.request.cl_ord_id, record)
        self.children.restore(record, px)

    def works(self, record: OrderRecord) -> None:
        """An order of an earlier life, or a child, is at the exchange now."""
        self._working[record.number] = record

    def held(self, instrument: Instrument) -> int:
        """Contracts of the account, signed."""
        return self.account.holding(instrument).qty

    # --- queries ---------------------------------------------------------------------------------

    def open_orders(self, instrument: Instrument | None) -> list[OrderState]:
        return [
            record.state()
            for record in self._working.values()
            if instrument is None or record.request.instrument.symbol == instrument.symbol
        ]

    def order(self, order_id: str | None, cl_ord_id: str | None) -> OrderState | None:
        record = self._by_tag.get(cl_ord_id) if cl_ord_id is not None else None
        if record is None and order_id is not None:
            record = self._by_id.get(order_id)
        return None if record is None else record.state()

    def known_as(self, order_id: str) -> str:
        """By what an order goes in a plan and in a report: see `OrderRecord.known_as`."""
        record = self._by_id.get(order_id)
        return "" if record is None else record.known_as

    def orders_since(self, time_ns: int) -> list[OrderState]:
        return [record.state() for record in self._entered.since(time_ns)]

    def executions_since(self, time_ns: int) -> list[Execution]:
        return self.fills.since(time_ns)

    def positions(self) -> list[PositionState]:
        return [self.position(h.instrument) for h in self.account.holdings.values() if h.qty]

    def account_state(self) -> AccountState:
        account = self.account
        return AccountState(
            name=account.name,
            currency=account.currency,
            cash=account.cash,
            realised=account.realised,
            open_profit=self.open_profit(),
            fees=account.fees_paid,
            time_ns=self._now_ns(),
        )

    def open_profit(self) -> Decimal:
        """What closing everything now would realise: see `marking`."""
        return open_profit(self.account, self.exchange)

    # --- what the exchange says -----------------------------------------------------------------

    def on_report(self, symbol: str, report: Report, text: str = "") -> None:
        """Book a report and tell it on: the order, then the position and the money it moved.

        `text` are the broker's words where the usual ones for its reason do not do.
        """
        if report.exec_type in _ANSWERS:
            return  # the answer to the request says it; the order is as it was
        record = self.orders[report.order_id]
        record.apply(report)
        if record.status.terminal:
            self._working.pop(record.number, None)
        elif report.exec_type is ExecType.NEW:
            self.works(record)
        if text or report.reason is not Reason.NONE:
            record.text = text or said(report.reason)
        fill = self._book(record, report) if report.exec_type is ExecType.TRADE else None
        self.heard(record, report)
        self.tell(
            ExecutionReport(
                exec_type=report.exec_type,
                order=record.state(),
                last_qty=report.last_qty,
                last_px=None if fill is None else fill.px,
                exec_id=None if fill is None else fill.exec_id,
                liquidity=report.liquidity,
                fee=None if fill is None else fill.fee,
            )
        )
        if fill is not None:
            self.tell(self.position(fill.instrument))
            self.tell(self.account_state())
        self.children.heard(record, report)
        self.links.heard(record, report)

    def _book(self, record: OrderRecord, report: Report) -> Execution:
        request = record.request
        fee = self.account.fill(
            request.instrument,
            request.side,
            report.last_qty,
            report.last_px,
            report.time_ns,
            record.known_as,
        )
        fill = Execution(
            exec_id=f"{request.instrument.symbol}-{report.exec_id}",
            instrument=request.instrument,
            order_id=record.order_id,
            cl_ord_id=request.cl_ord_id,
            side=request.side,
            qty=report.last_qty,
            px=request.instrument.decimal(report.last_px),
            time_ns=report.time_ns,
            fee=fee,
        )
        self.fills.add(fill)
        return fill

    # --- how -------------------------------------------------------------------------------------

    def _admitted(self, request: OrderRequest) -> tuple[int | None, int | None]:
        """As `_checked`; one refused for money stays in the books as a rejected order: whoever
        looks for the trades that were not made finds it there."""
        try:
            return self._checked(request)
        except Refused as refusal:
            if refusal.reason == Reason.INSUFFICIENT_FUNDS:
                self.refuse(request, Reason(refusal.reason), str(refusal))
            raise

    def _checked(self, request: OrderRequest) -> tuple[int | None, int | None]:
        """The prices in units of a request that the broker takes. Raises `Refused`."""
        if request.cl_ord_id and request.cl_ord_id in self._by_tag:
            raise Refused(f"tag {request.cl_ord_id!r} was used before", reason=Reason.DUPLICATE_TAG)
        check_attached(request, self.brackets)
        units = self._on_grid(request.instrument, request.price)
        stop_units = self._on_grid(request.instrument, request.stop_px)
        self._check_margin(request.instrument, request.side, request.order_qty)
        return units, stop_units

    def _booked(self, request: OrderRequest) -> OrderRecord:
        record = self._file(OrderRecord(self._number(), request, self._now_ns()))
        self._working[record.number] = record
        if request.cl_ord_id:
            self._by_tag[request.cl_ord_id] = record
        if request.attached is not None:
            self.children.attach(record)
        return record

    def _file(self, record: OrderRecord) -> OrderRecord:
        self.orders[record.number] = self._by_id[record.order_id] = record
        self._entered.add(record.entered_ns, record)
        return record

    def _ask(
        self, record: OrderRecord, command: ReplaceOrder | CancelOrder, refusal: ExecType
    ) -> None:
        for report in self.exchange.enter(record.request.instrument.symbol, command):
            if report.order_id == record.number and report.exec_type is refusal:
                raise Refused(f"order {record.number}: {said(report.reason)}", reason=report.reason)

    def _record(self, order_id: str) -> OrderRecord:
        record = self._by_id.get(order_id)
        if record is None:
            raise Refused(f"no order has the id {order_id!r}", reason=Reason.UNKNOWN_ORDER)
        return record

    def _on_grid(self, instrument: Instrument, price: Decimal | None) -> int | None:
        return on_grid(instrument, price, self._now_ns())

    def _own_tag(self) -> str:
        number = len(self.orders) + 1
        while (tag := f"broker-{number}") in self._by_tag:
            number += 1  # a client was so kind as to use ours
        return tag

    def _check_margin(self, instrument: Instrument, side: Side, qty: int) -> None:
        if self._margin is not None:
            working = sum(
                record.leaves_qty
                for record in self._working.values()
                if record.request.side is side
                and record.request.instrument.symbol == instrument.symbol
            )
            check_margin(self._margin, self.account, instrument, side, qty, working, self)

    def position(self, instrument: Instrument) -> PositionState:
        """What is held of one instrument."""
        holding = self.account.holding(instrument)
        return PositionState(
            instrument=instrument,
            qty=holding.qty,
            avg_px=holding.avg_px,
            time_ns=holding.changed_ns,
        )
