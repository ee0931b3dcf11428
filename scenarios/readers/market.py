"""`read_market`: recorded data of one instrument, from files or frames, as a tape."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from ...trading.errors import ScenarioError, UsageError
from ...trading.instrument import Instrument
from ...trading.tape import Tape
from .cleaning import cleaning
from .contracts import Contract, choice_note, choose_contract, parse_contract
from .findings import BadRows
from .large import to_large_rows
from .merge import merge
from .numbers import read_numbers
from .rows import to_rows
from .sources import open_source
from .table import ROW, Kind, Rows, Stamp, Table, utc_text
from .times import NO_TIME, known_zone, read_times, span_ns

_KINDS = ("quotes", "trades", "bars")


@dataclass(frozen=True)
class Market:
    """A tape and the contract that it is of ("" where neither the files nor the caller said).

    `heard`: its rows' arrivals are when a client had them, so that the feed's latency is in them.
    """

    tape: Tape
    contract: str
    heard: bool = False

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader chose, mended or noticed, in sentences."""
        return self.tape.notes


def read_market(
    sources: Any,
    instrument: Instrument,
    *,
    kind: Kind | None = None,
    stamp: Stamp | None = None,
    span: str | int | None = None,
    timezone: str | None = None,
    clean: str | Iterable[str] = (),
    contract: str | None = None,
) -> Market:
    """Read one instrument's market from a path or frame, or from several.

    Paths end in .csv, .csv.gz, .parquet or .zip (LEAN), or are the folder of a recording; frames
    are pandas, polars or pyarrow. The columns stand in docs/data.md. Files of one kind follow each
    other in time; quotes and trades are put into one order (time, then argument, then row); quote
    and trade bars join by start.

    `kind`: "quotes", "trades" or "bars", where the columns leave it open. `stamp`: whether a bar's
    `time` is its "open" or "close". `span`: a bar's length ("1m"), else the smallest gap.
    `timezone`: the zone of times that have none. `clean`: what may be mended (`CLEANING`).
    `contract`: which of several expiries; without it an instrument that is an expiry is taken by
    name, and of a root the one with the most volume.

    Raises ScenarioError, with file, row, value and way out, for bad data, and UsageError for
    arguments that make no sense.
    """
    if kind is not None and kind not in _KINDS:
        raise UsageError(f"kind={kind!r} is none of {', '.join(_KINDS)}")
    if stamp not in (None, "open", "close"):
        raise UsageError(f"stamp={stamp!r} is neither 'open' nor 'close'")
    zone = known_zone(timezone)
    clean = (clean,) if isinstance(clean, str) else tuple(clean)
    asked = cleaning(clean)
    span_given = None if span is None else span_ns(span)
    listed = list(sources) if isinstance(sources, list | tuple) else [sources]
    if not listed:
        raise UsageError("no data was named; give at least one file or frame")
    tables = [t for n, source in enumerate(listed) for t in open_source(source, n, kind, asked)]
    tables, chosen, notes = _one_contract(tables, instrument, contract, zone)
    rows = [
        to_large_rows(table, instrument, cleaning(clean, table.clean), zone)
        if table.large
        else to_rows(
            table, instrument, cleaning(clean, table.clean),
            timezone=zone, stamp=stamp, span_ns=span_given,
        )
        for table in tables
    ]  # fmt: skip
    rows = [r for r in rows if len(r)]
    if not rows:
        raise ScenarioError(
            f"{tables[0].place}: no row is left after cleaning; check the instrument"
        )
    notes += tuple(str(note) for r in rows for note in r.notes) + _size_notes(rows)
    return Market(merge(rows, notes, "sort" in asked), chosen, all(t.heard for t in tables))


def _one_contract(
    tables: list[Table], instrument: Instrument, named: str | None, timezone: str | None
) -> tuple[list[Table], str, tuple[str, ...]]:
    """The tables of the contract to read, its name, and a note where there was a choice."""
    near_year = _first_year(tables, timezone)
    parts = [p for t in tables for p in _by_contract(t, instrument.root.upper(), near_year)]
    weights: dict[Contract, tuple[int, int]] = {}
    for part in parts:
        if part.contract is not None:
            volume, rows = weights.get(part.contract, (0, 0))
            more_volume, more_rows = _weight(part)
            weights[part.contract] = (volume + more_volume, rows + more_rows)
    if not weights:
        stated = parse_contract(instrument.symbol, instrument.root, near_year).month
        return parts, instrument.symbol if stated else named or "", ()
    place = next(p.place for p in parts if p.contract is not None).split("/")[0]
    chosen = choose_contract(weights, instrument, named, near_year, place)
    kept = [p for p in parts if p.contract in (None, chosen)]
    return kept, str(chosen), choice_note(chosen, weights)


def _by_contract(table: Table, root: str, near_year: int) -> list[Table]:
    if table.contract is not None or "contract" not in table.frame.columns:
        return [table]
    words: dict[str | None, None] = {}
    for frame in table.frames():
        words |= dict.fromkeys(_words(frame).unique(maintain_order=True).to_list())
    return [
        _of_contract(table, word, parse_contract(word or "", root, near_year)) for word in words
    ]


def _of_contract(table: Table, word: str | None, contract: Contract) -> Table:
    """The rows of a table that carry a word for their contract."""

    def kept(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.filter(_words(frame).eq_missing(pl.lit(word)))

    def batches() -> Iterator[pl.DataFrame]:
        return (kept(frame) for frame in table.frames())

    return replace(
        table,
        frame=kept(table.frame),
        batches=batches if table.batches is not None else None,
        contract=contract,
    )


def _words(frame: pl.DataFrame) -> pl.Series:
    return frame["contract"].cast(pl.String)


def _first_year(tables: Sequence[Table], timezone: str | None) -> int:
    """The year in which the data start: which decade an expiry such as H4 belongs to."""
    table = tables[0]
    name = next(n for n in ("time", "start", "end") if n in table.frame.columns)
    head = table.frame.head(1)
    moment = int(read_times(head[name], head[ROW].to_numpy(), table.place, timezone)[0])
    return 1970 if moment == NO_TIME else int(utc_text(moment)[:4])


def _weight(table: Table) -> tuple[int, int]:
    """How much a table's rows traded, and how many they are."""
    name = {"trades": "size", "bars": "volume", "quotes": ""}[table.kind]
    volume, rows = 0.0, 0
    bad: list[BadRows] = []
    for frame in table.frames():
        rows += frame.height
        if name in frame.columns:
            try:
                sizes = read_numbers(frame[name], frame[ROW].to_numpy(), table.place)
                volume += float(sizes[sizes > 0].sum())
            except BadRows as error:
                bad.append(error)
    if bad:
        raise BadRows.of_all(bad)
    return int(volume), rows


def _size_notes(rows: Sequence[Rows]) -> tuple[str, ...]:
    return tuple(
        f"{r.place}: no sizes, so how much was shown is unknown"
        for r in rows
        if r.kind == "quotes" and "bid_size" not in r.columns
    )
