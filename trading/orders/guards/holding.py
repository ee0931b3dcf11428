"""One instrument's guard and closes, and what each of them may count on."""

from collections.abc import Callable
from decimal import Decimal

from msgspec.structs import replace

from ...instrument import Instrument
from ...words import Side, TimeInForce
from ..groups.group import Group
from ..owners import Owner, Owners
from ..sending.outbox import Outbox
from ..settings import OrderSettings
from ..view import View
from . import core as core
from .close import Close
from .guard import Guard, Stand
from .spec import GuardSpec


class Holding:
    """Shares what is held out: first come, first served, and never more than there is."""

    def __init__(
        self,
        instrument: Instrument,
        view: View,
        owners: Owners,
        outbox: Outbox,
        settings: OrderSettings,
        flattening: Callable[[Instrument], bool],
    ) -> None:
        self.guards: list[Guard] = []  # the newest guards; older ones take their legs away
        self.closes: list[Close] = []
        self._instrument = instrument
        self._view = view
        self._owners = owners
        self._outbox = outbox
        self._settings = settings
        self._flattening = flattening

    @property
    def empty(self) -> bool:
        return not self.guards and not self.closes

    @property
    def guard(self) -> Guard | None:
        """The one that guards; None where there is none."""
        return next((guard for guard in reversed(self.guards) if not guard.over), None)

    def add_guard(self, intent: str, spec: GuardSpec, tif: TimeInForce) -> Guard:
        """Guard by these levels."""
        sender = self._outbox.on_behalf(intent)
        guard = Guard(intent, spec, tif, sender, self._settings, self.stand)
        self.guards.append(guard)
        self._owners.add(guard)
        self._outbox.keep(guard)
        return guard

    def add_close(self, intent: str, side: Side, asked: int, limit: Decimal | None) -> Close:
        """Close so many contracts: first those that nobody else answers for, then those of
        brackets, oldest first."""
        own = min(asked, abs(self.stand().share))
        close = self.make_close(intent, side, own, limit)
        self._outbox.keep(close)
        left = asked - own
        for bracket in self._view.brackets_of(self._instrument):
            if left and bracket.position * side.sign < 0:
                part = bracket.part(left)
                if part is not None:
                    close.parts.append(part)
                    left -= part.qty
        return close

    def make_close(self, intent: str, side: Side, own: int, limit: Decimal | None) -> Close:
        """A close of contracts that nobody else answers for."""
        sender = self._outbox.on_behalf(intent)
        close = Close(
            intent, self._instrument, side, own, limit, sender, self._settings, self._allot
        )
        self.closes.append(close)
        self._owners.add(close)
        return close

    def settle(self) -> None:
        """Let all of them act on what is now, the guard first: what it protects shrinks before a
        close goes."""
        for guard in list(self.guards):
            self._owners.settle(guard)
        for close in list(self.closes):
            self._owners.settle(close)
        # One that failed has a fallback in its place (DESIGN 3), and is not asked again.
        guards = [each for each in self.guards if self._owners.get(each.intent) is each]
        closes = [each for each in self.closes if self._owners.get(each.intent) is each]
        self.guards = [guard for guard in guards if not guard.finished]
        self.closes = [close for close in closes if not close.finished]

    def stand(self) -> Stand:
        """How the instrument stands."""
        position = self._view.position(self._instrument)
        trading = self._owners.trading(self._instrument)
        ours = [each for each in trading if isinstance(each, Guard | Close)]
        others = [each for each in trading if not isinstance(each, Guard | Close)]
        orders = self._view.orders_of(self._instrument)
        stand = Stand(
            held=position.qty,
            others=sum(owner.position for owner in others if not _only_closes(owner)),
            mean_px=position.avg_px,
            doubtful=any(not order.core.accepted for order in orders),
            owed=sum(each.owed for each in ours),
            opening=tuple(o.side for o in orders if o.core.is_entry and not self._owners.of(o)),
        )
        at_market, at_limit = self._allotments(stand)
        closing, resting = sum(at_market.values()), sum(at_limit.values())
        return replace(stand, closing=closing, resting=resting)

    # --- how --------------------------------------------------------------------------------------

    def _allot(self, close: Close) -> tuple[Stand, int, bool]:
        """What a close may have working, and whether what else would close leaves room for it."""
        stand = self.stand()
        if self._flattening(self._instrument):
            return stand, 0, False
        at_market, at_limit = self._allotments(stand)
        mine = at_market.get(close.intent, 0) + at_limit.get(close.intent, 0)
        mine = min(mine, close.wanted)
        guards = sum(guard.may_close for guard in self.guards)
        if close.limit is not None:
            exits = sum(c.may_close for c in self.closes if c.limit is None)
            return stand, mine, mine + exits <= abs(stand.share)
        resting = sum(c.may_close for c in self.closes if c.limit is not None)
        others = sum(c.may_close for c in self.closes if c.limit is None and c is not close)
        return stand, mine, max(guards, resting) + others + mine <= abs(stand.share)

    def _allotments(self, stand: Stand) -> tuple[dict[str, int], dict[str, int]]:
        """By intent: what closes at market are about to take, and what those at a limit wait
        for."""
        side = Side.SELL if stand.share > 0 else Side.BUY
        at_market = [c for c in self.closes if c.limit is None and c.side is side]
        at_limit = [c for c in self.closes if c.limit is not None and c.side is side]
        taken = core.allot(abs(stand.share), [close.takes for close in at_market])
        left = abs(stand.share) - sum(taken)
        waiting = core.allot(left, [close.takes for close in at_limit])
        return (
            {close.intent: qty for close, qty in zip(at_market, taken, strict=True)},
            {close.intent: qty for close, qty in zip(at_limit, waiting, strict=True)},
        )


def _only_closes(owner: Owner) -> bool:
    """A group that protects what is held holds nothing itself, whatever it sold of that."""
    return isinstance(owner, Group) and owner.spec.only_closes
