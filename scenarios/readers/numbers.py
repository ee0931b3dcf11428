"""Cells to whole numbers: prices to units of the grid, exactly; sizes to contracts."""

from datetime import UTC, date, datetime

import numpy as np
import polars as pl

from ...trading.errors import ScenarioError
from ...trading.instrument import Instrument
from .findings import Check, Note, note, rank, refuse
from .table import Column, Mask, first

# Beyond this a double no longer holds every whole number.
_EXACT_MAX = 2**53
_DAY_NS = 86_400 * 10**9
_EMPTY = ("", "nan", "null", "none", "na", "n/a")


def read_numbers(series: pl.Series, rows: Column, place: str) -> Column:
    """A column as the doubles nearest to what is written; empty cells, NaN and null become NaN.

    Raises ScenarioError with row and value for text that is no finite number.
    """
    if series.dtype == pl.Null:
        return np.full(len(series), np.nan)
    if series.dtype.is_integer():
        return series.cast(pl.Float64).fill_null(np.nan).to_numpy()
    if series.dtype.is_float():
        numbers = series.fill_null(np.nan).to_numpy()
        text = series.cast(pl.String) if np.isinf(numbers).any() else series
    elif series.dtype.is_decimal() or series.dtype == pl.String:
        text = series.cast(pl.String).str.strip_chars()
        text = text.set(text.str.to_lowercase().is_in(_EMPTY), None)
        parsed = text.cast(pl.Float64, strict=False)
        numbers = parsed.fill_null(np.nan).to_numpy()
        words = text.is_not_null().to_numpy() & np.isnan(numbers)
        _refuse_words(text, words, rows, series, place, 0)
    else:
        raise ScenarioError(
            f"{place}: column {series.name!r} of type {series.dtype} holds no numbers; "
            f"give numbers or decimal text"
        )
    _refuse_words(text, np.isinf(numbers), rows, series, place, 1)
    return numbers


def read_sizes(numbers: Column, name: str, rows: Column, place: str) -> Column:
    """Whole contracts from doubles without NaN. Raises ScenarioError for fractions, negatives."""
    sizes: Column = np.rint(numbers).astype(np.int64)
    fractions = (sizes != numbers) | (numbers > _EXACT_MAX)
    if fractions.any():
        raise refuse(
            rank(Check.SIZES, name, 0), place, rows, fractions,
            f"{name} {first(numbers, fractions)} is no whole number",
            "sizes are whole contracts: scale the column",
        )  # fmt: skip
    negative = sizes < 0
    if negative.any():
        raise refuse(
            rank(Check.SIZES, name, 1), place, rows, negative,
            f"{name} {first(sizes, negative)} is negative",
            "sizes count contracts: correct the row (a side belongs in a column of its own)",
        )  # fmt: skip
    return sizes


def to_units(
    numbers: Column, instrument: Instrument, time_ns: Column, there: Mask
) -> tuple[Column, Mask]:
    """Doubles to units of the grid, and which of them are off it (their units are meaningless).

    Exact: units * p / q, the unit being p/q, is one correctly rounded division, so a double is on
    the grid if and only if it is the nearest double to some price on it. A column of 32-bit floats
    is compared as such. Rows that are not `there` are left at 0.
    """
    top, bottom = instrument.unit.as_integer_ratio()
    wide = np.where(there, numbers, 0).astype(np.float64)
    counts = np.rint(wide * bottom / top)
    off: Mask = np.abs(counts) * max(top, 1) > _EXACT_MAX
    units: Column = np.where(off, 0, counts).astype(np.int64)
    back = (units * top) / bottom
    if numbers.dtype == np.float32:
        # Coarser than the grid, a single cannot say which price it means.
        off |= np.spacing(np.abs(numbers)) * bottom > top / 2
        back = back.astype(np.float32).astype(np.float64)
    off |= (back != wide) & there
    if instrument.bands:
        off |= _between_bands(units, instrument, time_ns, there & ~off)
    return units, off


def settle_prices(
    columns: dict[str, Column],
    names: tuple[str, ...],
    instrument: Instrument,
    options: frozenset[str],
    place: str,
    rows: Column,
    time_ns: Column,
) -> tuple[dict[str, Column], Mask, tuple[Note, ...]]:
    """Price columns (NaN: not there) in units, the rows to leave out, and notes on what was done.

    Raises ScenarioError for the first price off the grid unless an option says what to do with it.
    """
    units: dict[str, Column] = {}
    leave = np.zeros(len(rows), dtype=np.bool_)
    notes: list[Note] = []
    for name in names:
        there = ~np.isnan(columns[name])
        units[name], off = to_units(columns[name], instrument, time_ns, there)
        if not off.any():
            continue
        if "round-prices" in options:
            for i in np.flatnonzero(off):
                units[name][i] = _nearest(columns[name][i].item(), instrument, int(time_ns[i]))
            where = rank(Check.GRID, name)
            notes.append(note(where, place, rows, off, "rounded", f"off-grid {name} cells"))
        elif "drop-off-grid" in options:
            leave |= off
        else:
            value = first(columns[name], off)
            raise refuse(
                rank(Check.GRID, name), place, rows, off,
                f"{name} {value} is not on the {format(instrument.tick, 'f')} tick of "
                f"{instrument.symbol}",
                "is it the right instrument? If so, clean='round-prices' moves such prices to the "
                "nearest tick, clean='drop-off-grid' leaves the rows out",
            )  # fmt: skip
    if leave.any():
        where = rank(Check.OFF_GRID)
        notes.append(note(where, place, rows, leave, "dropped", "rows with off-grid prices"))
    return units, leave, tuple(notes)


def _nearest(value: float, instrument: Instrument, time_ns: int) -> int:
    return instrument.units(instrument.price(value, rounding="nearest", on=_date(time_ns)))


def _between_bands(units: Column, instrument: Instrument, time_ns: Column, there: Mask) -> Mask:
    """Where a price is on the finest step but not on the tick in force there on that (UTC) date."""
    between = np.zeros(len(units), dtype=np.bool_)
    pairs = np.stack([units[there], time_ns[there] // _DAY_NS])
    distinct, inverse = np.unique(pairs, axis=1, return_inverse=True)
    wrong = [
        int(price) % instrument.tick_units(int(price), _date(int(day) * _DAY_NS)) != 0
        for price, day in distinct.T
    ]
    between[there] = np.array(wrong, dtype=np.bool_)[inverse.reshape(-1)]
    return between


def _date(time_ns: int) -> date:
    return datetime.fromtimestamp(time_ns // 10**9, UTC).date()


def _refuse_words(
    text: pl.Series, bad: Mask, rows: Column, series: pl.Series, place: str, nth: int
) -> None:
    if bad.any():
        raise refuse(
            rank(Check.CELLS, series.name, nth), place, rows, bad,
            f"{series.name} {text.filter(pl.Series(bad))[0]!r} is no finite number",
            "write plain decimals with a point, such as 4501.25",
        )  # fmt: skip
