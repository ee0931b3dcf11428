"""The documented columns, their other names, and what kind of rows a table holds (docs/data.md)."""

import re

import polars as pl

from ...trading.errors import ScenarioError
from .table import ROW, Kind, Stamp

TRADE_OHLC = ("open", "high", "low", "close")
BID_OHLC = tuple(f"bid_{name}" for name in TRADE_OHLC)
ASK_OHLC = tuple(f"ask_{name}" for name in TRADE_OHLC)

# A price group and the size that says whether it is there: an empty price beside size 0 is a side
# that nobody quoted or a minute without a trade; any other empty cell is a hole.
Group = tuple[tuple[str, ...], str]
GROUPS: dict[Kind, tuple[Group, ...]] = {
    "quotes": ((("bid",), "bid_size"), (("ask",), "ask_size")),
    "trades": ((("price",), "size"),),
    "bars": ((TRADE_OHLC, "volume"), (BID_OHLC, "bid_size"), (ASK_OHLC, "ask_size")),
}

# Compared in lower case without anything but letters and digits: BidSize, bid_size and "Bid Size"
# are one. The documented name comes first and wins over the others.
_TIME = ("time", "timestamp", "ts", "tsevent", "datetime", "date", "eventtime", "exchangetime")
_COMMON = {
    "arrival": ("arrival", "arrivaltime", "tsrecv", "recvtime", "receivetime", "localtime"),
    "contract": ("contract", "symbol", "expiry", "instrument", "contractid"),
    "kind": ("kind", "type", "event"),
}
_BID_ASK_SIZE = {
    "bid_size": ("bidsize", "bidsz", "bidqty", "bidvolume", "bidsz00"),
    "ask_size": ("asksize", "asksz", "askqty", "askvolume", "asksz00", "offersize"),
}
_NAMES: dict[Kind, dict[str, tuple[str, ...]]] = {
    "quotes": {
        "time": _TIME,
        "bid": ("bid", "bidpx", "bidprice", "bestbid", "bidpx00"),
        "ask": ("ask", "askpx", "askprice", "bestask", "askpx00", "offer"),
        **_BID_ASK_SIZE,
        **_COMMON,
    },
    "trades": {
        "time": _TIME,
        "price": ("price", "last", "px", "lastprice", "tradeprice"),
        "size": ("size", "qty", "quantity", "volume", "lastsize", "vol"),
        "side": ("side", "aggressor", "aggressorside"),
        **_COMMON,
    },
    "bars": {
        "time": _TIME,
        "start": ("start", "barstart", "starttime", "opentime"),
        "end": ("end", "barend", "endtime", "closetime"),
        **{name: (name,) for name in TRADE_OHLC},
        "volume": ("volume", "vol", "qty"),
        **{name: (name.replace("_", ""),) for name in (*BID_OHLC, *ASK_OHLC)},
        **_BID_ASK_SIZE,
        **_COMMON,
    },
}
_REQUIRED: dict[Kind, tuple[str, ...]] = {
    "quotes": ("time", "bid", "ask"),
    "trades": ("time", "price", "size"),
    "bars": (),
}
_KIND_WORDS: dict[str, Kind] = {
    "quote": "quotes", "quotes": "quotes", "trade": "trades", "trades": "trades",
}  # fmt: skip


def kinds_of(frame: pl.DataFrame, place: str, kind: Kind | None) -> dict[Kind, pl.DataFrame]:
    """The table's rows by kind, with canonical column names and ROW numbered from 1.

    A table has one kind, told by its columns, or quotes and trades told apart by a `kind` column.
    Raises ScenarioError for columns that are missing, given twice, or could be either.
    """
    refuse_twins(frame.columns, place)
    numbered = frame.with_row_index(ROW, offset=1) if ROW not in frame.columns else frame
    told_by = None
    if frame.height:
        full = (n for n in kind_columns(frame) if not kind_words(frame[n]).null_count())
        told_by = next(full, None)
    return parts_of(numbered, told_by, place, kind)


def parts_of(
    numbered: pl.DataFrame, told_by: str | None, place: str, kind: Kind | None
) -> dict[Kind, pl.DataFrame]:
    """The rows of a table, or of a part of it, by kind, where the column that tells them apart is
    known or is known not to be there."""
    if told_by is None:
        told = kind_of(numbered, place, kind)
        return {told: _named(numbered, told, place)}
    words = kind_words(numbered[told_by])
    wanted: tuple[Kind, ...] = (kind,) if kind else ("quotes", "trades")
    parts = {k: numbered.filter(words == k) for k in wanted}
    return {k: _named(part, k, place) for k, part in parts.items() if part.height}


def kind_of(frame: pl.DataFrame, place: str, kind: Kind | None) -> Kind:
    """What a table of one kind holds. Raises ScenarioError where its columns do not tell."""
    return kind or _told(frame.columns, place)


def kind_columns(frame: pl.DataFrame) -> list[str]:
    """Columns that may tell quotes from trades; one does so if all its `kind_words` are known."""
    return [
        name
        for name in frame.columns
        if _bare(name) in _COMMON["kind"] and frame.schema[name] == pl.String
    ]


def kind_words(cells: pl.Series) -> pl.Series:
    """Cells of a `kind` column in our words; null for what is none of them."""
    words = cells.str.strip_chars().str.to_lowercase()
    return words.replace_strict(_KIND_WORDS, default=None, return_dtype=pl.String)


def bar_stamp(columns: list[str], stamp: Stamp | None, place: str) -> tuple[str, Stamp]:
    """The column with a bar's time, and which end of the bar it is.

    Raises ScenarioError where neither a `start` or `end` column nor `stamp=` says it.
    """
    stated: tuple[tuple[str, Stamp], ...] = (("start", "open"), ("end", "close"))
    for name, means in stated:
        if name in columns:
            return name, means
    if stamp is None:
        raise ScenarioError(
            f"{place}: its bars have a time, but is it their open or their close? "
            f"Pass stamp='open' or stamp='close', or call the column 'start' or 'end'"
        )
    return "time", stamp


def refuse_twins(columns: list[str], place: str) -> None:
    """Raises ScenarioError for a CSV file that has a column twice."""
    for name in columns:
        if twin := re.fullmatch(r"(.*)_duplicated_\d+", name):  # how polars renames the second
            raise ScenarioError(f"{place}: column {twin[1]!r} is there twice; keep one of them")


def _told(columns: list[str], place: str) -> Kind:
    bare = {_bare(name) for name in columns}
    bars = {"open", "high", "low", "close"} <= bare or {"bidopen", "bidclose"} <= bare
    if bars or {"askopen", "askclose"} <= bare:
        return "bars"
    quotes = all(any(a in bare for a in _NAMES["quotes"][side]) for side in ("bid", "ask"))
    trades = any(alias in bare for alias in _NAMES["trades"]["price"])
    if quotes and trades:
        raise ScenarioError(
            f"{place}: its columns {_listed(columns)} could be quotes or trades; "
            f"pass kind='quotes' or kind='trades', or add a column 'kind' that says quote or trade"
        )
    if quotes or trades:
        return "quotes" if quotes else "trades"
    raise ScenarioError(
        f"{place}: columns {_listed(columns)} are neither quotes (time, bid, ask), trades "
        f"(time, price, size) nor bars (start, open, high, low, close, volume); rename them"
    )


def _named(frame: pl.DataFrame, kind: Kind, place: str) -> pl.DataFrame:
    by_bare: dict[str, list[str]] = {}
    for name in frame.columns:
        if name != ROW:
            by_bare.setdefault(_bare(name), []).append(name)
    found: dict[str, str] = {}
    for canonical, aliases in _NAMES[kind].items():
        exact = by_bare.get(aliases[0], [])
        hits = exact or [name for alias in aliases for name in by_bare.get(alias, [])]
        if len(hits) > 1:
            raise ScenarioError(
                f"{place}: columns {hits[0]!r} and {hits[1]!r} both say {canonical}; keep one, "
                f"or call it {canonical!r}"
            )
        if hits:
            found[canonical] = hits[0]
    _refuse_missing(found, kind, frame.columns, place)
    return frame.select(ROW, *(pl.col(name).alias(to) for to, name in found.items()))


def _refuse_missing(found: dict[str, str], kind: Kind, columns: list[str], place: str) -> None:
    missing = [name for name in _REQUIRED[kind] if name not in found]
    if kind == "bars":
        if not any(name in found for name in ("time", "start", "end")):
            missing.append("start")
        for prices, size in GROUPS["bars"]:
            there = [name for name in prices if name in found]
            needed = (*prices, size) if size == "volume" else prices
            missing += [n for n in needed if n not in found] if there else []
    if missing:
        raise ScenarioError(
            f"{place}: {kind} need a column {missing[0]!r}; it has {_listed(columns)}. "
            f"Rename one, or pass kind= if these are no {kind}"
        )


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _listed(columns: list[str]) -> str:
    names = [name for name in columns if name != ROW]
    return ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
