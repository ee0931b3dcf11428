"""What an event of the gateway's means: it sends an order as it is, and never says what happened.

What happened is the difference from how the order was before. A fill is told twice, by the order
(how many contracts in all) and by the trade (which ones, and at what price), in either order: the
order's word carries no execution id, the trade's does, and whoever counts knows the same contracts
in both. One that is taken back is told twice, too: the order is filled less, and its trade comes
again, voided; the order's word does not say which. Source: gateway-protocol 6, 8 and 10.5.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from msgspec import structs

from ...trading.errors import OffGrid
from ...trading.instrument import Instrument
from ...trading.order import ExecutionReport, OrderState
from ...trading.price import Price
from ...trading.words import ExecType, OrdStatus, OrdType, Side
from .models import OrderModel, TradeModel, Unreadable

SIDES: Mapping[int, Side] = {0: Side.BUY, 1: Side.SELL}
TYPES: Mapping[int, OrdType] = {
    1: OrdType.LIMIT,
    2: OrdType.MARKET,
    3: OrdType.STOP_LIMIT,
    4: OrdType.STOP,
    5: OrdType.TRAILING_STOP,
    6: OrdType.JOIN_BID,
    7: OrdType.JOIN_ASK,
}
_ENDS: Mapping[int, tuple[OrdStatus, ExecType]] = {
    2: (OrdStatus.FILLED, ExecType.TRADE),
    3: (OrdStatus.CANCELED, ExecType.CANCELED),
    4: (OrdStatus.EXPIRED, ExecType.EXPIRED),
    5: (OrdStatus.REJECTED, ExecType.REJECTED),
}
_OPEN, _PENDING, _PENDING_CANCEL, _SUSPENDED = 1, 6, 7, 8
_KNOWN = frozenset({_OPEN, _PENDING, _PENDING_CANCEL, _SUSPENDED, *_ENDS})


class Inference:
    """The last word on each order, and what the next one means. `find` knows the instrument of a
    contract id. `most`: orders that are remembered; of one long forgotten only the end is news.

    `strange`: how often a status came that nobody knows; the order is kept as it was.
    """

    def __init__(self, find: Callable[[str], Instrument | None], most: int = 10_000) -> None:
        self.strange = 0
        self._find = find
        self._most = most
        self._last: OrderedDict[int, OrderModel] = OrderedDict()
        self._traded: OrderedDict[int, int] = OrderedDict()  # contracts, by order, that trades told
        self._trades: OrderedDict[int, None] = (
            OrderedDict()
        )  # their ids: one told twice counts once
        self._voided: OrderedDict[int, None] = OrderedDict()  # ids of those that were taken back
        self._fell: OrderedDict[int, int] = (
            OrderedDict()
        )  # what an order's word lost, by no trade yet

    def order(self, model: OrderModel) -> ExecutionReport | None:
        """What an order event says; None where it says nothing new. Raises `Unreadable`."""
        if model.status not in _KNOWN:
            self.strange += 1
            return None
        state = self.state(model)
        before = self._last.get(model.id)
        what = _what(before, model)
        if what is None:
            return None
        if what is ExecType.TRADE_CANCEL and before is not None:
            self._falls(before, model)
        self._remember(model)
        return ExecutionReport(exec_type=what, order=state)

    def trade(self, model: TradeModel) -> ExecutionReport:
        """What a trade event says. The order is as the last order event had it, with at least as
        many contracts filled as trades told of. A voided one takes its fill back. Raises
        `Unreadable`."""
        if model.size < 1:
            raise Unreadable(f"trade {model.id}: size is {model.size}")
        instrument = self._instrument(model.contract_id)
        if model.voided:
            return self._taken_back(model, instrument)
        if model.id not in self._trades:
            self._trades[model.id] = None
            self._traded[model.order_id] = self._traded.get(model.order_id, 0) + model.size
            self._trim(self._trades)
            self._trim(self._traded)
        traded = self._traded.get(model.order_id, 0)
        last = self._last.get(model.order_id)
        if last is not None and last.fill_volume is not None and last.fill_volume >= traded:
            state = self.state(last)  # the order's own word has this fill in it
        else:
            state = self._traded_state(model, instrument, traded, last)
        return ExecutionReport(
            exec_type=ExecType.TRADE,
            order=state,
            last_qty=model.size,
            last_px=on_grid(instrument, model.price),
            exec_id=str(model.id),
            fee=fee(model),
        )

    def state(self, model: OrderModel) -> OrderState:
        """An order model in our words: the answer to a question as well. A pending cancel is an
        order that works."""
        instrument = self._instrument(model.contract_id)
        cum_qty = model.fill_volume
        if cum_qty is None:  # an older gateway: a filled order is filled, of others trades tell
            cum_qty = model.size if model.status == 2 else self._traded.get(model.id, 0)
        if not 0 <= cum_qty <= model.size or model.size < 1:
            raise Unreadable(f"order {model.id}: {cum_qty} filled of {model.size}")
        status = _status(model.status, cum_qty)
        # One that is filled to its end is as large as that, whatever was taken back of it.
        size = cum_qty if status is OrdStatus.FILLED else model.size
        return OrderState(
            instrument=instrument,
            order_id=str(model.id),
            cl_ord_id=model.custom_tag or "",
            side=_side(model.side),
            ord_type=_type(model.type),
            ord_status=status,
            order_qty=size,
            cum_qty=cum_qty,
            leaves_qty=0 if status.terminal else size - cum_qty,
            price=_exact(instrument, model.limit_price),
            stop_px=_exact(instrument, model.stop_price),
            avg_px=model.filled_price if cum_qty else None,
            time_ns=model.updated_ns or model.created_ns or 0,
            parent_id=None if model.parent_id is None else str(model.parent_id),
        )

    def last(self, order_id: str) -> OrderModel | None:
        """The last word on an order; None where there was none, or it is long ago."""
        return self._last.get(int(order_id)) if order_id.isdigit() else None

    def void(self, model: TradeModel) -> bool:
        """A trade is voided, by an event or an answer: it counts no more, whenever it is told.
        Whether its order's own word, as it was told last, has that in it."""
        order_id, size = model.order_id, model.size
        if model.id in self._voided:
            return True
        self._voided[model.id] = None
        self._trim(self._voided)
        if model.id in self._trades:
            self._traded[order_id] = max(self._traded.get(order_id, 0) - size, 0)
        else:
            self._trades[model.id] = None
        fell = self._fell.get(order_id, 0)
        if fell >= size:
            self._fell[order_id] = fell - size
        return fell >= size

    # --- how --------------------------------------------------------------------------------------

    def _falls(self, before: OrderModel, now: OrderModel) -> None:
        """An order's own word says that less is filled than it said before."""
        fill_volume = now.fill_volume or 0
        fell = (before.fill_volume or 0) - fill_volume
        self._fell[now.id] = self._fell.get(now.id, 0) + fell
        self._trim(self._fell)
        if self._traded.get(now.id, 0) > fill_volume:
            self._traded[now.id] = fill_volume

    def _taken_back(self, model: TradeModel, instrument: Instrument) -> ExecutionReport:
        has_it, last = self.void(model), self._last.get(model.order_id)
        if last is None or last.fill_volume is None:
            traded = self._traded.get(model.order_id, 0)
            state = self._traded_state(model, instrument, traded, last)
        else:
            state = self.state(last)
            if not has_it:
                state = _without(state, model.size)
        return ExecutionReport(
            exec_type=ExecType.TRADE_CANCEL,
            order=state,
            last_qty=model.size,
            last_px=on_grid(instrument, model.price),
            exec_id=str(model.id),
            fee=fee(model),
        )

    def _traded_state(
        self, model: TradeModel, instrument: Instrument, traded: int, last: OrderModel | None
    ) -> OrderState:
        """An order of which trades told more than its own events did."""
        cum_qty = max(traded, 0 if last is None else last.fill_volume or 0)
        size = max(cum_qty, 0 if last is None else last.size)
        ended = None if last is None else _ENDS.get(last.status)
        partial = OrdStatus.PARTIALLY_FILLED
        if last is None:
            status = partial  # how large the order is, only an order event will tell
        elif ended is not None and ended[0] is not OrdStatus.FILLED:
            status = ended[0]
        else:
            status = OrdStatus.FILLED if cum_qty >= size else partial
        return OrderState(
            instrument=instrument,
            order_id=str(model.order_id),
            cl_ord_id="" if last is None else last.custom_tag or "",
            side=_side(model.side),
            ord_type=OrdType.MARKET if last is None else _type(last.type),
            ord_status=status,
            order_qty=size,
            cum_qty=cum_qty,
            leaves_qty=0 if status.terminal else size - cum_qty,
            price=None if last is None else _exact(instrument, last.limit_price),
            stop_px=None if last is None else _exact(instrument, last.stop_price),
            avg_px=None,
            time_ns=model.created_ns,
            parent_id=None if last is None or last.parent_id is None else str(last.parent_id),
        )

    def _instrument(self, contract_id: str) -> Instrument:
        found = self._find(contract_id)
        if found is None:
            raise Unreadable(f"contract {contract_id!r} is none that was looked up")
        return found

    def _remember(self, model: OrderModel) -> None:
        self._last[model.id] = model
        self._last.move_to_end(model.id)
        self._trim(self._last)

    def _trim(self, table: OrderedDict[int, Any]) -> None:
        if len(table) > self._most:
            table.popitem(last=False)


def _what(before: OrderModel | None, now: OrderModel) -> ExecType | None:
    """What happened between two words on an order; None: nothing that is news."""
    if before is not None and before.status in _ENDS:
        # Over is over, whatever comes late, but for a fill that the end did not know of (F23), and
        # for one that is taken back (F27).
        if now.status not in _ENDS:
            return None
        if _fewer(before, now):
            return ExecType.TRADE_CANCEL
        return ExecType.TRADE if (now.fill_volume or 0) > (before.fill_volume or 0) else None
    if now.status in _ENDS:
        return _ENDS[now.status][1]
    if now.status == _PENDING:
        return None
    if before is not None and _fewer(before, now):
        return ExecType.TRADE_CANCEL
    filled, was = now.fill_volume or 0, 0 if before is None else before.fill_volume or 0
    if before is not None and (filled < was or (now.updated_ns or 0) < (before.updated_ns or 0)):
        return None  # older than what we know
    if filled > was:
        return ExecType.TRADE
    if before is None or (before.status == _SUSPENDED) != (now.status == _SUSPENDED):
        return ExecType.SUSPENDED if now.status == _SUSPENDED else ExecType.NEW
    return ExecType.REPLACED if _numbers(before) != _numbers(now) else None


def _fewer(before: OrderModel, now: OrderModel) -> bool:
    """Whether a newer word on an order says that less is filled."""
    newer = (now.updated_ns or 0) > (before.updated_ns or 0)
    return newer and now.fill_volume is not None and now.fill_volume < (before.fill_volume or 0)


def _without(state: OrderState, qty: int) -> OrderState:
    """An order as it is without a fill of so many contracts, which its own word has yet."""
    cum_qty = max(state.cum_qty - qty, 0)
    works = OrdStatus.PARTIALLY_FILLED if cum_qty else OrdStatus.NEW
    return structs.replace(
        state,
        ord_status=state.ord_status if state.ord_status.terminal else works,
        order_qty=max(state.order_qty - qty, 0),
        cum_qty=cum_qty,
    )


def _numbers(model: OrderModel) -> tuple[int, Decimal | None, Decimal | None, int | None]:
    return model.size, model.limit_price, model.stop_price, model.trail_ticks


def _status(status: int, cum_qty: int) -> OrdStatus:
    if status in _ENDS:
        return _ENDS[status][0]
    if status == _PENDING:
        return OrdStatus.PENDING_NEW
    if status == _SUSPENDED:
        return OrdStatus.SUSPENDED
    if status not in _KNOWN:
        raise Unreadable(f"order status {status} is none that is known")
    return OrdStatus.PARTIALLY_FILLED if cum_qty else OrdStatus.NEW


def _side(side: int) -> Side:
    if side not in SIDES:
        raise Unreadable(f"side {side} is none that is known")
    return SIDES[side]


def _type(kind: int) -> OrdType:
    if kind not in TYPES:
        raise Unreadable(f"order type {kind} is none that is known")
    return TYPES[kind]


def _exact(instrument: Instrument, price: Decimal | None) -> Price | None:
    return None if price is None else on_grid(instrument, price)


def on_grid(instrument: Instrument, price: Decimal) -> Price:
    try:
        return instrument.decimal(instrument.units(price))
    except OffGrid as error:
        raise Unreadable(str(error)) from error


def fee(model: TradeModel) -> Decimal | None:
    """What a fill cost: fees and commissions together; None where neither was told."""
    told = [part for part in (model.fees, model.commissions) if part is not None]
    return sum(told, Decimal(0)) if told else None
