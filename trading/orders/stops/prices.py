"""The market's prices, as they reach the manager: to the stops that follow them, and to the watch
over stops that were traded through."""

from ...instrument import Instrument
from ..sending.outbox import Outbox
from ..view import View
from .traded_through import TradedThrough


class Prices:
    """Brings prices to where they matter. What one of those raises is its own affair: its position
    goes under a fallback, and the others are told all the same."""

    def __init__(self, view: View, outbox: Outbox, through: TradedThrough) -> None:
        self._view = view
        self._outbox = outbox
        self._through = through
        self._followed: dict[str, None] = {}  # symbols in which stops follow the market

    def follow(self, instrument: Instrument) -> None:
        """Stops of an instrument's brackets follow its prices from now on."""
        self._followed[instrument.symbol] = None

    def follows(self, instrument: Instrument) -> bool:
        """Whether a bracket is there whose stop does."""
        return any(each.plan.rules.follows for each in self._view.brackets_of(instrument))

    def on_price(self, instrument: Instrument, bid: int | None, ask: int | None) -> None:
        """The market traded at a price, in units, which is both then; or, where it tells no trades,
        it is quoted so."""
        if self._outbox.closed:
            return
        try:
            self._through.see(instrument, bid, ask)
        except Exception as error:  # noqa: BLE001  isolated here (DESIGN 3)
            self._outbox.supervision.failed(error, "a price", "")
        if instrument.symbol not in self._followed:
            return
        for bracket in self._view.brackets_of(instrument):
            would_close = bid if bracket.plan.side.sign > 0 else ask
            if would_close is None:
                continue
            try:
                bracket.on_price(instrument.decimal(would_close))
            except Exception as error:  # noqa: BLE001  as above
                about = f"{type(bracket).__name__} of {bracket.intent}"
                self._outbox.supervision.failed(error, about, bracket.intent)
