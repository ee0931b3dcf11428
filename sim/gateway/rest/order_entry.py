"""Orders from the wire to the desk: who may, what it is called, and why not (gateway-protocol 7).

What an order does is decided by the desk and the engine; here are the wire's words and codes. An
order that is rejected exists all the same, with an id (7.1); so does one that the desk would never
have let in. A tag that was used before makes none: two orders with one tag would be worse.
"""

from collections.abc import Mapping
from typing import NoReturn

from ....trading.errors import Refused
from ....trading.instrument import Instrument
from ....trading.order import OrderChange, OrderRequest
from ....trading.words import OrdStatus, OrdType, Reason, Side, TimeInForce, TradingStatus
from ...desk.orders import OrderRecord
from ..venue.paper_account import PaperAccount
from ..venue.venue import Ticker, Venue
from ..words.wire_models import SIDES, TYPES
from .bodies import Close, Modify, OneOrder, PartialClose, Place
from .error_codes import Failed, Failure
from .order_prices import TRAIL_TICKS_MOST, aligned, attached, needed, trail_units

_SIDES: Mapping[int, Side] = {number: side for side, number in SIDES.items()}
_TYPES: Mapping[int, OrdType] = {number: kind for kind, number in TYPES.items()}
_CLOSED = (TradingStatus.CLOSE, TradingStatus.HALT)
_FAILURES: Mapping[Reason, Failure] = {
    Reason.INSUFFICIENT_FUNDS: Failure.NO_FUNDS,
    Reason.MARKET_CLOSED: Failure.OUTSIDE_HOURS,
    Reason.TYPE_NOT_ALLOWED_NOW: Failure.OUTSIDE_HOURS,
}
_TEXTS: Mapping[Reason, str] = {
    Reason.SELL_STOP_NOT_BELOW_LAST: "Invalid stop price",
    Reason.BUY_STOP_NOT_ABOVE_LAST: "Invalid stop price",
    Reason.NO_OPPOSITE: "Invalid symbol",
    Reason.NO_LIQUIDITY: "Invalid symbol",
    Reason.NO_LAST_PRICE: "Cannot trail without a last price",
}


def place(venue: Venue, account: PaperAccount, body: Place) -> OrderRecord:
    """Enter an order; it, accepted. Raises `Failed`, with the id of one that was rejected."""
    if not account.spec.can_trade:
        raise Failed(Failure.VIOLATION)
    ticker = listed(venue, body.contract_id)
    _check_open(account, ticker.instrument)
    request = _request(ticker.instrument, body)
    if request.cl_ord_id and account.desk.order(None, request.cl_ord_id) is not None:
        raise Failed(Failure.REJECTED, "Custom tag is already in use.")
    with venue.acting(account):
        try:
            request = _complete(venue, account, request, body)
            linked = _linked(account, body.linked_order_id)
        except Refused as refusal:
            _rejected(account.desk.refuse(request, Reason(refusal.reason), str(refusal)))
        try:
            record = account.desk.enter(request, linked)
        except Refused as refusal:
            _not_entered(account, request, refusal)
    if record.status is OrdStatus.REJECTED:
        _rejected(record)
    return record


def requested(venue: Venue, account: PaperAccount, body: Place) -> OrderRequest:
    """What a body asks for, as the desk would be asked. Raises `Failed` and `Refused`."""
    bare = _request(listed(venue, body.contract_id).instrument, body)
    return _complete(venue, account, bare, body)


def refusal(reason: Reason, text: str, order_id: str | None = None) -> Failed:
    """A refusal in the wire's words; with the id of the order that is in the books as rejected."""
    failure = _FAILURES.get(reason, Failure.REJECTED)
    payload = {} if order_id is None else {"orderId": int(order_id)}
    return Failed(failure, text if failure is Failure.REJECTED else None, payload)


def modify(venue: Venue, account: PaperAccount, body: Modify) -> None:
    """Change a working order. Raises `Failed`."""
    record = _known(account, body.order_id)
    instrument, now_ns = record.request.instrument, venue.now_ns()
    try:
        if body.size is not None and body.size < record.cum_qty:
            raise Refused(f"Invalid size. {record.cum_qty} are filled.")
        aligned(instrument, body.limit_price, "limit", now_ns)
        aligned(instrument, body.stop_price, "stop", now_ns)
        aligned(instrument, body.trail_price, "trail", now_ns)
        trail = None
        if body.trail_price is not None:
            last = account.exchange.book(instrument.symbol).last_price
            trail = trail_units(instrument, body.trail_price, last, ticks_most=None)
        change = OrderChange(
            order_qty=body.size, price=body.limit_price, stop_px=body.stop_price, trail=trail
        )
        with venue.acting(account):
            account.desk.modify(str(record.number), change)
    except Refused as refusal:
        raise Failed(Failure.REJECTED, _text(refusal)) from None


def cancel(venue: Venue, account: PaperAccount, body: OneOrder) -> None:
    """Take a working order away. Raises `Failed`; one that is over is rejected, not unknown
    (7.5)."""
    record = _known(account, body.order_id)
    try:
        with venue.acting(account):
            account.desk.cancel(str(record.number))
    except Refused as refusal:
        raise Failed(Failure.REJECTED, _text(refusal)) from None


def close(venue: Venue, account: PaperAccount, body: Close | PartialClose) -> None:
    """Close a position, or a part of it, by a market order. Raises `Failed`."""
    ticker = listed(venue, body.contract_id)
    held = account.desk.held(ticker.instrument)
    if not held:
        raise Failed(Failure.POSITION_NOT_FOUND)
    size = body.size if isinstance(body, PartialClose) else abs(held)
    if not 1 <= size <= abs(held):
        raise Failed(Failure.BAD_SIZE)
    request = OrderRequest(
        cl_ord_id="",
        instrument=ticker.instrument,
        side=Side.SELL if held > 0 else Side.BUY,
        ord_type=OrdType.MARKET,
        order_qty=size,
        tif=TimeInForce.GTC,
    )
    with venue.acting(account):
        try:
            record = account.desk.enter(request)
        except Refused:
            raise Failed(Failure.REJECTED) from None  # without a word, as the gateway (7.5)
    if record.status is OrdStatus.REJECTED:
        raise Failed(Failure.REJECTED)


def listed(venue: Venue, contract: str) -> Ticker:
    """A contract by its id, in any case. Raises `Failed`."""
    ticker = venue.tickers.get(contract) or next(
        (each for key, each in venue.tickers.items() if key.lower() == contract.lower()), None
    )
    if ticker is None:
        raise Failed(Failure.CONTRACT_NOT_FOUND)
    return ticker


# --- how ------------------------------------------------------------------------------------------


def _request(instrument: Instrument, body: Place) -> OrderRequest:
    """The order as far as it can be read; it may still be refused. One whose side or type nobody
    knows is no order at all."""
    if body.side not in _SIDES or body.type not in _TYPES:
        raise Failed(Failure.REJECTED, f"Invalid order side ({body.side}) or type ({body.type})")
    return OrderRequest(
        cl_ord_id=body.custom_tag or "",
        instrument=instrument,
        side=_SIDES[body.side],
        ord_type=_TYPES[body.type],
        order_qty=body.size,
        tif=TimeInForce.GTC,
    )


def _complete(venue: Venue, account: PaperAccount, bare: OrderRequest, body: Place) -> OrderRequest:
    """The order with its prices and brackets. Raises `Refused`."""
    instrument, kind, now_ns = bare.instrument, bare.ord_type, venue.now_ns()
    if body.size < 1:
        raise Refused(f"Invalid size ({body.size})", reason=Reason.QUANTITY_OUT_OF_RANGE)
    if kind is OrdType.STOP_LIMIT and not account.spec.stop_limit:
        raise Refused("Invalid order type (StopLimit)", reason=Reason.NOT_SUPPORTED)
    limit = body.limit_price if kind in (OrdType.LIMIT, OrdType.STOP_LIMIT) else None
    stop = body.stop_price if kind in (OrdType.STOP, OrdType.STOP_LIMIT) else None
    needed(kind, limit, stop)
    aligned(instrument, limit, "limit", now_ns)
    aligned(instrument, stop, "stop", now_ns)
    trail = None
    if kind is OrdType.TRAILING_STOP:
        if body.trail_price is None:
            raise Refused("Trail Distance not set.", reason=Reason.NOT_SUPPORTED)
        aligned(instrument, body.trail_price, "trail", now_ns)
        last = account.exchange.book(instrument.symbol).last_price
        trail = trail_units(instrument, body.trail_price, last, ticks_most=TRAIL_TICKS_MOST)
    legs = attached(
        bare.side,
        body.stop_loss_bracket,
        body.take_profit_bracket,
        lenient=account.spec.signs == "lenient",
    )
    return OrderRequest(
        cl_ord_id=bare.cl_ord_id,
        instrument=instrument,
        side=bare.side,
        ord_type=kind,
        order_qty=bare.order_qty,
        price=limit,
        stop_px=stop,
        trail=trail,
        tif=bare.tif,
        attached=legs,
    )


def _check_open(account: PaperAccount, instrument: Instrument) -> None:
    if account.exchange.book(instrument.symbol).status in _CLOSED:
        raise Failed(Failure.OUTSIDE_HOURS)


def _linked(account: PaperAccount, number: int | None) -> OrderRecord | None:
    """The order that is named as linked, where the account honours that. Raises `Refused`."""
    if number is None or not account.spec.links:
        return None
    record = account.desk.orders.get(number)
    if record is None or record.status.terminal:
        raise Refused(f"Invalid linked order ({number})", reason=Reason.UNKNOWN_ORDER)
    return record


def _not_entered(account: PaperAccount, request: OrderRequest, refusal: Refused) -> NoReturn:
    """The desk did not let it in; it is in the books then, as a rejected order."""
    if refusal.reason == Reason.INSUFFICIENT_FUNDS:  # the desk keeps those itself
        raise Failed(Failure.NO_FUNDS) from None
    _rejected(account.desk.refuse(request, Reason(refusal.reason), str(refusal)))


def _rejected(record: OrderRecord) -> NoReturn:
    text = _TEXTS.get(record.reason, record.text)
    raise refusal(record.reason, text, str(record.number))


def _text(refusal: Refused) -> str:
    return _TEXTS.get(Reason(refusal.reason), str(refusal))


def _known(account: PaperAccount, number: int) -> OrderRecord:
    record = account.desk.orders.get(number)
    if record is None:
        raise Failed(Failure.ORDER_NOT_FOUND)
    return record
