"""Net positions and their exact mean price, from fills."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from ..instrument import Instrument
from ..order import Execution


@dataclass(frozen=True, slots=True)
class Position:
    """Signed contracts (short is negative) and the exact mean price of those held; None when flat.

    True when anything is held, so that `if self.position:` reads as it should.
    """

    instrument: Instrument
    qty: int = 0
    avg_px: Decimal | None = None

    def __bool__(self) -> bool:
        return self.qty != 0


class PositionBook:
    """The account's positions by instrument, each fill counted once.

    Reducing keeps the mean price; crossing zero starts it anew at the crossing fill's price.
    """

    def __init__(self) -> None:
        self._held: dict[str, Position] = {}
        self._cost: dict[str, Fraction] = {}

    def get(self, instrument: Instrument) -> Position:
        return self._held.get(instrument.symbol) or Position(instrument)

    def apply(self, fill: Execution) -> Position:
        """Take a fill in; the position after it. The caller sees to it that none comes twice."""
        key, before = fill.instrument.symbol, self.get(fill.instrument).qty
        signed = fill.side.sign * fill.qty
        after = before + signed
        cost = self._cost.get(key, Fraction(0))
        if before * signed >= 0:
            cost += Fraction(fill.px) * signed
        elif before * after <= 0:
            cost = Fraction(fill.px) * after
        else:
            cost = cost * Fraction(after, before)
        self._cost[key] = cost
        mean = cost / after if after else None
        avg_px = None if mean is None else Decimal(mean.numerator) / Decimal(mean.denominator)
        self._held[key] = Position(fill.instrument, after, avg_px)
        return self._held[key]
