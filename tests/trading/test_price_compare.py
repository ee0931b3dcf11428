"""Prices compare with what a strategy has at hand: floats, numpy's numbers, columns."""

import operator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
import pytest

from dryfill.trading.price import Price, Ticks, price_text

OPERATORS = [operator.lt, operator.le, operator.eq, operator.ne, operator.ge, operator.gt]
KINDS: list[Any] = [float, np.float64, np.float32, Decimal, Price]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("compare", OPERATORS)
def test_a_price_compares_with_a_number_of_any_kind_as_their_texts_do(
    kind: Any, compare: Any
) -> None:
    for text in ("1327.1", "0.0000005", "-37.63", "0"):
        price, ticks = Price(text), (-1, 0, 1)
        for n in ticks:
            other = Decimal(text) + n
            assert bool(compare(price, kind(str(other)))) is compare(0, n), (text, n)
            assert bool(compare(kind(str(other)), price)) is compare(n, 0), (text, n)


@pytest.mark.parametrize("kind", [int, np.int64, np.int32, Fraction])
@pytest.mark.parametrize("compare", OPERATORS)
def test_a_price_compares_with_whole_numbers_exactly(kind: Any, compare: Any) -> None:
    price = Price("1327")
    for n in (1326, 1327, 1328):
        assert compare(price, kind(n)) is compare(1327, n)
        assert bool(compare(kind(n), price)) is compare(n, 1327)


def test_a_price_is_unequal_to_a_float_exactly_when_it_is_not_equal() -> None:
    price = Price("1327.1")
    assert price == 1327.1
    assert not price != 1327.1  # noqa: SIM202  # the operator itself is under test
    assert price != float("nan")
    assert not price == float("nan")  # noqa: SIM201  # likewise


def test_a_price_compares_with_a_column_element_by_element() -> None:
    price: Any = Price("2.5")
    column = np.array([1.0, 2.5, 4.0])
    assert (price < column).tolist() == [False, False, True]
    assert (column >= price).tolist() == [False, True, True]
    assert (column == price).tolist() == [False, True, False]
    assert (price > pl.Series([1.0, 2.5, 4.0])).to_list() == [True, False, False]


def test_a_price_equals_no_text_and_nothing() -> None:
    assert Price("1") != "1"
    assert Price("1") != None  # noqa: E711  # the operator itself is under test
    with pytest.raises(TypeError):
        assert Price("1") < "2"


def test_arithmetic_with_a_float_is_refused_and_with_decimals_exact() -> None:
    price: Any = Price("1.1")
    with pytest.raises(TypeError):
        price + 0.1
    with pytest.raises(TypeError):
        np.float64(0.1) * price
    assert price + Decimal("0.1") == Decimal("1.2")


def test_equal_prices_are_one_key() -> None:
    assert len({Price("1.50"), Price("1.5"), Decimal("1.5")}) == 1


@pytest.mark.parametrize("n", [1.0, True, "1", None, Decimal(1)])
def test_ticks_take_whole_numbers_only(n: Any) -> None:
    with pytest.raises(TypeError, match="whole number"):
        Ticks(n)


def test_ticks_are_multiplied_negated_and_ordered() -> None:
    assert (Ticks(3) * 2, 2 * Ticks(3), -Ticks(3)) == (Ticks(6), Ticks(6), Ticks(-3))
    assert Ticks(-1) < Ticks(0) < Ticks(2)


@pytest.mark.parametrize(
    ("price", "text"),
    [("1E+2", "100"), ("5E-7", "0.0000005"), ("-0.00005", "-0.00005"), ("1E-7", "0.0000001")],
)
def test_a_price_is_written_without_an_exponent(price: str, text: str) -> None:
    assert price_text(Decimal(price)) == text
