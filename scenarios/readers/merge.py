"""Tables of one market into one tape: in time, bars joined by minute, one order for all."""

from collections.abc import Sequence
from dataclasses import fields
from itertools import pairwise
from typing import Any

import numpy as np

from ...trading.errors import ScenarioError
from ...trading.tape import NO_PRICE, UNKNOWN_SIZE, BarRows, QuoteRows, Tape, TradeRows, make_tape
from .cleaning import refuse
from .columns import ASK_OHLC, BID_OHLC, TRADE_OHLC
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
    _number(columns)
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
    names = {name: None for part in parts for name in part.columns}
    merged = {name: np.concatenate([_column(part, name) for part in parts]) for name in names}
    merged["order"] = np.concatenate([np.full(len(part), part.order) for part in parts])
    order = np.lexsort((merged["order"], merged["time_ns"]))
    return {name: column[order] for name, column in merged.items()}


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
            place, chain[ROW], again, f"another file has a bar of this kind at {at} too",
            "leave one of the files out",
        )  # fmt: skip


def _number(columns: dict[Kind, dict[str, Column]]) -> None:
    """Give every row its place in the order of all tables: time, then argument, then row."""
    kinds = list(columns)
    if not kinds:
        return
    keys = {
        name: np.concatenate(
            [
                columns[k].get(name, np.zeros(len(columns[k]["time_ns"]), dtype=np.int64))
                for k in kinds
            ]
        )
        for name in ("time_ns", "order", ROW)
    }
    order = np.lexsort((keys[ROW], keys["order"], keys["time_ns"]))
    seq = np.empty(len(order), dtype=np.int64)
    seq[order] = np.arange(len(order))
    at = 0
    for kind in kinds:
        size = len(columns[kind]["time_ns"])
        columns[kind]["seq"] = seq[at : at + size]
        at += size


def _table(make: Any, columns: dict[str, Column]) -> Any:
    """The row type from its columns, which nobody may write; sizes nobody gave are unknown."""
    names = [f.name for f in fields(make)]
    size = len(columns["time_ns"])
    found = {name: columns[name] for name in names if name in columns}
    if make is QuoteRows:
        for name in ("bid_size", "ask_size"):
            found.setdefault(name, np.full(size, UNKNOWN_SIZE))
    for name, column in found.items():
        found[name] = np.ascontiguousarray(column, dtype=np.int64)
        found[name].flags.writeable = False
    return make(**found)
