"""The reference engine: commands and market rows, committed in the one order of their times.

At one nanosecond: session state, market rows in file order (a bar's steps are rows), orders; then
by sequence of submission (DESIGN 6).
"""

from collections.abc import Iterator, Sequence
from heapq import heappop, heappush

from ...trading.words import Side
from ..commands import (
    AttachLegs,
    CancelOrder,
    Command,
    FreezeOrder,
    NewOrder,
    ReplaceOrder,
    SetMarket,
    SetStatus,
)
from ..engine import Book, BookLeg, BookOrder, Columns
from ..reports import Report
from ..rules import Rules
from ..workable import require_fields, require_legs, require_workable
from . import invariants, order_entry
from .links import attach
from .market_feed import MarketFeed
from .order_replace import replace
from .state import BookState
from .working_order import WorkingOrder

_BEFORE_ROWS, _AFTER_ROWS = 0, 2


class ReferenceEngine:
    """One instrument's book (the `Engine` protocol): the specification of what any engine does.

    The market is OPEN until a SetStatus says otherwise. `suspect_bars`: the start times of bars
    whose extremes are not believed; they are walked straight from open to close, their fills are
    reported as ambiguous and `suspect_bars_walked` counts them. `ambiguous_bars` counts the bars
    in which a stop and a limit of ours on one side both lay within reach. Raises ValueError for
    rules that a venue profile cannot work with.
    """

    def __init__(self, rules: Rules, suspect_bars: frozenset[int] = frozenset()) -> None:
        require_workable(rules)
        self._state = BookState(rules)
        self._feed = MarketFeed(self._state, suspect_bars)
        self._pending: list[tuple[int, int, int, Command]] = []
        self._submitted = 0
        self._ids: set[int] = set()
        self._hanging: set[int] = set()
        self._now_ns: int | None = None

    @property
    def ambiguous_bars(self) -> int:
        return self._feed.ambiguous_bars

    @property
    def suspect_bars_walked(self) -> int:
        return self._feed.suspect_bars_walked

    def extend(self, columns: Columns) -> None:
        """Append market rows: `seq` rising, times not falling, nothing before what was committed.

        Raises ValueError where that is broken, or where bars overlap.
        """
        self._feed.extend(columns, -(2**63) if self._now_ns is None else self._now_ns)

    def submit(self, at_ns: int, command: Command) -> None:
        """Let a command reach the exchange at `at_ns`.

        One at the last committed moment is taken with the next `advance`. Raises ValueError for an
        earlier one, for an order id that was used before and for an order without the fields of its
        type: these are the sender's bugs, not matters for a venue's reject.
        """
        if self._now_ns is not None and at_ns < self._now_ns:
            raise ValueError(f"a command at {at_ns} is too late: {self._now_ns} is committed")
        if isinstance(command, NewOrder):
            require_fields(command)
            self._use([command.order_id])
        elif isinstance(command, AttachLegs):
            require_legs(command)
            ids = [command.entry_id, *(leg.order_id for leg in command.legs)]
            for order_id in ids:
                if order_id in self._hanging:
                    raise ValueError(f"order {order_id} is linked already")
            self._use([leg.order_id for leg in command.legs if leg.px is None])
            self._hanging.update(ids)
        tie = _BEFORE_ROWS if isinstance(command, SetStatus) else _AFTER_ROWS
        self._submitted += 1
        heappush(self._pending, (at_ns, tie, self._submitted, command))

    def next_moment(self, limit_ns: int) -> int | None:
        """The first moment up to `limit_ns` with a command due or a row that may touch an order.

        Changes nothing. While the market is not open nothing but a command can be reported.
        """
        due = self._pending[0][0] if self._pending else None
        until = limit_ns if due is None else min(limit_ns, due)
        touch = self._feed.next_touch(until)
        if touch is not None:
            return touch
        return due if due is not None and due <= limit_ns else None

    def advance(self, to_ns: int) -> Sequence[Report]:
        """Commit everything up to and including `to_ns`; the reports, in order.

        Raises ValueError for a time before the last, UnknownSizeError where a fill needs a size
        that the data does not give and no rule was named.
        """
        if self._now_ns is not None and to_ns < self._now_ns:
            raise ValueError(f"advance to {to_ns}: {self._now_ns} is committed already")
        while self._pending and self._pending[0][0] <= to_ns:
            at_ns, tie, _, command = heappop(self._pending)
            self._feed.commit(at_ns - 1 if tie == _BEFORE_ROWS else at_ns)
            self._state.now_ns = at_ns
            self._carry_out(command)
        self._feed.commit(to_ns)
        self._now_ns = self._state.now_ns = to_ns
        reports, self._state.reports = self._state.reports, []
        return reports

    def book(self) -> Book:
        """The state after the last `advance`."""
        state = self._state
        bid, ask = state.recorded[Side.BUY], state.recorded[Side.SELL]
        resting = [o for side in (Side.BUY, Side.SELL) for o in state.resting[side]]
        stops = [o for side in (Side.BUY, Side.SELL) for o in state.stops[side]]
        frozen = [o for o in state.orders.values() if o.frozen]
        return Book(
            status=state.status,
            last_price=state.last_price,
            bid=None if bid.price is None else (bid.price, bid.shown, bid.available),
            ask=None if ask.price is None else (ask.price, ask.shown, ask.available),
            orders=tuple(_shown(order) for order in resting),
            stops=tuple(_shown(order) for order in sorted(stops, key=lambda o: o.arrival)),
            frozen=tuple(_shown(order) for order in sorted(frozen, key=lambda o: o.arrival)),
            legs=tuple(_legs(state)),
        )

    def check(self) -> None:
        """Walk every invariant of the book and assert it."""
        invariants.check(self._state)

    def _use(self, ids: list[int]) -> None:
        for order_id in ids:
            if order_id in self._ids:
                raise ValueError(f"order id {order_id} was used before")
        self._ids.update(ids)

    def _carry_out(self, command: Command) -> None:
        if isinstance(command, NewOrder):
            order_entry.enter(self._state, command)
        elif isinstance(command, CancelOrder):
            order_entry.cancel(self._state, command)
        elif isinstance(command, ReplaceOrder):
            replace(self._state, command)
        elif isinstance(command, FreezeOrder):
            order_entry.freeze(self._state, command)
        elif isinstance(command, SetMarket):
            self._feed.by_hand(command)
        elif isinstance(command, AttachLegs):
            attach(self._state, command)
        else:
            order_entry.set_status(self._state, command)
        self._feed.orders_changed()
        if not isinstance(command, SetStatus):  # the rows of its nanosecond are still to come
            self._feed.settle_links()


def _legs(state: BookState) -> Iterator[BookLeg]:
    for entry_id, family in sorted(state.families.items()):
        if entry_id != family.asked.entry_id:
            continue
        for leg in family.legs:
            order_id = leg.asked.order_id
            if leg.suspended or order_id in state.orders:
                yield BookLeg(order_id, entry_id, leg.suspended, leg.px, leg.qty)


def _shown(order: WorkingOrder) -> BookOrder:
    return BookOrder(
        order_id=order.order_id,
        side=order.side,
        ord_type=order.ord_type,
        order_qty=order.order_qty,
        cum_qty=order.cum_qty,
        price=order.price,
        stop_px=order.stop_px,
        ahead=None if order.waiting else order.ahead,
    )
