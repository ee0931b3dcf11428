"""Prices of requests as the exchange takes them: on the grid of the day, or refused."""

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

from ...trading.errors import Refused, UsageError
from ...trading.instrument import Instrument
from ...trading.price import price_text
from ...trading.words import Reason


def on_grid(instrument: Instrument, price: Decimal | None, now_ns: int) -> int | None:
    """A price in units; None for none. Raises `Refused` for one off the grid, or none at all."""
    if price is None:
        return None
    today = datetime.fromtimestamp(now_ns // 10**9, UTC).date()
    try:
        return instrument.units(price, on=today)
    except UsageError:  # off the grid, or no number at all
        raise Refused(
            f"price {price_text(price)} is not aligned to the tick size of {instrument.symbol}",
            reason=Reason.PRICE_OFF_TICK,
        ) from None


def grid_units(instrument: Instrument) -> tuple[tuple[int, int], ...]:
    """The newest ticks in units, as an engine has them (`AttachLegs.grid`)."""
    if not instrument.bands:
        return ()
    unit = Fraction(instrument.unit)
    edges = [(None, instrument.tick), *((band.at_or_above, band.tick) for band in instrument.bands)]
    return tuple(
        (-(2**62) if edge is None else int(Fraction(edge) / unit), int(Fraction(tick) / unit))
        for edge, tick in edges
    )


def units_or_none(instrument: Instrument, price: Decimal | None) -> int | None:
    """A price in units; None for none and for one that no grid has."""
    try:
        return None if price is None else instrument.units(price)
    except UsageError:
        return None
