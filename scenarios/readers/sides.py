"""Prices of one row that must agree: a bid and its ask, a bar's low, open, close and high."""

from dataclasses import replace

import numpy as np

from ...trading.instrument import Instrument
from ...trading.tape import NO_PRICE
from .columns import ASK_OHLC, BID_OHLC, TRADE_OHLC
from .findings import Check, note, rank, refuse
from .table import ROW, Column, Mask, Rows


def uncrossed(rows: Rows, options: frozenset[str], instrument: Instrument) -> Rows:
    """No bid above its ask, unless the user takes that as a fact. Locked (equal) is no mistake."""
    pairs = (
        [("bid", "ask")] if rows.kind == "quotes" else list(zip(BID_OHLC, ASK_OHLC, strict=True))
    )
    columns = rows.columns
    if not all(name in columns for pair in pairs for name in pair):
        return rows
    crossed = {
        pair: (columns[pair[0]] > columns[pair[1]]) & (columns[pair[1]] != NO_PRICE)
        for pair in pairs
    }
    bad = np.logical_or.reduce(list(crossed.values()))
    if not bad.any():
        return rows
    asked, where, what = rank(Check.CROSSED), columns[ROW], f"crossed {rows.kind}"
    if "drop-crossed" in options:
        said = note(asked, rows.place, where, bad, "dropped", what)
        return replace(rows, columns=rows.taken(~bad), notes=(*rows.notes, said))
    if "keep-crossed" in options:
        said = note(asked, rows.place, where, bad, "kept", what)
        return replace(rows, notes=(*rows.notes, said))
    if "uncross" in options:
        said = note(asked, rows.place, where, bad, "swapped the sides of", what)
        return replace(rows, columns=_swapped(columns, crossed), notes=(*rows.notes, said))
    at = int(np.flatnonzero(bad)[0])
    bid, ask = next(pair for pair, mask in crossed.items() if mask[at])
    prices = [format(instrument.decimal(int(columns[name][at])), "f") for name in (bid, ask)]
    raise refuse(
        asked, rows.place, where, bad, f"{bid} {prices[0]} is above {ask} {prices[1]}",
        "clean='drop-crossed' leaves such rows out, 'uncross' swaps the sides, 'keep-crossed' "
        "takes them as facts",
    )  # fmt: skip


def _swapped(columns: dict[str, Column], crossed: dict[tuple[str, str], Mask]) -> dict[str, Column]:
    """Each pair with its lower price as the bid; the last pair (close, or quote) has the sizes.

    The lower of each of open, high, low and close keeps low <= open, close <= high on both sides.
    """
    done = dict(columns)
    last = list(crossed)[-1]
    swaps = {**crossed, ("bid_size", "ask_size"): crossed[last]}
    for (bid, ask), mask in swaps.items():
        if bid in columns and ask in columns:
            done[bid] = np.where(mask, columns[ask], columns[bid])
            done[ask] = np.where(mask, columns[bid], columns[ask])
    return done


def refuse_broken_bars(rows: Rows, instrument: Instrument) -> None:
    """Raises ScenarioError for a bar whose open or close lies outside its low and high."""
    for names in (TRADE_OHLC, BID_OHLC, ASK_OHLC):
        if names[0] not in rows.columns:
            continue
        opened, high, low, close = (rows.columns[name] for name in names)
        bad = (high < np.maximum(opened, close)) | (low > np.minimum(opened, close))
        if bad.any():
            at = int(np.flatnonzero(bad)[0])
            said = ", ".join(
                f"{n} {format(instrument.decimal(int(rows.columns[n][at])), 'f')}" for n in names
            )
            raise refuse(
                rank(Check.BROKEN, names[0]), rows.place, rows.columns[ROW], bad,
                f"{said}: open and close lie outside low to high",
                "correct the row or leave it out",
            )  # fmt: skip
