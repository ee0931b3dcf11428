"""An instrument and its price grid: the one place where prices become integers and come back.

Inside the exchange a price is a count of *units*, the finest step an instrument ever has. For most
instruments the unit is the tick. Where the tick changes by date or by price (`TickBand`), the unit
is the largest step that divides every tick, and the tick is k units.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Context, Decimal, InvalidOperation
from fractions import Fraction
from math import gcd, lcm
from numbers import Integral, Rational, Real
from typing import Any, Literal

from msgspec import Struct

from .errors import OffGrid, UsageError
from .price import Price, PriceLike, price_text

Rounding = Literal["nearest", "up", "down"]
_ROUNDINGS = ("nearest", "up", "down")

# The caller's decimal context (a small precision, say) must not decide what a price is.
_EXACT = Context(prec=60)
_DIGITS_MAX = 30
_EXACT_KINDS = (Decimal, str, int)  # of PriceLike


class TickBand(Struct, frozen=True):
    """A tick that holds from a date on, or from a price on, or both. The last band that fits wins.

    `at_or_above` lies on every tick of its instrument, so that rounding cannot step over it.
    """

    tick: Decimal
    since: date | None = None
    at_or_above: Decimal | None = None


@dataclass(frozen=True, repr=False)
class Instrument:
    """One tradable contract (or, for research, a root) with its exact grid and money.

    `tick` and `point_value` are exact: money per point of price and contract, so that a tick of one
    contract is worth `tick * point_value`. `protection` is the distance of the limit that a market
    or stop order gets on a venue that protects them, in price points (market-facts 4); None:
    unknown, and such a venue then refuses to guess. `month` is the first day of the delivery month,
    None for a root and where it is not known; `projectx` the root of its ProjectX contract id,
    where known. Source of the built-in values: market-facts 1.
    """

    symbol: str
    tick: Decimal
    point_value: Decimal
    root: str = ""
    exchange: str = ""
    currency: str = "USD"
    calendar: str = "always"
    description: str = ""
    protection: Decimal | None = None
    bands: tuple[TickBand, ...] = ()
    month: date | None = None
    projectx: str = ""
    unit: Decimal = field(init=False)
    _unit_ratio: tuple[int, int] = field(init=False, repr=False, compare=False)
    _prices: dict[int, Price] = field(init=False, repr=False, compare=False, default_factory=dict)
    _units: dict[Decimal, int] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        positive = [("tick", self.tick), ("point_value", self.point_value)]
        positive += [("the tick of a band", band.tick) for band in self.bands]
        for name, value in positive:
            if not isinstance(value, Decimal) or not value.is_finite() or value <= 0:
                raise UsageError(
                    f"{self.symbol}: {name} is {value!r}; give a positive Decimal, "
                    f'for example Decimal("0.25")'
                )
        object.__setattr__(self, "root", self.root or self.symbol)
        ticks = [Fraction(value) for name, value in positive if name != "point_value"]
        for edge in (band.at_or_above for band in self.bands if band.at_or_above is not None):
            if any(Fraction(edge) % tick for tick in ticks):
                raise UsageError(
                    f"{self.symbol}: a tick band begins at {price_text(edge)}, which is not on "
                    f"every tick of the instrument; begin it where both ticks meet"
                )
        unit = Fraction(gcd(*(t.numerator for t in ticks)), lcm(*(t.denominator for t in ticks)))
        object.__setattr__(self, "unit", _decimal(unit))
        object.__setattr__(self, "_unit_ratio", unit.as_integer_ratio())

    def __repr__(self) -> str:
        return f"Instrument({self.symbol!r})"

    @property
    def unit_value(self) -> Decimal:
        """Money for one unit of one contract, exact."""
        return _EXACT.multiply(self.unit, self.point_value)

    def units(self, price: PriceLike, *, on: date | None = None) -> int:
        """A price on the grid, as a whole number of units.

        Where the tick changes, the price must be on the tick of the date `on` at that price (None:
        on the tick of any date). Raises `OffGrid` for a price between steps and `UsageError` for
        what is no exact price (a float, NaN, text that is no number). Never rounds: see `price` for
        that.
        """
        known = self._known(price)
        if known is not None:
            return known
        exact = _exact(price, self.symbol)
        numerator, denominator = exact.as_integer_ratio()
        unit_numerator, unit_denominator = self._unit_ratio
        count, rest = divmod(numerator * unit_denominator, denominator * unit_numerator)
        if rest or (self.bands and not self._on_a_tick(exact, on)):
            raise OffGrid(
                f"price {price_text(exact)} is not on the {price_text(self.tick_at(exact, on))} "
                f"tick of {self.symbol}; its .price(x, rounding='nearest'|'up'|'down') aligns"
            )
        return count

    def decimal(self, units: int) -> Price:
        """The exact price of a number of units; made once per price and remembered."""
        known = self._prices.get(units)
        if known is None:
            known = self._prices[units] = Price(_plain(_EXACT.multiply(Decimal(units), self.unit)))
            self._units[known] = units
        return known

    def double(self, units: int) -> float:
        """The double nearest to the exact price of a number of units."""
        numerator, denominator = self._unit_ratio
        return units * numerator / denominator  # of two whole numbers it is rounded once

    def price(self, x: float | PriceLike, *, rounding: Rounding, on: date | None = None) -> Price:
        """Any number moved to this instrument's tick: the only way from a float to a price.

        `nearest` sends ties to the even tick, `up` to the higher and `down` to the lower price,
        below zero too. A float is read by its shortest decimal text, so 1.08437 means 1.08437 and
        not the binary fraction next to it. `on` picks the tick of that date where it changes.
        Raises `UsageError` for NaN, infinities and unknown roundings.
        """
        if rounding not in _ROUNDINGS:
            raise UsageError(
                f"rounding is {rounding!r}; give 'nearest', 'up' or 'down' for {self.symbol}"
            )
        known = self._known(x)
        if known is not None:
            return self._prices[known]
        exact = _exact(x if isinstance(x, _EXACT_KINDS) else _readable(x), self.symbol)
        numerator, denominator = exact.as_integer_ratio()
        if not self.bands:  # the unit is the tick
            unit_numerator, unit_denominator = self._unit_ratio
            scaled = numerator * unit_denominator, denominator * unit_numerator
            return self.decimal(_round(*scaled, rounding))
        tick = self.tick_at(exact, on)
        tick_numerator, tick_denominator = tick.as_integer_ratio()
        steps = _round(numerator * tick_denominator, denominator * tick_numerator, rounding)
        return Price(_plain(_EXACT.multiply(Decimal(steps), tick)))

    def ticks_from(self, price: Decimal, n: int, *, rounding: Rounding) -> Price:
        """The price `n` ticks above another, below it where `n` is negative; moved to the tick as
        `price` does where the other one lies between ticks."""
        known = self._known(price)
        if known is not None:  # the unit is the tick
            return self.decimal(known + n)
        return self.price(price + self.tick_at(price) * n, rounding=rounding)

    def tick_at(self, price: Decimal, on: date | None = None) -> Decimal:
        """The tick in force at a price, on a date (None: the newest known)."""
        tick = self.tick
        for band in self.bands:
            dated = band.since is None or on is None or on >= band.since
            priced = band.at_or_above is None or price >= band.at_or_above
            if dated and priced:
                tick = band.tick
        return tick

    def tick_units(self, price_units: int, on: date | None = None) -> int:
        """The tick in force at a price, in units: the k of `tick = k * unit`."""
        if not self.bands:
            return 1
        steps = Fraction(self.tick_at(self.decimal(price_units), on)) / Fraction(self.unit)
        return steps.numerator

    def money(self, units: int) -> Decimal:
        """The exact worth of a move of `units` units on one contract."""
        return _EXACT.multiply(Decimal(units), self.unit_value)

    def _known(self, price: object) -> int | None:
        """The units of a price that this grid has made; None for others, and where the tick of the
        day decides."""
        if self.bands or not isinstance(price, Decimal) or not price.is_finite():
            return None
        return self._units.get(price)

    def _on_a_tick(self, price: Decimal, on: date | None) -> bool:
        days = [on] if on else [date.min, *(band.since for band in self.bands if band.since)]
        return any(Fraction(price) % Fraction(self.tick_at(price, day)) == 0 for day in days)


def _exact(price: float | PriceLike, symbol: str) -> Decimal:
    if not isinstance(price, _EXACT_KINDS) and _inexact(price):
        raise UsageError(
            f"price {price!r} for {symbol} is a float; write Decimal('{price!r}') or "
            f"'{price!r}', or align it: instrument.price({price!r}, rounding='nearest')"
        )
    try:
        exact = Decimal(price)
    except (InvalidOperation, TypeError, ValueError):
        raise UsageError(f"{price!r} is no price for {symbol}; give a Decimal or text") from None
    if not exact.is_finite():
        raise UsageError(f"{price!r} is no price for {symbol}; it must be finite")
    exponent = exact.as_tuple().exponent
    if exact.adjusted() > _DIGITS_MAX or not -2 * _DIGITS_MAX <= int(exponent) <= _DIGITS_MAX:
        raise UsageError(f"{price!r} is no price for {symbol}; it has too many digits")
    return exact


def _inexact(x: object) -> bool:
    return isinstance(x, Real) and not isinstance(x, Rational)


def _readable(x: Any) -> Any:
    """What Decimal can read. str() of a float, numpy's too, is its shortest text."""
    if isinstance(x, Integral):
        return int(x)
    return str(x) if _inexact(x) else x


def _decimal(exact: Fraction) -> Decimal:
    return _EXACT.divide(Decimal(exact.numerator), Decimal(exact.denominator))


def _round(numerator: int, denominator: int, rounding: Rounding) -> int:
    below, rest = divmod(numerator, denominator)
    if rounding == "nearest":
        return below + (2 * rest > denominator or (2 * rest == denominator and below % 2))
    return below + (rounding == "up" and rest > 0)


def _plain(value: Decimal) -> Decimal:
    """Without trailing zeros and without an exponent: 1.50 and 1E+2 become 1.5 and 100."""
    short = value.normalize(_EXACT)
    exponent = int(short.as_tuple().exponent)
    return short.quantize(Decimal(1), context=_EXACT) if exponent > 0 else short
