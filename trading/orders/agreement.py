"""What an order should be, and what the broker agreed that it is.

A change is agreed by its answer and told by its REPLACED report, in either order. It asks for some
numbers and leaves the rest to the broker, who may change these meanwhile (a child's size follows
the fills of its entry): its answer says nothing of them, and its report shows what they are. A
report that fits no change of ours is the broker's own doing, and what it says holds.
"""

from decimal import Decimal

from msgspec import Struct, structs

from ..order import OrderChange, OrderRequest, OrderState
from .sending.backoff import doubled
from .settings import OrderSettings


class Wish(Struct, frozen=True):
    """What an order should be: working or gone, and at which numbers."""

    working: bool
    order_qty: int
    price: Decimal | None
    stop_px: Decimal | None
    trail: int | None = None

    @property
    def told(self) -> tuple[int, Decimal | None, Decimal | None]:
        """The numbers that a report repeats; a trail is not among them."""
        return self.order_qty, self.price, self.stop_px


class _Change(Struct, frozen=True):
    """A change that was sent: what the order should be after it, and what of that was asked for."""

    wish: Wish
    asked: OrderChange

    def made_of(self, numbers: Wish) -> Wish:
        """What the change makes of an order with these numbers."""
        given = structs.asdict(self.asked)
        asked = {name: value for name, value in given.items() if value is not None}
        return structs.replace(numbers, **asked)

    def shown_by(self, told: Wish) -> bool:
        """Whether an order with these numbers has what was asked for. Of a trail no report tells:
        a change of nothing else is known by all numbers being as they were."""
        return told.told == self.wish.told or (
            self.asked.trail is None and self.made_of(told) == told
        )


class Agreement:
    """The numbers an order works with by the broker's word. `now` is the newest of them.
    `contested`: how often, since the last wish, the broker made something else of a change.

    `held_most`: how many changes may wait for their report; a broker that never sends them must not
    fill the memory.
    """

    __slots__ = (
        "_held_most",
        "_newest_ns",
        "_request",
        "_under_way",
        "_untold",
        "contested",
        "now",
    )

    def __init__(self, request: OrderRequest, held_most: int) -> None:
        # A trailing stop's trigger moves by itself; only its distance is agreed.
        stop_px = None if request.trail is not None else request.stop_px
        self.now = Wish(True, request.order_qty, request.price, stop_px, request.trail)
        self._under_way: _Change | None = None  # sent, not answered
        self.contested = 0
        self._request = request
        self._held_most = held_most
        self._newest_ns = 0  # the broker's time of the newest of these
        self._untold: tuple[_Change, ...] = ()  # agreed to, their reports still to come

    @property
    def under_way(self) -> Wish | None:
        """What the order should be after a change that was sent and not answered."""
        return None if self._under_way is None else self._under_way.wish

    def sent(self, wish: Wish) -> None:
        """A change to these numbers leaves now."""
        self._under_way = _Change(wish, self.change_to(wish))

    def taken(self) -> None:
        """The broker took the change under way."""
        change, self._under_way = self._under_way, None
        assert change is not None, "an answer to no change"
        self.now = change.made_of(self.now)
        self._untold = (*self._untold, change)[-self._held_most :]

    def ended(self) -> None:
        """The change under way was refused, or nobody knows what became of it."""
        self._under_way = None

    def replaced(self, state: OrderState) -> bool:
        """A REPLACED report came: of a change of ours, which need not be answered any more then, or
        of the broker's own doing. False where it came before, or a newer one did: what comes late
        does not bring old numbers back."""
        if state.time_ns < self._newest_ns:
            return False
        self._newest_ns = state.time_ns
        told = self._read(state)
        of = self._told_of(told)
        if of is not None:
            self._untold = self._untold[of + 1 :]
            for change in self._untold:
                told = change.made_of(told)
            self.now = told
            return True
        sent = self._under_way
        if sent is not None and sent.shown_by(told):
            self.now, self._under_way = sent.made_of(told), None
            return True
        if told == self.now:
            return False
        self.now = told
        self.contested += 1
        return True

    def traded(self, state: OrderState) -> None:
        """A fill's report shows how large the order is: what made it so was never told, where no
        change of ours is still to be."""
        changes = self._under_way is not None or self._untold
        if changes or state.order_qty == self.now.order_qty or state.time_ns < self._newest_ns:
            return
        self._newest_ns = state.time_ns
        self.now = structs.replace(self.now, order_qty=state.order_qty)

    def pause_s(self, settings: OrderSettings) -> float:
        """A broker that changes every change of ours again is not asked as fast as it answers."""
        if self.contested < 2:
            return 0.0
        return doubled(settings.retry_s, settings.retry_most_s, self.contested - 1)

    def seen(self, state: OrderState) -> None:
        """A look-up showed the order with these numbers."""
        self._newest_ns = max(self._newest_ns, state.time_ns)
        self.now = self._read(state)

    def begun(self, state: OrderState) -> None:
        """An order that the broker kept back has now the numbers that it works with, or still
        has none."""
        self._request = structs.replace(self._request, price=state.price)
        price, stop_px = state.price, state.stop_px
        self.now = Wish(True, state.order_qty, price, stop_px, self.now.trail)

    def change_to(self, wish: Wish) -> OrderChange:
        """The change that makes the order as wished; None where nothing differs."""
        now = self.now
        return OrderChange(
            order_qty=wish.order_qty if wish.order_qty != now.order_qty else None,
            price=wish.price if wish.price != now.price else None,
            stop_px=wish.stop_px if wish.stop_px != now.stop_px else None,
            trail=wish.trail if wish.trail != now.trail else None,
        )

    def _told_of(self, told: Wish) -> int | None:
        """Which of the changes still to be told a report is of: one that made the order just so,
        else one that asked for no more than it shows."""
        changes = self._untold
        just_so = (n for n, change in enumerate(changes) if told.told == change.wish.told)
        shown = (n for n, change in enumerate(changes) if change.shown_by(told))
        return next(just_so, next(shown, None))

    def _read(self, state: OrderState) -> Wish:
        """The broker's numbers, but only those that the order has by its own request: a market
        order or a triggered stop shows a limit of the venue's making, a trailing stop the venue's
        trigger."""
        now, request = self.now, self._request
        return Wish(
            True,
            state.order_qty,
            now.price if request.price is None or state.price is None else state.price,
            now.stop_px if now.stop_px is None or state.stop_px is None else state.stop_px,
            now.trail,
        )
