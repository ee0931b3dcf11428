"""What an order should be, and what the broker agreed that it is.

A change is agreed by its answer and told by its REPLACED report, in either order. It asks for some
numbers and leaves the rest to the broker, who may change these meanwhile (a child's size follows
the fills of its entry): its answer says nothing of them, and its report shows what they are. A
report that fits no change of ours is the broker's own doing, or another hand's, and what it says
holds.
"""

from decimal import Decimal

from msgspec import Struct, structs

from ..order import OrderChange, OrderRequest, OrderState
from .sending.backoff import doubled
from .settings import OrderSettings

_ASKED_MOST = 16  # changes of one order that left and were never heard of again


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
    """A change that was sent: what the order should be after it, and what of that was asked for.
    `known_ns`: the broker's newest time that was known of the order then; `sent_s`: when it
    left."""

    wish: Wish
    asked: OrderChange
    known_ns: int = 0
    sent_s: float = 0.0

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
    `strange`: what a report or a look showed last that we never asked for and that nobody has taken
    over yet, and `taken_over` the numbers that were; None where there is no such thing.

    `held_most`: how many changes may wait for their report; a broker that never sends them must not
    fill the memory.
    """

    __slots__ = (
        "_asked",
        "_held_most",
        "_last",
        "_newest_ns",
        "_request",
        "_taken",
        "_under_way",
        "_untold",
        "contested",
        "now",
        "strange",
        "taken_over",
    )

    def __init__(self, request: OrderRequest, held_most: int) -> None:
        # A trailing stop's trigger moves by itself; only its distance is agreed.
        stop_px = None if request.trail is not None else request.stop_px
        self.now = Wish(True, request.order_qty, request.price, stop_px, request.trail)
        self._under_way: _Change | None = None  # sent, not answered
        self._taken: _Change | None = None  # the newest that was answered
        self.contested = 0
        self.strange: OrderChange | None = None
        self.taken_over: Wish | None = None
        self._asked: tuple[Wish, ...] = ()  # of changes that no report was of: they may come yet
        self._last = self.now  # as it was told last, whatever was agreed to since
        self._request = request
        self._held_most = held_most
        self._newest_ns = 0  # the broker's time of the newest of these
        self._untold: tuple[_Change, ...] = ()  # agreed to, their reports still to come

    @property
    def under_way(self) -> Wish | None:
        """What the order should be after a change that was sent and not answered."""
        return None if self._under_way is None else self._under_way.wish

    def sent(self, wish: Wish, known_ns: int = 0, now_s: float = 0.0) -> None:
        """A change to these numbers leaves now; `known_ns`: see `_Change`."""
        self._under_way = _Change(wish, self.change_to(wish), known_ns, now_s)
        self._asked = (*self._asked, wish)[-_ASKED_MOST:]

    def taken(self) -> None:
        """The broker took the change under way."""
        change, self._under_way = self._under_way, None
        assert change is not None, "an answer to no change"
        self._taken = change
        self.now = change.made_of(self.now)
        self._untold = (*self._untold, change)[-self._held_most :]

    def ended(self) -> None:
        """The change under way was refused, or nobody knows what became of it."""
        self._under_way = None

    def is_before(self, state: OrderState, began_s: float, visible_s: float) -> bool:
        """Whether a look that began then shows the order as it was before a change that the broker
        took: other than agreed, and no newer than what was known when that left. Not for ever: he
        may not tell times of changes."""
        change = self._taken
        if change is None or not 0 < state.time_ns <= change.known_ns:
            return False
        differs = self._read(state) != self.now and not state.ord_status.terminal
        return differs and began_s < change.sent_s + visible_s

    def replaced(self, state: OrderState) -> bool:
        """A REPLACED report came: of a change of ours, which need not be answered any more then, or
        of the broker's own doing. False where it came before, or a newer one did: what comes late
        does not bring old numbers back."""
        if state.time_ns < self._newest_ns:
            return False
        self._newest_ns = state.time_ns
        told = self._read(state)
        before, self._last = self._last, told
        of = self._told_of(told)
        if of is not None:
            self._came(self._untold[of].wish)
            self._untold = self._untold[of + 1 :]
            for change in self._untold:
                told = change.made_of(told)
            self.now = told
            return True
        sent = self._under_way
        if sent is not None and sent.shown_by(told):
            self._came(sent.wish)
            self.now, self._under_way = sent.made_of(told), None
            return True
        if told == self.now:
            return False
        self._compare(told, before)
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

    def voided(self, qty: int, time_ns: int) -> bool:
        """A fill of so many contracts was taken back: the order is as much smaller. False where a
        newer word on its numbers is known, which has that in it."""
        if time_ns < self._newest_ns:
            return False
        self._newest_ns = time_ns
        self.now = structs.replace(self.now, order_qty=self.now.order_qty - qty)
        self._last = structs.replace(self._last, order_qty=self._last.order_qty - qty)
        return True

    def pause_s(self, settings: OrderSettings) -> float:
        """A broker that changes every change of ours again is not asked as fast as it answers."""
        if self.contested < 2:
            return 0.0
        return doubled(settings.retry_s, settings.retry_most_s, self.contested - 1)

    def seen(self, state: OrderState) -> None:
        """A look-up showed the order with these numbers."""
        newer = state.time_ns > self._newest_ns
        self._newest_ns = max(self._newest_ns, state.time_ns)
        told = self._read(state)
        if newer:
            self._compare(told, self._last)
        self._last = self.now = told

    def begun(self, state: OrderState) -> None:
        """An order that the broker kept back has now the numbers that it works with, or still
        has none."""
        self._request = structs.replace(self._request, price=state.price)
        price, stop_px = state.price, state.stop_px
        self._last = self.now = Wish(True, state.order_qty, price, stop_px, self.now.trail)

    def as_it_is(self, *, working: bool) -> Wish:
        """What the order is now as a wish, whoever made it so."""
        self.strange = None
        return structs.replace(self.now, working=working)

    def change_to(self, wish: Wish) -> OrderChange:
        """The change that makes the order as wished; None where nothing differs."""
        now = self.now
        return OrderChange(
            order_qty=wish.order_qty if wish.order_qty != now.order_qty else None,
            price=wish.price if wish.price != now.price else None,
            stop_px=wish.stop_px if wish.stop_px != now.stop_px else None,
            trail=wish.trail if wish.trail != now.trail else None,
        )

    def _came(self, wish: Wish) -> None:
        """A change of ours was told: it will not come a second time. One before it of which nobody
        heard may still be on its way."""
        if wish in self._asked:
            at = self._asked.index(wish)
            self._asked = self._asked[:at] + self._asked[at + 1 :]

    def _compare(self, told: Wish, before: Wish) -> None:
        """Whether what the broker tells now was never asked for. What we asked for and never heard
        of again may have come only now. While a change is under way ours is the newer word, and
        what comes in place of the report of one is what the broker made of it."""
        if self._under_way is not None or self._untold:
            return
        known = (self.now, before, *self._asked)
        qty = None if told.order_qty in (wish.order_qty for wish in known) else told.order_qty
        if any((w.price, w.stop_px) == (told.price, told.stop_px) for w in known):
            price = stop_px = None
        else:
            price, stop_px = told.price, told.stop_px
        if qty is not None or price is not None or stop_px is not None:
            self.strange = OrderChange(order_qty=qty, price=price, stop_px=stop_px)

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
