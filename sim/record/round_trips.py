"""Round trips: what an entry order opened and an exit order closed, as one result.

An order fills in parts, and every part is a lot of its own in the account. Whoever looks at trades
means the order.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from msgspec import Struct

from ...trading.instrument import Instrument
from ...trading.words import Side
from ..desk.account import Closing
from ..desk.money import mean_price, total


class RoundTrip(Struct, frozen=True):
    """Contracts that one order opened and one order closed; `side` is the entry's.

    Times are those of the first fill in and the last fill out, prices the means of the contracts
    in it, `profit` is exact and after fees.
    """

    instrument: Instrument
    side: Side
    qty: int
    opened_ns: int
    closed_ns: int
    entry_px: Decimal
    exit_px: Decimal
    profit: Decimal
    fees: Decimal
    entry_tag: str
    exit_tag: str


def round_trips(closings: Iterable[Closing]) -> tuple[RoundTrip, ...]:
    """Closings joined by instrument, entry order and exit order, in the order of the first one."""
    groups: dict[tuple[str, str, str], list[Closing]] = {}
    for closing in closings:
        key = (closing.instrument.symbol, closing.entry_tag, closing.exit_tag)
        groups.setdefault(key, []).append(closing)
    return tuple(_joined(parts) for parts in groups.values())


def _joined(parts: list[Closing]) -> RoundTrip:
    first, qty = parts[0], sum(part.qty for part in parts)
    alone, grid = len(parts) == 1, first.instrument  # as a rule: its money is there already
    return RoundTrip(
        instrument=grid,
        side=first.side,
        qty=qty,
        opened_ns=min(part.opened_ns for part in parts),
        closed_ns=max(part.closed_ns for part in parts),
        entry_px=_mean(grid, [(part.qty, part.entry_units) for part in parts]),
        exit_px=_mean(grid, [(part.qty, part.exit_units) for part in parts]),
        profit=first.profit if alone else total(*(part.profit for part in parts)),
        fees=first.fees if alone else total(*(part.fees for part in parts)),
        entry_tag=first.entry_tag,
        exit_tag=first.exit_tag,
    )


def _mean(grid: Instrument, fills: Sequence[tuple[int, int]]) -> Decimal:
    """The mean price of contracts and their units; one on the grid is the grid's own, which keeps
    it for all."""
    qty = sum(each for each, _ in fills)
    worth_units = sum(each * units for each, units in fills)
    units, between = divmod(worth_units, qty)
    return mean_price(grid, worth_units, qty) if between else grid.decimal(units)
