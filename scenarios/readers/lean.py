"""LEAN's zips of futures data: minute and second quotes and trades, trade ticks.

One headerless CSV per expiry inside, named `YYYYMMDD_root_resolution_kind_YYYYMM.csv`; times are
milliseconds since midnight UTC, a bar's time is its start (LEAN's market-hours database says UTC
for the futures exchanges). Source: QuantConnect/Lean, Data/future/readme.md.
"""

import io
import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from ...trading.errors import ScenarioError
from .contracts import parse_contract
from .table import ROW, Kind, Table

_MEMBER = re.compile(r"(?:.*/)?(\d{8})_([a-z0-9]+)_([a-z]+)_([a-z]+)_(\d{6})\.csv", re.IGNORECASE)
_SPANS = {"second": 10**9, "minute": 60 * 10**9}
_TRADE_BARS = ["ms", "open", "high", "low", "close", "volume"]
_QUOTE_BARS = [
    "ms", "bid_open", "bid_high", "bid_low", "bid_close", "bid_size",
    "ask_open", "ask_high", "ask_low", "ask_close", "ask_size",
]  # fmt: skip
_TRADE_TICKS = ["ms", "price", "size", "exchange", "condition", "suspicious"]
_LAYOUTS: dict[tuple[str, str], tuple[Kind, list[str]]] = {
    **{(resolution, "trade"): ("bars", _TRADE_BARS) for resolution in _SPANS},
    **{(resolution, "quote"): ("bars", _QUOTE_BARS) for resolution in _SPANS},
    ("tick", "trade"): ("trades", _TRADE_TICKS),
}
# A minute's bid and ask are recorded each for itself, so that their opens or closes can cross
# where the market did not. Against the trader: the lower is the bid, the higher the ask.
_CLEAN = ("uncross",)


def lean_tables(path: Path, order: int) -> list[Table]:
    """Every expiry of a LEAN zip as a table. Raises ScenarioError for what is no such zip."""
    try:
        with zipfile.ZipFile(path) as archive:
            tables = [
                table
                for name in archive.namelist()
                if (table := _table(path.name, name, archive, order)) is not None
            ]
    except (zipfile.BadZipFile, OSError) as exc:
        raise ScenarioError(f"{path}: cannot be read as a zip ({exc}); is it whole?") from exc
    if not tables:
        raise ScenarioError(
            f"{path}: holds no LEAN futures data; its files would be named "
            f"YYYYMMDD_root_minute_trade_YYYYMM.csv. Unpack other archives and name the CSV"
        )
    return tables


def _table(zip_name: str, name: str, archive: zipfile.ZipFile, order: int) -> Table | None:
    found = _MEMBER.fullmatch(name)
    if found is None or found[4].lower() == "openinterest":
        return None
    day, root, resolution, kind, expiry = found.groups()
    place = f"{zip_name}/{name}"
    layout = _LAYOUTS.get((resolution.lower(), kind.lower()))
    if layout is None:
        raise ScenarioError(
            f"{place}: LEAN's {resolution} {kind} files are not read; "
            f"give minute or second quotes and trades, or trade ticks"
        )
    rows, columns = layout
    raw = _cells(archive.read(name), columns, place)
    if raw is None:
        return None
    midnight = datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC)
    frame = _timed(raw, int(midnight.timestamp()) * 10**9, "time" if rows == "trades" else "start")
    contract = parse_contract(expiry, root.upper(), midnight.year)
    return _trusted(Table(
        place, rows, frame, order, contract, "open", _SPANS.get(resolution.lower()), _CLEAN
    ))  # fmt: skip


def _cells(content: bytes, columns: list[str], place: str) -> pl.DataFrame | None:
    if not content.strip():
        return None
    try:
        raw = pl.read_csv(io.BytesIO(content), has_header=False, infer_schema=False)
    except pl.exceptions.PolarsError as exc:
        raise ScenarioError(f"{place}: is no CSV ({exc}); fetch it again") from exc
    if raw.width != len(columns):
        raise ScenarioError(
            f"{place}: has {raw.width} columns where LEAN has {len(columns)} "
            f"({', '.join(columns)}); is it another kind of file?"
        )
    raw.columns = columns
    return raw.with_row_index(ROW, offset=1)


def _timed(raw: pl.DataFrame, midnight_ns: int, name: str) -> pl.DataFrame:
    # Text that is no number stays for the reader of times to refuse with its row.
    whole = pl.col("ms").cast(pl.Float64, strict=False)
    ns = (whole * 1_000_000).round().cast(pl.Int64) + midnight_ns
    time = pl.coalesce(ns.cast(pl.String), pl.col("ms"))
    return raw.with_columns(time.alias(name)).drop("ms")


def _trusted(table: Table) -> Table:
    """Without the ticks that LEAN marks as suspicious, and with a word on trades of size 0."""
    if table.kind != "trades":
        return table
    notes = []
    marked = table.frame["suspicious"].str.strip_chars() == "1"
    if marked.any():
        notes.append(f"{table.place}: dropped {marked.sum()} trades marked as suspicious")
    frame = table.frame.filter(~marked).drop("exchange", "condition", "suspicious")
    empty = (frame["size"].str.strip_chars() == "0").sum()
    if empty:
        notes.append(f"{table.place}: {empty} trades of size 0 kept: a last price, nothing to fill")
    return Table(
        table.place, "trades", frame, table.order, table.contract, notes=tuple(notes)
    )  # fmt: skip
