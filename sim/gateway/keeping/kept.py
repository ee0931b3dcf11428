"""What is kept of a paper account between two lives of the twin, as plain values.

Times are kept as clients were shown them, because the next life's market may have another time; and
read back through the clock of that life.
"""

from collections.abc import Callable
from decimal import Decimal

from msgspec import Struct, structs

from ....trading.instrument import Instrument
from ....trading.order import Attached, Execution, OrderRequest
from ....trading.price import Ticks
from ....trading.words import OrdStatus, OrdType, Reason, Side, TimeInForce
from ...desk.account import Account, Lot
from ...desk.orders import OrderRecord
from ..venue.half_turns import HalfTurn

Moments = Callable[[int], int]


class KeptOrder(Struct, frozen=True, kw_only=True):
    """An order. `parent`, `linked`: numbers. `px`: where the broker last put a child."""

    number: int
    tag: str
    symbol: str
    side: Side
    ord_type: OrdType
    asked_qty: int
    asked_price: Decimal | None
    asked_stop_px: Decimal | None
    asked_trail: int | None
    stop_ticks: int | None
    target_ticks: int | None
    trails: bool
    parent: int | None
    linked: int | None
    px: Decimal | None
    entered_ns: int
    updated_ns: int
    status: OrdStatus
    order_qty: int
    cum_qty: int
    leaves_qty: int
    worth_units: int
    price: Decimal | None
    stop_px: Decimal | None
    trail: int | None
    reason: Reason
    text: str
    voided: int = 0


class KeptTurn(Struct, frozen=True, kw_only=True):
    """A half turn."""

    turn_id: int
    symbol: str
    order_id: str
    tag: str
    side: Side
    qty: int
    px: Decimal
    time_ns: int
    fee: Decimal | None
    profit: Decimal | None
    voided: bool = False


class KeptHolding(Struct, frozen=True, kw_only=True):
    """What is held of one contract, and how its position is told."""

    symbol: str
    sign: int
    lots: list[tuple[int, int, int, str, Decimal]]
    changed_ns: int
    position_id: int
    long: bool
    opened_ns: int
    avg_px: Decimal
    is_open: bool


class KeptMoney(Struct, frozen=True, kw_only=True):
    """An account's money."""

    starting_cash: Decimal
    cash: Decimal
    realised: Decimal
    fees_paid: Decimal


def keep_order(
    record: OrderRecord, px: Decimal | None, trigger: Decimal | None, shown_ns: Moments
) -> KeptOrder:
    """An order as it is. `trigger`: where a trailing stop stands now, None for any other order."""
    request, attached = record.request, record.request.attached
    stop = None if attached is None else attached.stop
    target = None if attached is None else attached.target
    return KeptOrder(
        number=record.number,
        tag=request.cl_ord_id,
        symbol=request.instrument.symbol,
        side=request.side,
        ord_type=request.ord_type,
        asked_qty=request.order_qty,
        asked_price=_plain(request.price),
        asked_stop_px=_plain(request.stop_px),
        asked_trail=request.trail,
        stop_ticks=None if stop is None else stop.n,
        target_ticks=None if target is None else target.n,
        trails=attached is not None and attached.trails,
        parent=None if record.parent is None else record.parent.number,
        linked=None if record.linked is None else record.linked.number,
        px=_plain(px),
        entered_ns=shown_ns(record.entered_ns),
        updated_ns=shown_ns(record.updated_ns),
        status=record.status,
        order_qty=record.order_qty,
        cum_qty=record.cum_qty,
        leaves_qty=record.leaves_qty,
        worth_units=record.worth_units,
        price=_plain(record.price),
        stop_px=_plain(record.stop_px if trigger is None else trigger),
        trail=record.trail,
        reason=record.reason,
        text=record.text,
        voided=record.voided,
    )


def order_again(
    kept: KeptOrder, instrument: Instrument, parent: OrderRecord | None, meant_ns: Moments
) -> OrderRecord:
    """The order that was kept. It is not at the exchange yet."""
    request = OrderRequest(
        cl_ord_id=kept.tag,
        instrument=instrument,
        side=kept.side,
        ord_type=kept.ord_type,
        order_qty=kept.asked_qty,
        price=kept.asked_price,
        stop_px=kept.asked_stop_px,
        trail=kept.asked_trail,
        tif=TimeInForce.GTC,
        attached=_attached(kept),
    )
    record = OrderRecord(kept.number, request, meant_ns(kept.entered_ns), parent)
    record.updated_ns = meant_ns(kept.updated_ns)
    record.status = kept.status
    record.order_qty = kept.order_qty
    record.cum_qty = record.carried = kept.cum_qty
    record.leaves_qty, record.voided = kept.leaves_qty, kept.voided
    record.worth_units = kept.worth_units
    record.price, record.stop_px, record.trail = kept.price, kept.stop_px, kept.trail
    record.reason, record.text = kept.reason, kept.text
    return record


def keep_turn(turn: HalfTurn, shown_ns: Moments) -> KeptTurn:
    """A half turn as it was."""
    fill = turn.fill
    return KeptTurn(
        turn_id=int(fill.exec_id),
        symbol=fill.instrument.symbol,
        order_id=fill.order_id,
        tag=fill.cl_ord_id,
        side=fill.side,
        qty=fill.qty,
        px=Decimal(fill.px),
        time_ns=shown_ns(fill.time_ns),
        fee=fill.fee,
        profit=turn.profit,
        voided=fill.voided,
    )


def turn_again(kept: KeptTurn, instrument: Instrument, meant_ns: Moments) -> HalfTurn:
    """The half turn that was kept."""
    fill = Execution(
        exec_id=str(kept.turn_id),
        instrument=instrument,
        order_id=kept.order_id,
        cl_ord_id=kept.tag,
        side=kept.side,
        qty=kept.qty,
        px=kept.px,
        time_ns=meant_ns(kept.time_ns),
        fee=kept.fee,
        voided=kept.voided,
    )
    return HalfTurn(fill, kept.profit)


def keep_money(money: Account) -> KeptMoney:
    """An account's money as it is."""
    return KeptMoney(
        starting_cash=money.starting_cash,
        cash=money.cash,
        realised=money.realised,
        fees_paid=money.fees_paid,
    )


def money_again(kept: KeptMoney, money: Account) -> None:
    """Put an account's money back."""
    for name, amount in structs.asdict(kept).items():
        setattr(money, name, amount)


def lots_again(kept: KeptHolding, money: Account, instrument: Instrument, meant: Moments) -> None:
    """Put what is held of a contract back."""
    holding = money.holding(instrument)
    for qty, units, opened_ns, tag, fee_each in kept.lots:
        holding.add(Lot(qty, units, meant(opened_ns), tag, fee_each), kept.sign)
    holding.begins()
    holding.changed_ns = meant(kept.changed_ns)


def _attached(kept: KeptOrder) -> Attached | None:
    if kept.stop_ticks is None and kept.target_ticks is None:
        return None
    return Attached(
        stop=None if kept.stop_ticks is None else Ticks(kept.stop_ticks),
        target=None if kept.target_ticks is None else Ticks(kept.target_ticks),
        trails=kept.trails,
    )


def _plain(price: Decimal | None) -> Decimal | None:
    return None if price is None else Decimal(price)
