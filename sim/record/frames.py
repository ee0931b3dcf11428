"""The frames of a run's record.

Loaded when the first is asked for, because polars takes longer to load than a small run takes.
"""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from .unprotected import Exposure

if TYPE_CHECKING:
    from .record import Record

_TIME = pl.Datetime("ns", "UTC")
_CURVE_POINTS = 2_000


def trades(record: "Record") -> pl.DataFrame:
    """As `Record.trades`."""
    return _frame(
        {
            "entry_time": _TIME,
            "exit_time": _TIME,
            "symbol": pl.String,
            "side": pl.String,
            "qty": pl.Int64,
            "entry_price": pl.Float64,
            "exit_price": pl.Float64,
            "profit": pl.Float64,
            "fees": pl.Float64,
            "entry_tag": pl.String,
            "exit_tag": pl.String,
        },
        [
            (
                trip.opened_ns,
                trip.closed_ns,
                trip.instrument.symbol,
                trip.side.name.lower(),
                trip.qty,
                float(trip.entry_px),
                float(trip.exit_px),
                float(trip.profit),
                float(trip.fees),
                trip.entry_tag,
                trip.exit_tag,
            )
            for trip in record.round_trips
        ],
    )


def orders(record: "Record") -> pl.DataFrame:
    """As `Record.orders`."""
    return _frame(
        {
            "time": _TIME,
            "updated": _TIME,
            "tag": pl.String,
            "symbol": pl.String,
            "side": pl.String,
            "type": pl.String,
            "status": pl.String,
            "qty": pl.Int64,
            "cum_qty": pl.Int64,
            "price": pl.Float64,
            "stop_px": pl.Float64,
            "avg_px": pl.Float64,
            "text": pl.String,
        },
        [
            (
                r.entered_ns,
                r.updated_ns,
                r.known_as,
                r.request.instrument.symbol,
                r.request.side.name.lower(),
                r.request.ord_type.name.lower(),
                r.status.name.lower(),
                r.order_qty,
                r.cum_qty,
                _float(r.price),
                _float(r.stop_px),
                _float(r.avg_px),
                r.text,
            )
            for r in record.desk.orders.values()
        ],
    )


def fills(record: "Record") -> pl.DataFrame:
    """As `Record.fills`."""
    return _frame(
        {
            "time": _TIME,
            "tag": pl.String,
            "symbol": pl.String,
            "side": pl.String,
            "qty": pl.Int64,
            "price": pl.Float64,
            "fee": pl.Float64,
        },
        [
            (
                fill.time_ns,
                record.desk.known_as(fill.order_id),
                fill.instrument.symbol,
                fill.side.name.lower(),
                fill.qty,
                float(fill.px),
                _float(fill.fee),
            )
            for fill in record.desk.executions
        ],
    )


def bare_spans(record: "Record") -> pl.DataFrame:
    """As `Record.bare_spans`."""
    columns = {
        "from": _TIME,
        "to": _TIME,
        "symbol": pl.String,
        "qty": pl.Int64,
        "seconds": pl.Float64,
        "adverse": pl.Float64,
        "meant": pl.Boolean,
        "at_end": pl.Boolean,
    }
    rows = [*_spans(record.unprotected.meant, True), *_spans(record.unprotected.others, False)]
    return _frame(columns, rows)


def equity(record: "Record") -> pl.DataFrame:
    """As `Record.equity`."""
    fills = record.desk.executions
    span_ns, steps = record.end_ns - record.start_ns, _CURVE_POINTS - 1
    even = [record.start_ns + span_ns * n // steps for n in range(_CURVE_POINTS)]
    filled = np.array([fill.time_ns for fill in fills], dtype=np.int64)
    times = np.unique(np.concatenate([np.array(even, dtype=np.int64), filled]))
    signed = np.array([fill.side.sign * fill.qty for fill in fills], dtype=np.int64)
    units = np.array([record.instrument.units(fill.px) for fill in fills], dtype=np.int64)
    paid = np.cumsum(np.array([float(fill.fee or 0) for fill in fills]))
    done = filled.searchsorted(times, side="right")
    position = np.concatenate([[0], np.cumsum(signed)])[done]
    spent = np.concatenate([[0], np.cumsum(signed * units)])[done]
    fees = np.concatenate([[0.0], paid])[done]
    marks, known = record.marks.at(times, position)
    # Filled before the market told a price: the fill's own is the best there is.
    filled_at = np.concatenate([[0], units])[done]
    worth = position * np.where(known, marks, filled_at) - spent
    equity = float(record.starting_cash) + worth * float(record.instrument.unit_value) - fees
    price = np.where(known, marks * float(record.instrument.unit), np.nan)
    return pl.DataFrame(
        {
            "time": pl.Series(times, dtype=pl.Int64).cast(_TIME),
            "equity": equity,
            "position": position,
            "price": pl.Series(price).fill_nan(None),
        }
    )


def _spans(exposure: Exposure, meant: bool) -> list[tuple[Any, ...]]:
    return [
        (
            span.from_ns,
            span.to_ns,
            span.instrument.symbol,
            span.qty,
            (span.to_ns - span.from_ns) / 1e9,
            _float(move),
            meant,
            span.at_end,
        )
        for span, move in zip(exposure.spans, exposure.moves, strict=True)
    ]


def _frame(columns: dict[str, Any], rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    """A frame of rows whose Datetime columns are given as ns."""
    plain = {n: pl.Int64 if kind == _TIME else kind for n, kind in columns.items()}
    frame = pl.DataFrame(rows, schema=plain, orient="row")
    return frame.with_columns(pl.col(n).cast(_TIME) for n, k in columns.items() if k == _TIME)


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
