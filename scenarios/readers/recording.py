"""A recording's files as tables: what was heard, in the order in which it was, ready to replay.

A recording holds what came, as it came: times of the exchange that step back by a little, sides
that cross between two halves of a quote, sizes that nobody gave. What a backtest needs is implied
here, as a user's own cleaning would do it, and noted: the rows go into the exchange's order,
crossed sides are swapped (against the trader), empty sizes are unknown.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import groupby, pairwise
from pathlib import Path

import polars as pl

from ...trading.errors import ScenarioError
from ...trading.recording import FileKind, Head, Outage, PartName, part_name
from ...trading.recording_file import DamagedFile, head_of, read_part
from .table import ROW, Kind, Table, utc_text

_IMPLIED = ("sort", "unknown-sizes", "uncross")
_QUOTE = {"bid_units": "bid", "bid_size": "bid_size", "ask_units": "ask", "ask_size": "ask_size"}
_TRADE = {"price_units": "price", "size": "size", "side": "side"}
_BAR = {name: name.removesuffix("_units") for name in ("open_units", "high_units", "low_units")}
_BAR |= {"close_units": "close", "volume": "volume"}
_TICKS: tuple[tuple[Kind, str, dict[str, str]], ...] = (
    ("quotes", "quote", _QUOTE),
    ("trades", "trade", _TRADE),
)

_OUTAGES_SHOWN = 3

_Part = tuple[PartName, Path]


def is_recorded(path: Path) -> bool:
    """Whether a Parquet file is of a recording, by what it says of itself or, where it is too
    damaged to say, by its name."""
    try:
        return head_of(path) is not None
    except ScenarioError:
        return part_name(path) is not None


def file_tables(path: Path, order: int, kind: Kind | None) -> list[Table]:
    """The tables of one file. Raises ScenarioError where it is damaged, and where it holds nothing
    that a market is made of."""
    head, frame = read_part(path)
    if head.kind is FileKind.BARS:
        return [_bars(path.name, head, frame, order)]
    if head.kind is not FileKind.MARKET:
        raise ScenarioError(
            f"{path}: holds a recording's {head.kind.value}; what replays is in its market files"
        )
    return _ticks(path.name, [(head, frame)], order, kind, [])


def folder_tables(folder: Path, order: int, kind: Kind | None, skip_damaged: bool) -> list[Table]:
    """The tables of all that a recording's folder holds, each instrument's as one.

    Raises ScenarioError for a folder without one, for a damaged file unless `skip_damaged`, and
    where two runs were recorded at the same time.
    """
    parts = [p for p in parts_of(folder) if p[0].kind is FileKind.MARKET]
    if not parts:
        raise ScenarioError(
            f"{folder}: is a folder, and no recording's market is in it; name the files in it"
        )
    tables: list[Table] = []
    for _, files in groupby(parts, key=lambda part: part[0].symbol):
        tables += _instrument(folder, list(files), order, kind, skip_damaged)
    if not tables:
        raise ScenarioError(f"{folder}: every file of its market is damaged; nothing is left")
    return tables


def parts_of(folder: Path) -> list[_Part]:
    """The files that count, in order: a segment's chunks only while it has no closed file."""
    named = [(name, path) for path in folder.iterdir() if (name := part_name(path)) is not None]
    closed = {_segment(name) for name, _ in named if name.chunk is None}
    found = [p for p in named if p[0].chunk is None or _segment(p[0]) not in closed]
    return sorted(found, key=lambda p: (_segment(p[0]), p[0].chunk or 0))


def _segment(name: PartName) -> tuple[str, str, str, int]:
    return name.kind.value, name.symbol, name.run, name.segment


def _instrument(
    folder: Path, parts: list[_Part], order: int, kind: Kind | None, skip_damaged: bool
) -> list[Table]:
    symbol = parts[0][0].symbol
    place = f"{folder.name}/market.{symbol}"
    notes = _cut_notes(place, [name for name, _ in parts])
    read: list[tuple[Head, pl.DataFrame]] = []
    runs: list[tuple[str, pl.DataFrame]] = []
    for name, path in parts:
        try:
            head, frame = read_part(path)
        except DamagedFile as damage:
            if not skip_damaged:
                raise
            notes.append(f"left out, its rows are missing: {str(damage).split('; ')[0]}")
            continue
        read.append((head, frame))
        runs.append((name.run, frame))
    if not read:
        return []
    _refuse_overlap(folder, runs)
    return _ticks(place, read, order, kind, notes)


def _cut_notes(place: str, names: Iterable[PartName]) -> list[str]:
    """A run that did not end by itself has chunks that nobody closed."""
    cut = sorted({name.run for name in names if name.chunk is not None})
    return [
        f"{place}: run {run} was cut off or still goes on; what was heard in its last seconds may "
        f"be missing"
        for run in cut
    ]


def _refuse_overlap(folder: Path, runs: Sequence[tuple[str, pl.DataFrame]]) -> None:
    """Two recorders at once have heard everything twice: no order of rows mends that."""
    spans: list[tuple[str, int, int]] = []
    for run, group in groupby(runs, key=lambda each: each[0]):
        arrival = pl.concat(frame["arrival"] for _, frame in group).to_physical().to_numpy()
        if len(arrival):
            spans.append((run, int(arrival.min()), int(arrival.max())))
    for (one, _, last), (other, start, _) in pairwise(spans):
        if start < last:
            raise ScenarioError(
                f"{folder}: run {one} was still recorded at {utc_text(last)} when run {other} "
                f"heard its first at {utc_text(start)}; what both heard would count twice: put the "
                f"files of one of them into another folder"
            )


def _ticks(
    place: str,
    read: Sequence[tuple[Head, pl.DataFrame]],
    order: int,
    kind: Kind | None,
    notes: list[str],
) -> list[Table]:
    """Quotes and trades as two tables whose ROW is their place among both, so that at one
    nanosecond they keep the order in which they came."""
    first = read[0][0]
    lost = sum(head.lost for head, _ in read)
    if lost:
        notes.append(f"{place}: {lost} rows were heard and could not be kept; they are missing")
    notes += _outage_notes(place, [outage for head, _ in read for outage in head.outages])
    frame = pl.concat([_priced(head, frame) for head, frame in read]).with_row_index(ROW, offset=1)
    early = frame.filter(pl.col("arrival") < pl.col("time"))
    if early.height:
        most_ns = early.select((pl.col("time") - pl.col("arrival")).max()).item()
        notes.append(
            f"{place}: {early.height} rows arrived before they happened, by up to "
            f"{most_ns.total_seconds():g} s: the recorder's clock was behind; taken as arriving "
            f"at once"
        )
    frame = frame.with_columns(
        pl.max_horizontal("arrival", "time").alias("arrival"),
        pl.lit(first.expiry or first.symbol).alias("contract"),
    )
    tables: list[Table] = []
    for told, word, names in _TICKS:
        rows = frame.filter(pl.col("kind") == word)
        if rows.height and kind in (None, told):
            columns = [pl.col(name).alias(to) for name, to in names.items()]
            rows = rows.select(ROW, "time", "arrival", "contract", *columns)
            tables.append(
                Table(
                    place, told, _sides(rows) if told == "quotes" else rows, order,
                    clean=_IMPLIED, notes=() if tables else tuple(notes), heard=True,
                )
            )  # fmt: skip
    if not tables:
        raise ScenarioError(f"{place}: holds no {kind or 'quotes or trades'}; leave it out")
    return tables


def _outage_notes(place: str, outages: Sequence[Outage]) -> list[str]:
    """How often the feed was down, how long in all, and when the longest were."""
    if not outages:
        return []
    all_ns = sum(to_ns - from_ns for from_ns, to_ns in outages)
    longest = sorted(outages, key=lambda each: each[0] - each[1])[:_OUTAGES_SHOWN]
    when = ", ".join(f"{utc_text(start)} to {utc_text(end)}" for start, end in sorted(longest))
    which = "" if len(longest) == len(outages) else "the longest "
    return [
        f"{place}: outages of the feed while it was recorded: {len(outages)}, {all_ns / 1e9:g} s "
        f"in all; what happened in them is missing, and the quote from before stands through them: "
        f"{which}{when}"
    ]


def _sides(quotes: pl.DataFrame) -> pl.DataFrame:
    """A side that nobody quoted is an empty price beside size 0, for the reader."""
    return quotes.with_columns(
        pl.when(pl.col(side).is_null()).then(0).otherwise(pl.col(f"{side}_size"))
        .alias(f"{side}_size")
        for side in ("bid", "ask")
    )  # fmt: skip


def _bars(place: str, head: Head, frame: pl.DataFrame, order: int) -> Table:
    columns = [pl.col(name).alias(to) for name, to in _BAR.items()]
    rows = _priced(head, frame).with_row_index(ROW, offset=1)
    rows = rows.select(
        ROW, "start", "end", *columns, pl.lit(head.expiry or head.symbol).alias("contract")
    )
    return Table(place, "bars", rows, order)


def _priced(head: Head, frame: pl.DataFrame) -> pl.DataFrame:
    """Units as prices: the double nearest to each exact price, which the reader takes back to the
    instrument's units without loss."""
    top, bottom = Decimal(head.unit).as_integer_ratio()
    return frame.with_columns(
        (pl.col(name) * top).cast(pl.Float64) / bottom
        for name in frame.columns
        if name.endswith("_units")
    )
