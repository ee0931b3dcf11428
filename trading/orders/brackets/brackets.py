"""Sending brackets: checked whole before anything goes, then handed to the owners."""

from ...broker import Broker
from ...errors import UsageError
from ...instrument import Instrument
from ...order import OrderSpec
from ...price import PriceLike
from ...words import TimeInForce
from ..door import Door
from ..drafts import draft
from ..owners import Owners
from ..sending.outbox import Outbox
from ..settings import OrderSettings
from .bracket import Bracket
from .native_plan import with_legs
from .plan import (
    NO_RULES,
    Level,
    Plan,
    Rules,
    Targets,
    check_levels,
    entry_prices,
    entry_type_fits,
    share_out,
)


class Brackets:
    """Begins brackets."""

    def __init__(
        self, owners: Owners, outbox: Outbox, broker: Broker, settings: OrderSettings, door: Door
    ) -> None:
        self._owners = owners
        self._outbox = outbox
        self._broker = broker
        self._settings = settings
        self._door = door

    def send(
        self,
        instrument: Instrument,
        spec: OrderSpec,
        *,
        stop: Level,
        target: Targets,
        market: PriceLike | None = None,
        rules: Rules = NO_RULES,
    ) -> Bracket:
        """Send an entry that is protected as it fills. `market` is what a market entry's levels are
        checked against, where it is known. Rules on the stop need `Bracket.on_price` to be told.

        Raises `UsageError` for levels on the wrong side of the entry or of each other after
        alignment, and for entry types that cannot be protected; nothing is sent then. Else as
        `place`.
        """
        opens = self._door.may_send(instrument, spec)
        if not entry_type_fits(spec.ord_type):
            raise UsageError(
                f"a bracket's entry is a market, limit or stop order, not {spec.ord_type.name}"
            )
        offers = self._broker.offers
        intent = self._door.life.next_intent()
        request = draft(f"{intent}.entry#1", instrument, spec, offers)
        targets = share_out(target, spec.qty)
        plan = Plan(instrument, spec.side, spec.qty, stop, targets, rules)
        check_levels(plan, entry_prices(request, market))
        request = with_legs(request, plan, offers, self._settings.brackets)
        self._door.admit(request)
        # Protection outlives the day: a day order would leave the position bare at the close.
        tif = TimeInForce.GTC if TimeInForce.GTC in offers.tifs else TimeInForce.DAY
        bracket = Bracket(intent, plan, tif, self._outbox.on_behalf(intent), self._settings)
        self._door.life.begins([request], bracket, opens)
        bracket.begin(request)
        self._owners.add(bracket)  # not before it has an entry: observers of that may ask about all
        return bracket
