"""Prices as people write them: exact decimals, and distances in ticks.

`Price` is a `Decimal` that compares with floats the way a trader expects. History columns are
floats, events carry exact prices, and the price 1327.1 must not be greater than the 1327.1 of a
column only because a double cannot hold a tenth.
"""

from decimal import Decimal
from numbers import Integral, Rational
from typing import Any

from msgspec import Struct

_EXACT = (Decimal, Rational)  # numpy's integers are registered as Rational, its floats are not


class Price(Decimal):
    """An exact price. Against a float it compares as the nearest float; otherwise it is a Decimal.
    A column of floats is compared element by element.

    >>> Decimal("1327.1") > 1327.1, Price("1327.1") > 1327.1
    (True, False)

    Arithmetic gives plain Decimals, and with a float it raises `TypeError` like any Decimal. Its
    hash is the Decimal's, so do not mix prices and floats as keys of one dictionary.
    """

    __slots__ = ()
    __array_ufunc__ = None  # numpy scalars hand comparisons over to us

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Decimal):  # first, for it is what prices are compared with all day
            return super().__eq__(other)
        if isinstance(other, float):
            return float(self) == float(other)
        if isinstance(other, _EXACT):
            return super().__eq__(_plain_int(other))
        answer: bool = float(self) == other  # numpy's other floats, or a column
        return answer

    def __ne__(self, other: object) -> bool:
        if isinstance(other, Decimal):
            return super().__ne__(other)
        if isinstance(other, float):
            return float(self) != float(other)
        if isinstance(other, _EXACT):
            return super().__ne__(_plain_int(other))
        answer: bool = float(self) != other
        return answer

    __hash__ = Decimal.__hash__

    def __lt__(self, other: Any) -> bool:
        exact = isinstance(other, _EXACT)
        return super().__lt__(_plain_int(other)) if exact else float(self) < other

    def __le__(self, other: Any) -> bool:
        exact = isinstance(other, _EXACT)
        return super().__le__(_plain_int(other)) if exact else float(self) <= other

    def __gt__(self, other: Any) -> bool:
        exact = isinstance(other, _EXACT)
        return super().__gt__(_plain_int(other)) if exact else float(self) > other

    def __ge__(self, other: Any) -> bool:
        exact = isinstance(other, _EXACT)
        return super().__ge__(_plain_int(other)) if exact else float(self) >= other


def _plain_int(number: Any) -> Any:
    return int(number) if isinstance(number, Integral) else number


class Ticks(Struct, frozen=True, order=True):
    """A distance of `n` ticks of the instrument it is used on.

    >>> Ticks(16) * 2, -Ticks(3)
    (Ticks(n=32), Ticks(n=-3))
    """

    n: int

    def __post_init__(self) -> None:
        if isinstance(self.n, bool) or not isinstance(self.n, int):
            raise TypeError(f"Ticks takes a whole number, not {self.n!r}")

    def __mul__(self, factor: int) -> "Ticks":
        return Ticks(self.n * factor)

    __rmul__ = __mul__

    def __neg__(self) -> "Ticks":
        return Ticks(-self.n)


PriceLike = Decimal | str | int
"""What an order takes as a price: exact already, or text that is. A float goes through
`Instrument.price(x, rounding=...)` first."""


def price_text(price: Decimal) -> str:
    """A price in plain decimal: never an exponent.

    >>> price_text(Decimal("0.0000005")), price_text(Decimal("1E+2"))
    ('0.0000005', '100')
    """
    return format(price, "f")
