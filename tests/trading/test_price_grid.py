"""The grid, exact against `fractions`: every tick of the design, both signs, all roundings."""

from datetime import date
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from itertools import pairwise
from random import Random
from typing import Any

import numpy as np
import pytest

from dryfill.trading.errors import OffGrid, UsageError
from dryfill.trading.instrument import Instrument, Rounding, TickBand
from dryfill.trading.price import price_text

TICKS = [
    "0.25",
    "0.1",
    "0.03125",
    "0.015625",
    "0.0078125",
    "0.00005",
    "0.0000005",
    "25",
    "5",
    "0.005",
    "0.01",
]
COUNT = 20_000
REFORM = date(2016, 1, 11)
WIDE = Context(prec=80)
FINEST = Decimal(1).scaleb(-12)


def instrument(tick: str, *bands: TickBand) -> Instrument:
    return Instrument("XX", Decimal(tick), Decimal(50), bands=bands)


def units_of(tick: str) -> list[int]:
    """Small and large counts, half of them negative, zero and the neighbours of zero among them."""
    rng = Random(f"grid {tick}")
    sized = [rng.getrandbits(1 + n % 40) * (-1) ** n for n in range(COUNT - 3)]
    return [-1, 0, 1, *sized]


def expected(exact: Fraction, tick: Fraction) -> dict[Rounding, Fraction]:
    """The roundings by definition: the multiples next to it, and the even one in the middle."""
    below = exact // tick
    down = below * tick
    up = down if exact == down else down + tick
    ahead, behind = up - exact, exact - down
    if ahead == behind:
        nearest = up if below % 2 else down
    else:
        nearest = up if ahead < behind else down
    return {"nearest": nearest, "up": up, "down": down}


@pytest.mark.parametrize("tick", TICKS)
def test_twenty_thousand_prices_go_to_units_and_back_exactly(tick: str) -> None:
    xx = instrument(tick)
    for units in units_of(tick):
        price = xx.decimal(units)
        assert Fraction(price) == units * Fraction(tick)
        text = price_text(price)
        assert "E" not in text
        assert xx.units(price) == xx.units(text) == units


@pytest.mark.parametrize("tick", TICKS)
def test_twenty_thousand_numbers_round_to_the_tick_as_fractions_do(tick: str) -> None:
    xx, rng, step = instrument(tick), Random(f"round {tick}"), Fraction(tick)
    for units in units_of(tick):
        # Quarters and halves of a tick meet the ties; the rest lies anywhere between two ticks.
        part = (
            Fraction(rng.getrandbits(2), 4) if units % 2 else Fraction(rng.getrandbits(20), 1 << 20)
        )
        exact = (units + part) * step
        x = WIDE.divide(Decimal(exact.numerator), Decimal(exact.denominator))
        for rounding, rounded in expected(exact, step).items():
            price = xx.price(x, rounding=rounding)
            assert price.as_integer_ratio() == rounded.as_integer_ratio()
            assert "E" not in price_text(price)


@pytest.mark.parametrize("tick", TICKS)
def test_a_price_one_step_off_the_grid_is_refused_on_both_sides(tick: str) -> None:
    xx = instrument(tick)
    for units in units_of(tick)[:2000]:
        price = Decimal(xx.decimal(units))
        for off in (price + FINEST, price - FINEST, price + Decimal(tick) / 2):
            with pytest.raises(OffGrid, match="tick of XX"):
                xx.units(off)


def test_a_refusal_names_price_tick_instrument_and_the_way_out() -> None:
    with pytest.raises(
        OffGrid, match=r"price 4501\.10 is not on the 0\.25 tick of XX; .*rounding="
    ):
        instrument("0.25").units("4501.10")


@pytest.mark.parametrize("tick", TICKS)
def test_a_float_lands_on_the_tick_it_shows_whichever_way_it_is_rounded(tick: str) -> None:
    xx = instrument(tick)
    for units in units_of(tick)[:2000]:
        price = xx.decimal(units % 100_000)
        for number in (float(price), np.float64(price)):
            for rounding in ("nearest", "up", "down"):
                assert xx.price(number, rounding=rounding) == Decimal(price)


def test_numpy_numbers_are_read_by_their_shortest_text() -> None:
    xx = instrument("0.1")
    rows: list[Any] = [np.float32(1327.1), np.float64(1327.1), np.longdouble("1327.1")]
    for x in rows:
        assert xx.price(x, rounding="up") == xx.price(x, rounding="down") == Decimal("1327.1")
    whole: Any = np.int64(1327)
    assert xx.price(whole, rounding="down") == Decimal(1327)


@pytest.mark.parametrize("price", [1.25, np.float64(1.25), np.float32(1.25)])
def test_units_refuse_a_float_even_on_the_grid(price: float) -> None:
    with pytest.raises(UsageError, match="is a float; write Decimal"):
        instrument("0.25").units(price)  # type: ignore[arg-type]  # the mistake under test


@pytest.mark.parametrize("price", ["NaN", "sNaN", "Infinity", "-Infinity", "abc", "", "1E+999999"])
def test_what_is_no_price_is_refused(price: str) -> None:
    for ask in (instrument("0.25").units, lambda x: instrument("0.25").price(x, rounding="up")):
        with pytest.raises(UsageError, match="is no price for XX"):
            ask(price)


@pytest.mark.parametrize("x", [float("nan"), float("inf"), float("-inf")])
def test_a_float_that_is_no_number_is_refused(x: float) -> None:
    with pytest.raises(UsageError, match="is no price for XX"):
        instrument("0.25").price(x, rounding="nearest")


def test_an_unknown_rounding_is_refused() -> None:
    with pytest.raises(UsageError, match="rounding is 'half'; give 'nearest', 'up' or 'down'"):
        instrument("0.25").price(1, rounding="half")  # type: ignore[arg-type]  # as a caller may


def test_the_callers_decimal_context_changes_no_price() -> None:
    with localcontext(prec=3):
        xx = instrument("0.0000005")
        assert Fraction(xx.decimal(123_456_789)) == Fraction(123_456_789, 2_000_000)
        assert xx.price("61.7283945", rounding="nearest") == Decimal("61.7283945")
        assert xx.money(123_456_789) == Decimal("3086.419725")


@pytest.mark.parametrize("tick", [0.25, Decimal(0), Decimal("-0.25"), Decimal("NaN"), "0.25"])
def test_a_tick_that_is_no_positive_decimal_is_refused(tick: Decimal) -> None:
    with pytest.raises(UsageError, match="XX: tick is"):
        Instrument("XX", tick, Decimal(50))
    with pytest.raises(UsageError, match="XX: the tick of a band is"):
        Instrument("XX", Decimal("0.25"), Decimal(50), bands=(TickBand(tick),))


def by_price() -> Instrument:
    return instrument("0.05", TickBand(Decimal("0.10"), at_or_above=Decimal(3)))


def test_a_large_tick_makes_no_price_with_an_exponent_however_it_is_printed() -> None:
    xx = instrument("25")
    assert (
        f"{xx.decimal(4)} {xx.decimal(-400)} {xx.price(1e6, rounding='up')}" == "100 -10000 1000000"
    )


def test_a_tick_that_grows_with_the_price_rounds_and_refuses_on_both_sides_of_the_edge() -> None:
    xx = by_price()
    assert xx.unit == Decimal("0.05")
    rows = [
        ("2.93", "2.95", "2.95", "2.90"),
        ("2.98", "3.0", "3.0", "2.95"),
        ("3", "3.0", "3.0", "3.0"),
        ("3.04", "3.0", "3.1", "3.0"),
        ("3.05", "3.0", "3.1", "3.0"),
        ("3.15", "3.2", "3.2", "3.1"),
        ("-3.07", "-3.05", "-3.05", "-3.10"),
    ]
    for x, nearest, up, down in rows:
        assert xx.price(x, rounding="nearest") == Decimal(nearest), x
        assert xx.price(x, rounding="up") == Decimal(up), x
        assert xx.price(x, rounding="down") == Decimal(down), x
    assert (xx.units("2.95"), xx.units("3.00"), xx.units("3.10")) == (59, 60, 62)
    with pytest.raises(OffGrid, match=r"price 3\.05 is not on the 0\.10 tick"):
        xx.units("3.05")
    assert [xx.tick_units(n) for n in (59, 60, 62)] == [1, 2, 2]


def test_no_rounding_across_the_edge_of_a_band_leaves_the_grid() -> None:
    xx = by_price()
    hundredths = [Decimal(n) / 1000 for n in range(2800, 3300)]
    for rounding in ("nearest", "up", "down"):
        prices = [xx.price(x, rounding=rounding) for x in hundredths]
        assert all(xx.units(price) == price / xx.unit for price in prices)
        assert all(one <= next_one for one, next_one in pairwise(prices))


def test_a_tick_that_changed_on_a_day_is_the_old_one_before_and_the_new_one_from_then_on() -> None:
    xx = instrument("0.10", TickBand(Decimal("0.05"), since=REFORM))
    before, after = date(2016, 1, 10), REFORM
    assert xx.unit == Decimal("0.05")
    assert xx.units("1.05", on=after) == xx.units("1.05") == 21
    with pytest.raises(OffGrid, match=r"price 1\.05 is not on the 0\.10 tick"):
        xx.units("1.05", on=before)
    assert xx.price("1.04", rounding="up", on=before) == Decimal("1.1")
    assert xx.price("1.04", rounding="up", on=after) == Decimal("1.05")
    assert (xx.tick_units(20, before), xx.tick_units(20, after)) == (2, 1)


def test_without_a_date_the_ticks_of_every_date_are_taken() -> None:
    xx = instrument("0.05", TickBand(Decimal("0.10"), since=REFORM))
    assert xx.units("1.05") == 21
    with pytest.raises(OffGrid):
        xx.units("1.05", on=REFORM)


def test_the_unit_is_the_largest_step_that_divides_every_tick() -> None:
    xx = instrument("0.25", TickBand(Decimal("0.1"), since=REFORM))
    assert xx.unit == Decimal("0.05")
    assert (xx.tick_units(0, date(2000, 1, 1)), xx.tick_units(0, REFORM)) == (5, 2)
    assert xx.money(5) == Decimal("12.5")


def test_a_band_that_begins_off_a_tick_is_refused() -> None:
    with pytest.raises(
        UsageError, match=r"a tick band begins at 3\.05, which is not on every tick"
    ):
        instrument("0.05", TickBand(Decimal("0.10"), at_or_above=Decimal("3.05")))


@pytest.mark.parametrize("tick", TICKS)
def test_a_double_is_the_nearest_to_the_exact_price(tick: str) -> None:
    grid, rng = instrument(tick), Random(5)
    for units in (0, 1, -1, 3, *(rng.randrange(-(10**9), 10**9) for _ in range(2000))):
        assert grid.double(units) == float(grid.decimal(units))
