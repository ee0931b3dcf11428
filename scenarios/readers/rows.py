"""One table's cells become whole numbers, in time order, with nothing wrong left in them."""

from dataclasses import replace

import numpy as np
import polars as pl

from ...trading.errors import ScenarioError
from ...trading.instrument import Instrument
from ...trading.tape import NO_PRICE, UNKNOWN_SIZE
from .columns import GROUPS, bar_stamp
from .findings import Check, Note, note, rank, refuse
from .numbers import read_numbers, read_sizes, settle_prices
from .sides import refuse_broken_bars, uncrossed
from .table import ROW, Column, Mask, Rows, Stamp, Table, first, utc_text
from .times import NO_TIME, read_times

_SIDES = {
    "buy": 1, "b": 1, "1": 1, "sell": 2, "s": 2, "a": 2, "2": 2,
    "": 0, "n": 0, "none": 0, "unknown": 0, "0": 0,
}  # fmt: skip


def to_rows(
    table: Table,
    instrument: Instrument,
    options: frozenset[str],
    *,
    timezone: str | None,
    stamp: Stamp | None,
    span_ns: int | None,
) -> Rows:
    """The table as integer columns: prices in units or NO_PRICE, sizes in contracts, times ns UTC.

    Each check in turn refuses with file, row, value and way out, or does what an option allows and
    notes it: empty cells, grid, order, duplicates, crossed sides; a bar's own prices must agree.
    """
    rows, stated = by_themselves(table, table.frame, instrument, options, timezone, stamp)
    rows = replace(rows, notes=(*table.notes, *rows.notes))
    if table.kind == "bars":
        rows = _at_start(rows, stated, span_ns or table.span_ns)
    rows = among_each_other(in_order(rows, options), options, instrument)
    if table.kind == "bars":
        refuse_broken_bars(rows, instrument)
    return rows


def by_themselves(
    table: Table,
    frame: pl.DataFrame,
    instrument: Instrument,
    options: frozenset[str],
    timezone: str | None,
    stamp: Stamp | None = None,
) -> tuple[Rows, Stamp]:
    """Some of a table's rows after the checks that look at one row at a time; which end of a bar
    its time is."""
    raw, stated = _numbers(table, frame, timezone, stamp)
    rows = _without_holes(Rows(table.place, table.kind, raw, table.order), options)
    return _on_grid(rows, instrument, options), stated


def among_each_other(
    rows: Rows, options: frozenset[str], instrument: Instrument, before: Rows | None = None
) -> Rows:
    """Rows in order after the checks that remain; `before` are those right above them."""
    rows = _single(rows, options, before)
    return rows if rows.kind == "trades" else uncrossed(rows, options, instrument)


def _numbers(
    table: Table, frame: pl.DataFrame, timezone: str | None, stamp: Stamp | None
) -> tuple[dict[str, Column], Stamp]:
    """Every cell as a number: times as ns, the rest as doubles with NaN for what is empty."""
    place = table.place
    rows = frame[ROW].cast(pl.Int64).to_numpy()
    named: Stamp = "open"
    time = "time"
    if table.kind == "bars":
        time, named = bar_stamp(frame.columns, stamp or table.stamp, place)
    columns = {ROW: rows, "time_ns": read_times(frame[time], rows, place, timezone)}
    if time == "start" and "end" in frame.columns:
        columns["end_ns"] = read_times(frame["end"], rows, place, timezone)
    if "arrival" in frame.columns and table.kind != "bars":
        columns["arrival_ns"] = read_times(frame["arrival"], rows, place, timezone)
    for prices, size in GROUPS[table.kind]:
        if prices[0] in frame.columns:
            for name in (*prices, size):
                if name in frame.columns:
                    columns[name] = read_numbers(frame[name], rows, place)
    if table.kind == "trades":
        columns["aggressor"] = _aggressors(frame, rows, place)
    return columns, named


def _aggressors(frame: pl.DataFrame, rows: Column, place: str) -> Column:
    if "side" not in frame.columns:
        return np.zeros(frame.height, dtype=np.int64)
    words = frame["side"].cast(pl.String).str.strip_chars().str.to_lowercase().fill_null("")
    sides = words.replace_strict(_SIDES, default=-1, return_dtype=pl.Int64).to_numpy()
    unknown = sides < 0
    if unknown.any():
        raise refuse(
            rank(Check.CELLS, "side"), place, rows, unknown,
            f"side {frame['side'].filter(pl.Series(unknown))[0]!r} is no side",
            "write who took: buy, sell or nothing",
        )  # fmt: skip
    return sides


def _without_holes(rows: Rows, options: frozenset[str]) -> Rows:
    """No empty cell is left but a side (or a bar's trades) that its size of 0 says is not there."""
    columns = dict(rows.columns)
    holes: dict[str, Mask] = {
        name: columns[name] == NO_TIME
        for name in ("time_ns", "arrival_ns", "end_ns")
        if name in columns
    }
    notes: list[Note] = []
    for prices, size in GROUPS[rows.kind]:
        if prices[0] not in columns:
            continue
        empty = [np.isnan(columns[name]) for name in prices]
        absent = np.zeros(len(rows), dtype=np.bool_)
        if size in columns and rows.kind != "trades":
            absent = np.logical_and.reduce(empty) & (columns[size] == 0)
        holes |= {name: gap & ~absent for name, gap in zip(prices, empty, strict=True)}
        if size in columns:
            blank = np.isnan(columns[size])
            if _may_be_unknown(size, options) and blank.any():
                known_price = blank & ~np.logical_or.reduce(empty)
                columns[size] = np.where(known_price, UNKNOWN_SIZE, columns[size])
                if known_price.any():
                    what = f"empty {size} cells as unknown"
                    asked = rank(Check.UNKNOWN, size)
                    notes.append(note(asked, rows.place, columns[ROW], known_price, "took", what))
                blank &= ~known_price
            holes[size] = blank
    rows = replace(rows, columns=columns, notes=(*rows.notes, *notes))
    return _drop_holes(rows, holes, options)


def _drop_holes(rows: Rows, holes: dict[str, Mask], options: frozenset[str]) -> Rows:
    any_hole = np.logical_or.reduce(list(holes.values()))
    if not any_hole.any():
        return rows
    asked, where = rank(Check.HOLES), rows.columns[ROW]
    if "drop-missing" in options:
        said = note(asked, rows.place, where, any_hole, "dropped", "rows with empty cells")
        return replace(rows, columns=rows.taken(~any_hole), notes=(*rows.notes, said))
    at = int(np.flatnonzero(any_hole)[0])
    name = next(name for name, gap in holes.items() if gap[at])
    way_out = "clean='drop-missing' leaves such rows out"
    if rows.kind != "trades":
        way_out += "; a side that was not there is an empty price beside size 0"
    if name in ("bid_size", "ask_size"):
        way_out += "; clean='unknown-sizes' takes an empty size as unknown"
    what = f"{name.removesuffix('_ns')} is empty or NaN"
    raise refuse(asked, rows.place, where, any_hole, what, way_out)


def _on_grid(rows: Rows, instrument: Instrument, options: frozenset[str]) -> Rows:
    columns = dict(rows.columns)
    where, place = columns[ROW], rows.place
    groups = [g for g in GROUPS[rows.kind] if g[0][0] in columns]
    names = tuple(name for prices, _ in groups for name in prices)
    there = {name: ~np.isnan(columns[name]) for name in names}
    units, leave, notes = settle_prices(
        columns, names, instrument, options, place, where, columns["time_ns"]
    )
    for name in names:
        columns[name] = np.where(there[name], units[name], NO_PRICE)
    for _, size in groups:
        if size not in columns:
            continue
        unknown = (columns[size] == UNKNOWN_SIZE) & _may_be_unknown(size, options)
        sizes = read_sizes(np.where(unknown, 0, columns[size]), size, where, place)
        columns[size] = np.where(unknown, UNKNOWN_SIZE, sizes)
    rows = replace(rows, columns=columns, notes=(*rows.notes, *notes))
    return replace(rows, columns=rows.taken(~leave)) if leave.any() else rows


def _may_be_unknown(size: str, options: frozenset[str]) -> bool:
    return size in ("bid_size", "ask_size") and "unknown-sizes" in options


def _at_start(rows: Rows, stamp: Stamp, span_ns: int | None) -> Rows:
    """Bars stamped with their start, and their length: as given, stated, or the smallest gap."""
    starts = rows.columns["time_ns"]
    notes = rows.notes
    if span_ns is None and "end_ns" in rows.columns:
        span_ns = _stated_span(rows)
    elif span_ns is None:
        gaps = np.diff(np.unique(starts))
        if not len(gaps):
            raise ScenarioError(
                f"{rows.place}: one moment alone does not tell how long a bar is; pass span='1m'"
            )
        span_ns = int(gaps.min())
        notes = (*notes, f"{rows.place}: bars of {span_ns / 10**9:g} s (the smallest gap)")
    columns = dict(rows.columns)
    columns["time_ns"] = starts - span_ns if stamp == "close" else starts
    return replace(rows, columns=columns, span_ns=span_ns, notes=notes)


def _stated_span(rows: Rows) -> int:
    """The length that `start` and `end` agree on in every row."""
    spans = rows.columns["end_ns"] - rows.columns["time_ns"]
    odd = (spans != spans[0]) | (spans <= 0)
    if odd.any():
        raise refuse(
            rank(Check.SPAN), rows.place, rows.columns[ROW], odd,
            f"its bar is {first(spans, odd) / 10**9:g} s long, the first {spans[0] / 10**9:g} s",
            "bars of one file are all of one length: split it, or pass span=",
        )  # fmt: skip
    return int(spans[0])


def in_order(rows: Rows, options: frozenset[str]) -> Rows:
    """The rows in time order. Raises ScenarioError for a step back, unless sorting is an option."""
    said = steps_back(rows, options)
    if said is None:
        return rows
    order = np.argsort(rows.columns["time_ns"], kind="stable")
    return replace(rows, columns=rows.taken(order), notes=(*rows.notes, said))


def steps_back(rows: Rows, options: frozenset[str], before: Rows | None = None) -> Note | None:
    """How often the rows step back in time, if ever; `before` are those right above them. Raises
    ScenarioError where they do, unless sorting is an option."""
    times, where = rows.columns["time_ns"], rows.columns[ROW]
    back = np.zeros(len(rows), dtype=np.bool_)
    back[1:] = times[1:] < times[:-1]
    if before is not None and len(before):
        back[:1] = times[:1] < before.columns["time_ns"][-1]
    if not back.any():
        return None
    asked = rank(Check.ORDER)
    if "sort" not in options:
        raise refuse(
            asked, rows.place, where, back,
            f"time {utc_text(first(times, back))} is before the row above",
            "clean='sort' puts the rows in time order, equal times as the file has them",
        )  # fmt: skip
    return note(asked, rows.place, where, back, "sorted; there were", "steps back in time")


def _single(rows: Rows, options: frozenset[str], before: Rows | None) -> Rows:
    """Bars start once each; other rows may repeat: two equal trades are two trades."""
    drop = "drop-duplicates" in options
    if rows.kind != "bars" and not drop:
        return rows
    # Of bars the start alone counts; of quotes and trades the whole row.
    names = ["time_ns"] if rows.kind == "bars" else [n for n in rows.columns if n != ROW]
    again = np.zeros(len(rows), dtype=np.bool_)
    again[1:] = np.logical_and.reduce([rows.columns[n][1:] == rows.columns[n][:-1] for n in names])
    if before is not None and len(before) and len(rows):
        again[:1] = all(rows.columns[n][0] == before.columns[n][-1] for n in names)
    if not again.any():
        return rows
    asked, where = rank(Check.SINGLE), rows.columns[ROW]
    if not drop:
        at = utc_text(first(rows.columns["time_ns"], again))
        raise refuse(
            asked, rows.place, where, again, f"a second bar starts at {at}",
            "clean='drop-duplicates' keeps the first",
        )  # fmt: skip
    said = note(asked, rows.place, where, again, "dropped", "repeated rows")
    return replace(rows, columns=rows.taken(~again), notes=(*rows.notes, said))
