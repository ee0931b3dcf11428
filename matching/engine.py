"""The seam of the exchange: what every engine does, whichever language it is written in.

An engine holds one instrument's book. It is told commands with the time at which they reach it and
is given market rows in advance; `advance` commits both in the order of the ties (DESIGN 6: session
state, market rows in file order, orders; then by sequence). The world asks `next_moment` of every
engine, takes the earliest, and moves there.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from msgspec import Struct

from ..trading.words import OrdType, Side, TradingStatus
from .commands import Command
from .reports import Report


class BookOrder(Struct, frozen=True):
    """One of our orders as the book holds it. `ahead` None: not resting, or not known yet."""

    order_id: int
    side: Side
    ord_type: OrdType
    order_qty: int
    cum_qty: int
    price: int | None
    stop_px: int | None
    ahead: int | None


class BookLeg(Struct, frozen=True):
    """A leg of an entry that is not over. `px` and `qty`: where it was put last, and the size that
    its entry had for it then; None before it worked (`qty` also for one of an earlier life)."""

    order_id: int
    entry_id: int
    suspended: bool
    px: int | None
    qty: int | None


class Book(Struct, frozen=True):
    """The whole state of an engine, comparable between engines.

    `bid` and `ask` are (price, shown, still available) of the recorded market or None; `orders`
    rest in the book by side, price and time; `stops` wait for their trigger, in order of arrival.
    `frozen` do neither, in order of arrival. `legs`: what hangs on an entry, by the entry's id;
    those that are not suspended stand among the others too.
    """

    status: TradingStatus
    last_price: int | None
    bid: tuple[int, int, int] | None
    ask: tuple[int, int, int] | None
    orders: tuple[BookOrder, ...]
    stops: tuple[BookOrder, ...]
    frozen: tuple[BookOrder, ...] = ()
    legs: tuple[BookLeg, ...] = ()


class Columns(Protocol):
    """The market rows an engine reads: a `trading.tape.Tape`, by shape."""

    @property
    def quotes(self) -> Any: ...
    @property
    def trades(self) -> Any: ...
    @property
    def bars(self) -> Any: ...


class Engine(Protocol):
    """One instrument's book and matching.

    `ambiguous_bars` counts the bars that held more than one story of our orders,
    `suspect_bars_walked` those whose extremes are not believed.
    """

    @property
    def ambiguous_bars(self) -> int: ...
    @property
    def suspect_bars_walked(self) -> int: ...

    def extend(self, columns: Columns) -> None:
        """Append market rows, all at or after the last ones. Chunks may come at any time."""

    def submit(self, at_ns: int, command: Command) -> None:
        """Let a command reach the exchange at `at_ns`, not before what was committed already."""

    def next_moment(self, limit_ns: int) -> int | None:
        """The first moment, at or before `limit_ns`, at which `advance` may have something to
        report or a command is due. Changes nothing. Never later than the truth; it may be
        earlier."""

    def advance(self, to_ns: int) -> Sequence[Report]:
        """Commit everything up to and including `to_ns`; the reports, in order."""

    def book(self) -> Book:
        """The state after the last `advance`."""

    def check(self) -> None:
        """Walk every invariant of the book and assert it."""
