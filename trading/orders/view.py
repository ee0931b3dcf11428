"""What is: orders, brackets, positions and incidents of one manager, as far as we were told."""

from ..instrument import Instrument
from .brackets.bracket import Bracket
from .groups.group import Group
from .handle import Order
from .incident import Incident
from .owners import Owners
from .positions import Position
from .recovery.differences import Difference
from .sending.outbox import Outbox


class View:
    """Looks and changes nothing."""

    def __init__(self, owners: Owners, outbox: Outbox) -> None:
        self._owners = owners
        self._outbox = outbox

    def position(self, instrument: Instrument) -> Position:
        """What is held in an instrument by all that we were told."""
        return self._outbox.ledger.position(instrument)

    def held(self, instrument: Instrument) -> int:
        """Contracts held in an instrument, signed."""
        return self._outbox.ledger.position(instrument).qty

    def order(self, key: str) -> Order | None:
        """An order of ours by its client tag or the broker's id; None where it is not known here,
        or no more. That says nothing of the broker: `manager.look_up` asks."""
        return self._outbox.orders.get(key)

    def group_of(self, order: Order) -> Group | None:
        """The group that an order belongs to or was linked into; None where there is none."""
        owner = self._owners.of(order)
        return owner if isinstance(owner, Group) else None

    def orders_of(self, instrument: Instrument) -> list[Order]:
        """Orders in an instrument that are not known to be over, oldest first."""
        symbol = instrument.symbol
        return [o for o in self._outbox.orders.working() if o.instrument.symbol == symbol]

    def positions(self) -> list[Position]:
        """What is held, instrument by instrument; flat ones are left out."""
        return self._outbox.ledger.positions()

    def orders(self) -> list[Order]:
        """Orders in all instruments that are not known to be over, oldest first."""
        return list(self._outbox.orders.working())

    def instruments(self) -> list[Instrument]:
        """Instruments in which something works or is held, in order of appearance."""
        found = {order.instrument.symbol: order.instrument for order in self.orders()}
        found |= {each.instrument.symbol: each.instrument for each in self.positions()}
        return list(found.values())

    def holdings(self) -> list[tuple[str, Instrument, int]]:
        """What brackets, groups and guards answer for: intent, instrument, signed contracts."""
        held = [(owner.intent, owner.instrument, owner.position) for owner in self._owners.all()]
        return [each for each in held if each[2]]

    @property
    def brackets(self) -> list[Bracket]:
        """Brackets that still work or hold something, oldest first."""
        return [b for b in self._owners.all() if isinstance(b, Bracket)]

    def brackets_of(self, instrument: Instrument) -> list[Bracket]:
        """Brackets in an instrument that still work or hold something, oldest first."""
        return [b for b in self._owners.trading(instrument) if isinstance(b, Bracket)]

    def unsure(self, instrument: Instrument) -> bool:
        """Whether the broker may have made orders for a bracket in an instrument that nobody told
        of, or other hands traded what nobody told; it is being asked then."""
        if self._outbox.lacking(instrument):
            return True
        kept = [bracket.native for bracket in self.brackets_of(instrument)]
        return any(native is not None and native.unseen for native in kept)

    @property
    def incidents(self) -> list[Incident]:
        """The incidents so far, as many of the newest as the settings keep."""
        return list(self._outbox.incidents)

    @property
    def incident_count(self) -> int:
        """How many incidents there were so far, those that are kept no more included."""
        return self._outbox.incident_count

    @property
    def differences(self) -> list[Difference]:
        """Where the broker's truth was not what we knew, so far; each is an incident too."""
        return list(self._outbox.differences.all)

    @property
    def finished(self) -> int:
        """How many orders that are over are kept."""
        return self._outbox.orders.finished

    @property
    def tables(self) -> dict[str, int]:
        """How many entries the order table has: `working`, `finished`, `ids`, `tombstones` of
        orders that were let go, `held_reports`."""
        return self._outbox.orders.sizes()

    @property
    def closed(self) -> bool:
        """Whether nothing is sent any more."""
        return self._outbox.closed

    @property
    def timers(self) -> int:
        """How many timers of the manager's run, the comparison every `reconcile_s` apart; none once
        it is closed."""
        return self._outbox.timers
