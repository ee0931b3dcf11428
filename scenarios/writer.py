"""A tape to a file in the documented columns, so that reading it gives the same tape."""

from pathlib import Path

import numpy as np
import polars as pl

from ..trading.errors import UsageError
from ..trading.instrument import Instrument
from ..trading.tape import NO_PRICE, UNKNOWN_SIZE, BarRows, Ints, QuoteRows, Tape, TradeRows

_ISO_NS = "%Y-%m-%dT%H:%M:%S%.9fZ"


def write_market(tape: Tape, instrument: Instrument, path: str | Path) -> Path:
    """Write a tape to `path`, a .parquet or .csv file, and return the path.

    Bars fill a file of their own; quotes and trades share one, in the tape's order, told apart by a
    `kind` column. Prices are the doubles nearest to the exact ones (Parquet) or exact decimal text
    (CSV); times are UTC. Raises UsageError for another ending, an empty tape, and bars with ticks.
    """
    path = Path(path)
    ticks = len(tape.quotes.seq) + len(tape.trades.seq)
    if not len(tape):
        raise UsageError(f"{path}: the tape is empty; there is nothing to write")
    if ticks and len(tape.bars.seq):
        raise UsageError(
            f"{path}: bars and ticks go into files of their own; write them one by one"
        )
    as_text = path.suffix == ".csv"
    if not as_text and path.suffix != ".parquet":
        raise UsageError(f"{path}: give a name that ends in .parquet or .csv")
    frame = _ticks(tape, instrument, as_text) if ticks else _bars(tape.bars, instrument, as_text)
    if as_text:
        frame.write_csv(path, datetime_format=_ISO_NS)
    else:
        frame.write_parquet(path)
    return path


def _ticks(tape: Tape, instrument: Instrument, as_text: bool) -> pl.DataFrame:
    parts = []
    if len(tape.quotes.seq):
        parts.append(_quotes(tape.quotes, instrument, as_text))
    if len(tape.trades.seq):
        parts.append(_trades(tape.trades, instrument, as_text))
    return pl.concat(parts, how="diagonal").sort("seq").drop("seq")


def _quotes(rows: QuoteRows, instrument: Instrument, as_text: bool) -> pl.DataFrame:
    columns = {"seq": pl.Series(rows.seq), "time": _times(rows.time_ns)}
    if rows.arrival_ns is not None:
        columns["arrival"] = _times(rows.arrival_ns)
    columns["kind"] = pl.Series(["quote"]).new_from_index(0, len(rows.seq))
    for side in ("bid", "ask"):
        columns[side] = _prices(getattr(rows, side), instrument, as_text)
        columns |= _sizes(f"{side}_size", getattr(rows, f"{side}_size"))
    return pl.DataFrame(columns)


def _trades(rows: TradeRows, instrument: Instrument, as_text: bool) -> pl.DataFrame:
    columns = {"seq": pl.Series(rows.seq), "time": _times(rows.time_ns)}
    if rows.arrival_ns is not None:
        columns["arrival"] = _times(rows.arrival_ns)
    columns["kind"] = pl.Series(["trade"]).new_from_index(0, len(rows.seq))
    columns["price"] = _prices(rows.price, instrument, as_text)
    columns["size"] = pl.Series(rows.size)
    columns["side"] = pl.Series(rows.aggressor).replace_strict(
        {0: None, 1: "buy", 2: "sell"}, return_dtype=pl.String
    )
    return pl.DataFrame(columns)


def _bars(rows: BarRows, instrument: Instrument, as_text: bool) -> pl.DataFrame:
    columns = {"start": _times(rows.time_ns), "end": _times(rows.time_ns + rows.span_ns)}
    for prefix, size in (("", "volume"), ("bid_", "bid_size"), ("ask_", "ask_size")):
        if (getattr(rows, f"{prefix}open") == NO_PRICE).all():
            continue
        for name in ("open", "high", "low", "close"):
            prices = getattr(rows, prefix + name)
            columns[prefix + name] = _prices(prices, instrument, as_text)
        columns |= _sizes(size, getattr(rows, size))
    return pl.DataFrame(columns)


def _times(ns: Ints) -> pl.Series:
    return pl.Series(ns, dtype=pl.Int64).cast(pl.Datetime("ns", "UTC"))


def _prices(units: Ints, instrument: Instrument, as_text: bool) -> pl.Series:
    if not as_text:
        top, bottom = instrument.unit.as_integer_ratio()
        there = units != NO_PRICE
        # One correctly rounded division: the double nearest to the exact price.
        return pl.Series(
            np.where(there, np.where(there, units, 0) * top / bottom, np.nan)
        ).fill_nan(None)
    distinct, inverse = np.unique(units, return_inverse=True)
    texts = [None if u == NO_PRICE else format(instrument.decimal(int(u)), "f") for u in distinct]
    return pl.Series(texts, dtype=pl.String).gather(inverse.reshape(-1))


def _sizes(name: str, sizes: Ints) -> dict[str, pl.Series]:
    """Sizes with the unknown ones empty (`unknown-sizes` reads them back); no column if all are."""
    unknown = sizes == UNKNOWN_SIZE
    if unknown.all():
        return {}
    return {name: pl.Series(sizes).set(pl.Series(unknown), None)}
