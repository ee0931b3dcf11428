"""Protect, unprotect and close: the orders of a trader about what is held."""

from collections.abc import Callable
from decimal import Decimal

from msgspec.structs import replace

from ...errors import RefusedByUs, UsageError
from ...instrument import Instrument
from ...price import PriceLike
from ...words import Side, TimeInForce
from ..brackets.core import Mode
from ..brackets.plan import Level
from ..owners import Owners, Past
from ..sending.outbox import Outbox
from ..settings import OrderSettings
from ..view import View
from .close import Close
from .guard import Guard
from .holding import Holding
from .kept import CloseKept, GuardKept
from .spec import GuardSpec, check_spec, placed


class PositionOrders:
    """Guards and closes of one manager. `flattening(instrument)`: whether a flatten is under way
    there; it closes what is held, and nothing else does meanwhile."""

    def __init__(
        self,
        view: View,
        owners: Owners,
        outbox: Outbox,
        settings: OrderSettings,
        tifs: frozenset[TimeInForce],
        next_intent: Callable[[], str],
        flattening: Callable[[Instrument], bool],
    ) -> None:
        self.holdings: dict[str, Holding] = {}  # by symbol, where a guard or a close is
        self._view = view
        self._owners = owners
        self._outbox = outbox
        self._settings = settings
        # Protection outlives the day: a day order would leave the position bare at the close.
        self._tif = TimeInForce.GTC if TimeInForce.GTC in tifs else TimeInForce.DAY
        self._next_intent = next_intent
        self._flattening = flattening

    def guard_of(self, instrument: Instrument) -> Guard | None:
        """The guard of an instrument; None where there is none, or where it has ended."""
        holding = self.holdings.get(instrument.symbol)
        return None if holding is None else holding.guard

    def protect(
        self,
        instrument: Instrument,
        *,
        stop: Level | None = None,
        target: Level | None = None,
        qty: int | None = None,
        market: PriceLike | None = None,
    ) -> Guard:
        """Guard what is held beyond what brackets hold by a stop, a target or both; what is left
        out stays as it is. `qty`: contracts at most, all where it is None; once the guard has
        closed so many it has ended.

        Levels are prices, or `Ticks` from the mean price of what is held; that mean is taken anew
        when the position grows, never when a part is closed. `market` is what a close would get
        now, where it is known.

        Raises `UsageError` for levels on the wrong side of the market or of each other after
        alignment, and `RefusedByUs` where nothing is held that no bracket guards, or while it is
        being flattened; nothing is sent or changed then.
        """
        self._open_for_business(instrument)
        holding = self._holding(instrument)
        stand, guard = holding.stand(), self.guard_of(instrument)
        if not stand.share:
            raise RefusedByUs(
                f"there is nothing to guard: {stand.held} {instrument.symbol} held, "
                f"{stand.others} of it by brackets, which protect it; wait until an order is "
                f"filled (`await order.done()`), or enter with a bracket"
            )
        if guard is not None and guard.mode is Mode.EXITING:
            raise RefusedByUs(f"{guard!r} closes what is held: {guard.reason}")
        given = {
            name: placed(instrument, name, level)
            for name, level in (("stop", stop), ("target", target))
            if level is not None
        }
        side = Side.BUY if stand.share > 0 else Side.SELL
        before = GuardSpec(instrument=instrument, side=side) if guard is None else guard.spec
        spec = replace(before, **given, qty=qty)
        exact = None if market is None else instrument.decimal(instrument.units(market))
        check_spec(spec, stand.mean_px, exact)
        if guard is None:
            guard = holding.add_guard(self._next_intent(), spec, self._tif)
            self.settle(instrument)
        else:
            guard.change(spec)
        return guard

    def unprotect(self, instrument: Instrument) -> Guard | None:
        """Take the guard of an instrument away; returns it, None where there is none. What is held
        stays held. Its `ended()` waits until nothing of it works."""
        guard = self.guard_of(instrument)
        if guard is not None:
            self._open_for_business(instrument)
            guard.retire()
            self.settle(instrument)
        return guard

    def close_position(
        self, instrument: Instrument, qty: int | None = None, *, limit: PriceLike | None = None
    ) -> Close:
        """Close what is held, or `qty` contracts of it, at market or at a `limit`; wait on the
        handle. However many closes are called, together they send no more than is held.

        At market, contracts that nobody guards or a guard does are closed first, then those of
        brackets, oldest first; the orders that protect them are made smaller before: between that
        and the fill, about one round trip, they have no stop. At a limit the guard's stop stays as
        large as what is held, and whichever fills makes the other smaller; what a bracket holds has
        a target for that, and `Bracket.move_target`.

        Raises `RefusedByUs` where nothing of the kind is held, `UsageError` for more than is,
        `OffGrid` for a limit that is not on the grid.
        """
        self._open_for_business(instrument)
        holding = self._holding(instrument)
        stand = holding.stand()
        held = stand.held - stand.owed  # what was closed too much is on its way back already
        most = abs(held if limit is None else stand.share)
        if not most:
            raise RefusedByUs(
                f"there is nothing to close: {stand.held} {instrument.symbol} held, and of that "
                f"{stand.others} by brackets, whose targets are their limits (Bracket.move_target)"
            )
        asked = most if qty is None else qty
        if isinstance(asked, bool) or not isinstance(asked, int) or not 1 <= asked <= most:
            raise UsageError(
                f"qty is {qty!r}; give contracts from 1 to {most}, which is what can be closed "
                f"{'at market' if limit is None else 'at a limit'} in {instrument.symbol}, or None"
            )
        px: Decimal | None = None
        if limit is not None:
            px = instrument.decimal(instrument.units(limit))
        side = Side.SELL if held > 0 else Side.BUY
        close = holding.add_close(self._next_intent(), side, asked, px)
        self.settle(instrument)
        return close

    def rebuild_guard(self, kept: GuardKept, past: Past) -> Guard:
        """The guard of another life."""
        instrument = past.find(kept.symbol)
        spec = kept.spec(instrument)
        guard = self._holding(instrument).add_guard(past.intent, spec, kept.tif)
        guard.resume(kept, past)
        return guard

    def rebuild_close(self, kept: CloseKept, past: Past) -> Close:
        """The close of another life."""
        holding = self._holding(past.find(kept.symbol))
        close = holding.make_close(past.intent, kept.side, kept.own, kept.limit)
        close.resume(kept, past)
        return close

    def reopen(self, instrument: Instrument) -> None:
        """A fill was taken back: what the newest guard was for that has ended may be held again. A
        flatten that is under way closes it, and would take the guard's stop away time after time
        (explored, swarm 7)."""
        if self.guard_of(instrument) is not None or self._flattening(instrument):
            return
        known = (*self._owners.late(instrument), *self._owners.trading(instrument))
        ended = [owner for owner in known if isinstance(owner, Guard)]
        if ended and ended[-1].reopen():
            holding = self._holding(instrument)
            if ended[-1] not in holding.guards:
                holding.guards.append(ended[-1])

    def settle(self, instrument: Instrument) -> None:
        """Something changed in an instrument: its guard and its closes act on it."""
        holding = self.holdings.get(instrument.symbol)
        if holding is not None:
            holding.settle()
            if holding.empty:
                del self.holdings[instrument.symbol]

    # --- how --------------------------------------------------------------------------------------

    def _holding(self, instrument: Instrument) -> Holding:
        known = self.holdings.get(instrument.symbol)
        if known is None:
            known = self.holdings[instrument.symbol] = Holding(
                instrument,
                self._view,
                self._owners,
                self._outbox,
                self._settings,
                self._flattening,
            )
        return known

    def _open_for_business(self, instrument: Instrument) -> None:
        if self._outbox.closed:
            raise RefusedByUs("the order manager is closed; it sends nothing any more")
        if self._flattening(instrument):
            raise RefusedByUs(f"{instrument.symbol} is being flattened; wait until it is done")
