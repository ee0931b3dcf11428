"""Orders of an earlier life go back to their engines.

It happens before the engine's market begins, so that nothing is on the wrong side of anything yet:
what the market passed meanwhile is filled or set off by its first rows. An order stands behind all
others at its price, and works for what was not filled. The rest of a market order is cancelled.
"""

from ....matching.commands import NewOrder
from ....trading.words import ExecType, OrdStatus, OrdType
from ...desk.orders import OrderRecord
from ..venue.paper_account import PaperAccount

_JOINED = (OrdType.JOIN_BID, OrdType.JOIN_ASK)  # they have found their price


def resume(account: PaperAccount) -> None:
    """Have everything of an account work again that worked when it was kept, and its brackets make
    up for what they lack."""
    for record in account.records():
        if not record.status.terminal and record.status is not OrdStatus.SUSPENDED:
            _resume(account, record)
    account.desk.children.resume()


def _resume(account: PaperAccount, record: OrderRecord) -> None:
    desk, request, grid = account.desk, record.request, record.request.instrument
    kind = OrdType.LIMIT if request.ord_type in _JOINED else request.ord_type
    if kind is OrdType.MARKET:
        desk.say(record, ExecType.CANCELED, OrdStatus.CANCELED)
        return
    has_limit = kind in (OrdType.LIMIT, OrdType.STOP_LIMIT)
    price = record.price if has_limit else None
    stop_px = None if kind is OrdType.LIMIT else record.stop_px
    updated_ns = record.updated_ns
    desk.works(record)
    desk.exchange.enter(
        grid.symbol,
        NewOrder(
            record.number,
            request.side,
            kind,
            record.leaves_qty,
            None if price is None else grid.units(price),
            None if stop_px is None else grid.units(stop_px),
            record.trail if kind is OrdType.TRAILING_STOP else None,
            request.tif,
        ),
    )
    if not record.status.terminal:
        record.updated_ns = updated_ns  # nothing happened to it that anybody saw
