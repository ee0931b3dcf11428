"""An order at the broker in words: `buy 2 MNQZ6 limit 20000.25 (order 9001, 1.entry#1)`."""

from decimal import Decimal

from ...trading.instrument import Instrument
from ...trading.order import OrderRequest, OrderState
from ...trading.price import price_text
from ...trading.words import OrdType, Side


def order_text(order: OrderState) -> str:
    """An order that works, with what of it is not filled yet and the names that it goes by."""
    names = f"(order {order.order_id}, {order.cl_ord_id or 'no tag'})"
    prices = [order.price, order.stop_px]
    qty = order.leaves_qty
    return f"{_text(order.side, qty, order.instrument, order.ord_type, prices)} {names}"


def request_text(request: OrderRequest) -> str:
    """An order that is to be sent, with its client tag."""
    prices = [request.price, request.stop_px]
    qty = request.order_qty
    words = _text(request.side, qty, request.instrument, request.ord_type, prices)
    return f"{words} ({request.cl_ord_id})"


def _text(
    side: Side, qty: int, instrument: Instrument, kind: OrdType, prices: list[Decimal | None]
) -> str:
    shown = [price_text(each) for each in prices if each is not None]
    named = kind.name.lower().replace("_", "-")
    return " ".join([side.name.lower(), str(qty), instrument.symbol, named, *shown])
