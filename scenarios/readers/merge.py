"""Tables of one market into one tape: in time, bars joined by minute, one order for all."""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from itertools import pairwise
from typing import Any

import numpy as np

from ...trading.errors import ScenarioError
from ...trading.tape import NO_PRICE, UNKNOWN_SIZE, BarRows, QuoteRows, Tape, TradeRows, make_tape
from . import spool
from .columns import ASK_OHLC, BID_OHLC, TRADE_OHLC
from .findings import Check, rank, refuse
from .large import taken
from .numbering import number
from .table import ROW, Column, Kind, Rows, utc_text

_ROWS: dict[Kind, Any] = {"quotes": QuoteRows, "trades": TradeRows, "bars": BarRows}
_BAR_SIDES = ((TRADE_OHLC, "volume"), (BID_OHLC, "bid_size"), (ASK_OHLC, "ask_size"))


def merge(tables: Sequence[Rows], notes: tuple[str, ...], interleave: bool) -> Tape:
    """One tape. At one nanosecond the earlier argument comes first, within a file the earlier row.

    Files of one kind follow each other in time whatever their order as arguments. Raises
    ScenarioError where two of them overlap (unless `interleave`), or where bars differ in length.
    """
    columns: dict[Kind, dict[str, Column]] = {}
    for kind in ("quotes", "trades"):
        if parts := [t for t in tables if t.kind == kind]:
            columns[kind] = _chained(parts, interleave)
    if bars := [t for t in tables if t.kind == "bars"]:
        columns["bars"] = _joined_bars(bars, interleave)
    number(list(columns.values()))
    made = {kind: _table(_ROWS[kind], found) for kind, found in columns.items()}
    return make_tape(made.get("quotes"), made.get("trades"), made.get("bars"), notes)


def _chained(parts: Sequence[Rows], interleave: bool) -> dict[str, Column]:
    """The parts as one set of columns, ordered by time, argument and row."""
    parts = sorted(
        parts, key=lambda t: (t.columns["time_ns"][0], t.columns["time_ns"][-1], t.order)
    )
    if not interleave:
        for before, after in pairwise(parts):
            _refuse_overlap(before, after)
    on_disk = spool.any_on_disk(c for part in parts for c in part.columns.values())
    names = {name: None for part in parts for name in part.columns}
    merged = {
        name: spool.column_of((_column(part, name) for part in parts), on_disk=on_disk)
        if len(parts) > 1
        else parts[0].columns[name]
        for name in names
    }
    merged["order"] = spool.column_of(
        (each for part in parts for each in _filled(part.order, len(part))), on_disk=on_disk
    )
    if all(_follows(before, after) for before, after in pairwise(parts)):
        return merged
    order = np.lexsort((merged["order"], merged["time_ns"]))
    return {name: taken(column, order) for name, column in merged.items()}


def _follows(before: Rows, after: Rows) -> bool:
    """Whether two parts that are in order each are in order one after the other."""
    last = (before.columns["time_ns"][-1], before.order)
    return last <= (after.columns["time_ns"][0], after.order)


def _filled(value: int, rows: int) -> Iterator[Column]:
    """A column of one value, some rows at a time."""
    for start in range(0, rows, spool.BATCH_ROWS):
        yield np.full(min(spool.BATCH_ROWS, rows - start), value)


def _refuse_overlap(before: Rows, after: Rows) -> None:
    last, start = before.columns["time_ns"][-1], after.columns["time_ns"][0]
    if start < last:
        raise ScenarioError(
            f"{before.place} and {after.place} overlap: the first ends at {utc_text(int(last))}, "
            f"the second starts at {utc_text(int(start))} with the same kind of rows; leave one "
            f"out, or clean='sort' interleaves them"
        )


def _column(part: Rows, name: str) -> Column:
    if name in part.columns:
        return part.columns[name]
    if name == "arrival_ns":
        return part.columns["time_ns"]
    return np.full(len(part), UNKNOWN_SIZE if name.endswith("_size") else NO_PRICE)


def _joined_bars(tables: Sequence[Rows], interleave: bool) -> dict[str, Column]:
    """Quote bars and trade bars of the same span, one row per start that any of them has."""
    spans = {table.span_ns: table.place for table in tables}
    if len(spans) > 1:
        (one, place), (other, second) = list(spans.items())[:2]
        raise ScenarioError(
            f"{place} has bars of {one / 10**9:g} s and {second} of {other / 10**9:g} s; "
            f"read them one at a time, or pass span= if they are the same"
        )
    starts = np.unique(np.concatenate([table.columns["time_ns"] for table in tables]))
    done: dict[str, Column] = {
        "time_ns": starts,
        "span_ns": np.full(len(starts), tables[0].span_ns),
    }
    for prices, size in _BAR_SIDES:
        for name in prices:
            done[name] = np.full(len(starts), NO_PRICE)
        done[size] = np.zeros(len(starts), dtype=np.int64)
        having = [table for table in tables if prices[0] in table.columns]
        if not having:
            continue
        chain = _chained(having, interleave)
        _refuse_twice(having, chain)
        at = np.searchsorted(starts, chain["time_ns"])
        for name in prices:
            done[name][at] = chain[name]
        done[size][at] = chain.get(size, np.full(len(at), UNKNOWN_SIZE))
    done["order"] = np.full(len(starts), min(table.order for table in tables))
    return done


def _refuse_twice(tables: Sequence[Rows], chain: dict[str, Column]) -> None:
    again = np.zeros(len(chain["time_ns"]), dtype=np.bool_)
    again[1:] = chain["time_ns"][1:] == chain["time_ns"][:-1]
    if again.any():
        order = int(chain["order"][again][0])
        place = next(table.place for table in tables if table.order == order)
        at = utc_text(int(chain["time_ns"][again][0]))
        raise refuse(
            rank(Check.SINGLE), place, chain[ROW], again,
            f"another file has a bar of this kind at {at} too",
            "leave one of the files out",
        )  # fmt: skip


def _table(make: Any, columns: dict[str, Column]) -> Any:
    """The row type from its columns, which nobody may write; sizes nobody gave are unknown."""
    names = [f.name for f in fields(make)]
    size = len(columns["time_ns"])
    found = {name: columns[name] for name in names if name in columns}
    if make is QuoteRows:
        for name in ("bid_size", "ask_size"):
            if name not in found:
                on_disk = spool.any_on_disk(found.values())
                found[name] = spool.column_of(_filled(UNKNOWN_SIZE, size), on_disk=on_disk)
    for name, column in found.items():
        found[name] = np.ascontiguousarray(column, dtype=np.int64)
        found[name].flags.writeable = False
    return make(**found)
