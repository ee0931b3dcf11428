"""Stops that the market has traded through, and of which no event tells (fault-model, F36).

A stop that works is set off by the first trade at its price. Where the market has stayed beyond it
for `through_s` and nothing was heard, the broker is asked. It may have filled the stop: then its
answer says so, and all is counted as it always is. Where it says that the stop still waits, the
stop does not do what it is for: an incident says so, and whoever the stop belongs to takes it away
and closes at market what it was for. That is not sent before the stop is known to be out, so that
nothing is closed twice, and should the stop fill after all, nothing is closed but the rest.

One price beyond is no proof: it may be older than the stop, out of its order, or made off the
market. A market that comes back before the time is up has not passed the stop; it is timed anew
when it goes beyond again.
"""

from collections.abc import Callable
from decimal import Decimal

from ...instrument import Instrument
from ...price import price_text
from ...words import OrdStatus, TradingStatus
from ..brackets.bracket import Bracket
from ..brackets.core import Mode
from ..commands import Do
from ..exits.fallback import Fallback
from ..groups.group import Group
from ..guards.guard import Guard
from ..handle import Order
from ..owners import Owner, Owners
from ..sending.outbox import Outbox
from ..settings import OrderSettings
from .bounds import Bounds


class _Doubt:
    """A stop that the market is beyond. `timer`: until the broker is asked, None while the market
    is shut and afterwards; `asked`: it was, by a look that began since."""

    __slots__ = ("asked", "order", "px", "timer")

    def __init__(self, order: Order, px: Decimal) -> None:
        self.order = order
        self.px = px
        self.timer: int | None = None
        self.asked = False


class _Watched:
    """One instrument's stops, those in doubt, and those that an incident was about already."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.bounds = Bounds()
        self.doubts: dict[str, _Doubt] = {}
        self.said: dict[str, int] = {}  # by tag: where it waited then
        self.unwanted: int | None = None  # the timer


class TradedThrough:
    """Watches every stop that works. `wants(instrument, True)` asks for the prices of an instrument
    while one does, `False` says that they are not needed any more.

    `sure`: the broker's stops are never missed (`Offers.sure_stops`): nothing is watched then.
    """

    wants: Callable[[Instrument, bool], None]

    def __init__(
        self, owners: Owners, outbox: Outbox, settings: OrderSettings, *, sure: bool
    ) -> None:
        self.wants = lambda instrument, wanted: None
        self._owners = owners
        self._outbox = outbox
        self._settings = settings
        self.watched: dict[str, _Watched] = {}  # by symbol
        self._shut: dict[str, bool] = {}  # by symbol, whether or not a stop waits there
        if not sure:
            outbox.stop_noted = self.note

    def instruments(self) -> list[Instrument]:
        """Those whose prices are taken in."""
        return [watched.instrument for watched in self.watched.values()]

    # --- what happens -----------------------------------------------------------------------------

    def note(self, order: Order) -> None:
        """A stop changed: it waits here now, or it does not any more."""
        watched = self.watched.get(order.instrument.symbol)
        if watched is None:
            if not waits(order):
                return
            watched = self.watched[order.instrument.symbol] = _Watched(order.instrument)
        tag, bounds = order.cl_ord_id, watched.bounds
        units = None
        if waits(order) and order.core.stop_px is not None:
            units = order.instrument.units(order.core.stop_px)
        if units == bounds.at(tag):
            return
        self._calm(watched, tag)
        if units is None:
            bounds.drop(tag)
            watched.said.pop(tag, None)
        else:
            bounds.put(order, units)
        self._want(watched)

    def see(self, instrument: Instrument, bid: int | None, ask: int | None) -> None:
        """The market is quoted so, in units, or traded at a price, which is both then."""
        watched = self.watched.get(instrument.symbol)
        if watched is None:
            return
        bounds = watched.bounds
        low, high = bid is not None and bid < bounds.low, ask is not None and ask > bounds.high
        if low or high or watched.doubts:
            self._look(watched, bid, ask)

    def settle(self, order: Order) -> None:
        """Something was heard of an order: perhaps what was asked of a stop."""
        watched = self.watched.get(order.instrument.symbol)
        if watched is None or not watched.doubts:
            return
        doubt, core = watched.doubts.get(order.cl_ord_id), order.core
        if doubt is None:
            return
        if not waits(order):
            self._calm(watched, order.cl_ord_id)
        elif doubt.asked and not core.doubtful:
            self._found_waiting(watched, order, doubt)

    def on_status(self, instrument: Instrument, status: TradingStatus) -> None:
        """The market moved to another state: while it is shut nothing is set off and nothing is
        judged, not even what was asked before; the time of what is in doubt begins anew when it
        opens."""
        symbol, shut = instrument.symbol, status is not TradingStatus.OPEN
        if shut is self._is_shut(symbol):
            return
        self._shut[symbol] = shut
        watched = self.watched.get(symbol)
        if watched is None:
            return
        for doubt in watched.doubts.values():
            self._outbox.never(doubt.timer)
            doubt.timer, doubt.asked = None, False
            self._time(watched, doubt)

    # --- how --------------------------------------------------------------------------------------

    def _look(self, watched: _Watched, bid: int | None, ask: int | None) -> None:
        """See which stops the market is beyond, and which it is not beyond any more."""
        bounds = watched.bounds
        for tag in [tag for tag in watched.doubts if not bounds.beyond(tag, bid, ask)]:
            self._calm(watched, tag)
        for order in list(bounds.reached(bid, ask)):
            tag, px = order.cl_ord_id, order.core.stop_px
            said = watched.said.get(tag) == bounds.at(tag)
            if px is not None and tag not in watched.doubts and waits(order) and not said:
                doubt = watched.doubts[tag] = _Doubt(order, px)
                self._time(watched, doubt)

    def _is_shut(self, symbol: str) -> bool:
        return self._shut.get(symbol, False)

    def _time(self, watched: _Watched, doubt: _Doubt) -> None:
        """Ask for a stop when the market stayed beyond it for so long, open."""
        if not self._is_shut(watched.instrument.symbol):
            doubt.timer = self._outbox.later(
                self._settings.through_s, lambda: self._ask(watched, doubt), doubt.order.cl_ord_id
            )

    def _ask(self, watched: _Watched, doubt: _Doubt) -> None:
        """The market stayed beyond a stop: ask the broker for it."""
        doubt.timer, order = None, doubt.order
        if not waits(order):
            self._calm(watched, order.cl_ord_id)
        elif order.core.flight is Do.LOOK:  # it was asked before; what it shows may be older
            self._time(watched, doubt)
        else:
            doubt.asked = True
            order.core.doubt.arise()
            self._outbox.advance(order)

    def _found_waiting(self, watched: _Watched, order: Order, doubt: _Doubt) -> None:
        """The broker says that the stop still waits, and the market is still beyond it."""
        tag, bounds = order.cl_ord_id, watched.bounds
        self._calm(watched, tag)
        watched.said[tag] = bounds.at(tag) or 0
        story = f"the market has traded through {order.describe()} at {price_text(doubt.px)}"
        owner = self._owners.of(order)
        blind = isinstance(owner, Fallback) and not owner.knows
        closes = owner is not None and not (blind or order.core.is_entry)
        end = "it is taken away, and what it was for is closed at market"
        if not closes:
            end = "nobody here knows what it was for: it is left as it is"
        text = f"{story}, and the broker says that it still waits; {end}"
        self._outbox.incident("stop_traded_through", text, tag)
        if owner is not None and closes:
            try:
                _close(owner, order, f"{story}, and it did nothing")
            except Exception as error:  # noqa: BLE001  isolated here (DESIGN 3)
                about = f"{type(owner).__name__} of {owner.intent}"
                self._outbox.supervision.failed(error, about, owner.intent)
            else:
                self._owners.settle(owner)

    def _calm(self, watched: _Watched, tag: str) -> None:
        doubt = watched.doubts.pop(tag, None)
        if doubt is not None:
            self._outbox.never(doubt.timer)

    def _want(self, watched: _Watched) -> None:
        """Ask for prices with the first stop, and let them go some time after the last."""
        if len(watched.bounds):
            if watched.unwanted is not None:
                self._outbox.never(watched.unwanted)
                watched.unwanted = None
            self.wants(watched.instrument, True)
        elif watched.unwanted is None:
            watched.unwanted = self._outbox.later(
                self._settings.prices_kept_s, lambda: self._let_go(watched), standing=True
            )

    def _let_go(self, watched: _Watched) -> None:
        watched.unwanted = None
        del self.watched[watched.instrument.symbol]
        self.wants(watched.instrument, False)


def waits(order: Order) -> bool:
    """Whether a stop works at the broker, was not set off, and is wanted."""
    core = order.core
    status = core.venue_status
    return (
        core.accepted
        and core.wish.working
        and not (core.triggered or status.terminal or status is OrdStatus.SUSPENDED)
        and not core.cum_qty
    )


def _close(owner: Owner, order: Order, reason: str) -> None:
    """Have an owner take the stop away and close what it was for."""
    if isinstance(owner, Bracket | Guard):
        if owner.mode is Mode.GUARDING:
            owner.exit(reason)
    elif isinstance(owner, Group):
        owner.close_by(order, reason)
    elif isinstance(owner, Fallback):
        owner.close()
