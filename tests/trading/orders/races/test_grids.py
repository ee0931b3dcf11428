"""What of RS-54 to RS-58 is arithmetic: ties, and the day of a tick. The races are files."""

from datetime import date
from decimal import Decimal

import pytest

from dryfill.trading import instruments
from dryfill.trading.errors import OffGrid
from dryfill.trading.instrument import Instrument, TickBand

CHANGING = Instrument(
    "CHG", Decimal("0.01"), Decimal(10), bands=(TickBand(Decimal("0.05"), date(2024, 3, 5)),)
)


@pytest.mark.parametrize(
    ("tick", "price", "nearest"),
    [
        ("0.1", "100.05", "100"),  # a tie goes to the even tick
        ("0.1", "100.15", "100.2"),
        ("0.005", "1.0025", "1"),
        ("0.005", "1.0075", "1.01"),
        ("5", "102.5", "100"),
        ("25", "112.5", "100"),
        ("25", "-12.5", "0"),
        ("0.25", "20000.10", "20000"),  # an entry and its stop, collapsed
        ("0.25", "20000.05", "20000"),
    ],
)
def test_rs_56_ties_are_exact_on_every_tick(tick, price, nearest):
    instrument = Instrument("TIE", Decimal(tick), Decimal(1))
    assert instrument.price(price, rounding="nearest") == Decimal(nearest)
    below, above = (instrument.price(price, rounding=way) for way in ("down", "up"))
    assert above - below == Decimal(tick)
    assert below < Decimal(price) < above


def test_rs_58_the_change_of_tick_is_a_matter_of_the_day():
    grid = CHANGING
    assert grid.units("99.93", on=date(2024, 3, 4)) == 9993
    with pytest.raises(OffGrid):
        grid.units("99.93", on=date(2024, 3, 5))
    assert instruments.find("ZB").tick == Decimal("0.03125")
