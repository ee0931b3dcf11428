"""Exact sums of money, whatever the caller has done to the interpreter's decimal context.

A strategy may set a small precision for itself; what an account holds must not be rounded by it.
"""

from decimal import Context, Decimal, Inexact, InvalidOperation

from ...trading.instrument import Instrument

# Money has far fewer digits; should a sum ever need more, it raises and is not rounded.
_EXACT = Context(prec=60, traps=[Inexact, InvalidOperation])
_MEAN = Context(prec=28)


def total(*amounts: Decimal) -> Decimal:
    """The sum of some amounts."""
    found = Decimal(0)
    for amount in amounts:
        found = _EXACT.add(found, amount)
    return found


def times(amount: Decimal, n: int) -> Decimal:
    """`n` times an amount."""
    if n == 1:  # as a rule: what is kept for each fill is then one object, and not many
        return amount
    return _EXACT.multiply(amount, Decimal(n))


def mean_price(instrument: Instrument, worth_units: int, qty: int) -> Decimal:
    """The price of each of `qty` contracts that are worth `worth_units` together, to 28 digits.

    >>> mean_price(Instrument("ES", Decimal("0.25"), Decimal(50)), 3, 2)
    Decimal('0.375')
    """
    return _MEAN.divide(_EXACT.multiply(Decimal(worth_units), instrument.unit), Decimal(qty))
