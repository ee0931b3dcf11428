"""Margin: what an account must have for what it holds and for what works."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol

from ...trading.errors import Refused
from ...trading.instrument import Instrument
from ...trading.words import Reason, Side
from .account import Account
from .money import times, total


class Marked(Protocol):
    """Who knows the open profit; it costs a look at every book, and is asked only where needed."""

    def open_profit(self) -> Decimal: ...


def check_margin(
    table: Mapping[str, Decimal],
    account: Account,
    instrument: Instrument,
    side: Side,
    qty: int,
    working: int,
    marked: Marked,
) -> None:
    """Refuse `qty` more on a side where their fill, with the `working` contracts on it, is more
    than the equity carries. What can only reduce a position is never refused for money.

    `table`: money for each contract, by symbol or root. Raises `Refused`.
    """
    each = table.get(instrument.symbol, table.get(instrument.root))
    if each is None:
        raise Refused(
            f"no margin is known for {instrument.root}; give one: margin={{"
            f'"{instrument.root}": "1500"}}',
            reason=Reason.INSUFFICIENT_FUNDS,
        )
    held = side.sign * account.holding(instrument).qty
    after = held + working + qty
    if qty <= -held or after <= -held:
        return  # it reduces, or the position may turn but becomes no larger
    equity = total(account.cash, marked.open_profit())
    needed = times(each, after)
    if needed > equity:
        raise Refused(
            f"{needed} of margin is needed for {after} {instrument.symbol}, the equity is {equity}",
            reason=Reason.INSUFFICIENT_FUNDS,
        )
