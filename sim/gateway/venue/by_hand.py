"""What was set by hand in a contract's market, as long as it stands: a price until the tape's next
row, a state until the calendar's next word. A twin that is restarted on its file sets it again."""

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct

from ....trading.words import TradingStatus

if TYPE_CHECKING:
    from .venue import Ticker, Venue


class HandPrice(Struct, frozen=True):
    """A price, with so many contracts bid, asked and traded, at a moment of the market's."""

    price: Decimal
    size: int
    time_ns: int


class HandStatus(Struct, frozen=True):
    """A state, from a moment of the market's on."""

    status: TradingStatus
    time_ns: int


class ByHand(Struct, frozen=True):
    """What stands of one contract; None where nothing was set, or it stands no more."""

    contract_id: str
    price: HandPrice | None
    status: HandStatus | None


def by_hand(tickers: "Iterable[Ticker]", now_ns: int) -> list[ByHand]:
    """All that stands at a moment."""
    found = []
    for ticker in tickers:
        price, status, hours = ticker.hand_price, ticker.hand_status, ticker.listing.calendar
        if price is not None and price.time_ns != ticker.told_ns:
            price = None
        if status is not None and hours.changes(status.time_ns + 1, now_ns + 1):
            status = None
        if price is not None or status is not None:
            found.append(ByHand(ticker.contract_id, price, status))
    return found


def set_again(venue: "Venue", kept: Iterable[ByHand]) -> None:
    """Set what stood in an earlier life; the state first, what is halted trades at no price."""
    for each in kept:
        ticker = venue.tickers[each.contract_id]
        if each.status is not None:
            venue.set_status(ticker, each.status.status)
        if each.price is not None:
            venue.set_market(ticker, each.price.price, each.price.size)
