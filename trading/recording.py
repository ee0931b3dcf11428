"""A recording: what its files are called, their columns, and what each file says of itself.

`live` writes recordings and `scenarios` reads them, and neither may import the other; so the form
stands here. A recording is a folder. A *run* is one recorder's life, a *segment* a stretch of it.
While a segment grows it lies there as *chunks*, each a whole Parquet file; closed, it is one file
and its chunks are gone. Where both are there (a crash in between), the closed file counts.

Prices are whole units of the instrument's grid (`unit` of the head), times ns UTC, sizes contracts:
nothing was rounded. An empty size beside a price is one that the feed does not give.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote

from msgspec import Struct, structs

from .instrument import Instrument
from .instruments import MONTH_CODES
from .price import price_text

FORMAT = 1
"""The version of this form; a reader refuses a newer one."""

HEAD_KEY = "dryfill.recording"
"""The key in a Parquet file's metadata under which its head stands, as JSON."""

NO_SYMBOL = "all"
"""In the name of a file that is of no instrument."""

_RUN_DIGITS = "%Y%m%dT%H%M%S%fZ"
_NAME = re.compile(
    r"(?P<kind>[a-z]+)\.(?P<symbol>[^.]+)\.(?P<run>\d{8}T\d{12}Z)\."
    r"(?P<segment>\d{5,})(?:-(?P<chunk>\d{5,}))?\.parquet"
)


class FileKind(StrEnum):
    """What a file holds. MARKET: quotes and trades of one instrument, in the order in which they
    came. STATUS: changes of its market's state. FRAMES: what the hubs said, word for word, tokens
    taken out. ORDERS: commands of the broker port and what came of them. BARS: downloaded bars."""

    MARKET = "market"
    STATUS = "status"
    FRAMES = "frames"
    ORDERS = "orders"
    BARS = "bars"


class Cell(StrEnum):
    """What a column holds: moments (ns UTC), whole numbers, text."""

    TIME = "time"
    COUNT = "count"
    TEXT = "text"


_BAR_PRICES = ("open_units", "high_units", "low_units", "close_units")

COLUMNS: Mapping[FileKind, Mapping[str, Cell]] = {
    FileKind.MARKET: {
        "time": Cell.TIME,
        "arrival": Cell.TIME,
        "kind": Cell.TEXT,
        "bid_units": Cell.COUNT,
        "bid_size": Cell.COUNT,
        "ask_units": Cell.COUNT,
        "ask_size": Cell.COUNT,
        "price_units": Cell.COUNT,
        "size": Cell.COUNT,
        "side": Cell.TEXT,
    },
    FileKind.STATUS: {"time": Cell.TIME, "arrival": Cell.TIME, "status": Cell.TEXT},
    FileKind.FRAMES: {
        "arrival": Cell.TIME,
        "hub": Cell.TEXT,
        "direction": Cell.TEXT,
        "generation": Cell.COUNT,
        "text": Cell.TEXT,
    },
    FileKind.ORDERS: {
        "arrival": Cell.TIME,
        "what": Cell.TEXT,
        "call": Cell.COUNT,
        "symbol": Cell.TEXT,
        "order_id": Cell.TEXT,
        "cl_ord_id": Cell.TEXT,
        "body": Cell.TEXT,
    },
    FileKind.BARS: {
        "start": Cell.TIME,
        "end": Cell.TIME,
        **dict.fromkeys(_BAR_PRICES, Cell.COUNT),
        "volume": Cell.COUNT,
    },
}
"""The columns of each kind of file. `arrival` is our clock when we were told, `time` the
exchange's; `call` numbers the commands of a run, from 1."""


Outage = tuple[int, int]


class Head(Struct, frozen=True, kw_only=True):
    """What a file says of itself, in its metadata. Never a secret.

    `source`: who told it, in words. `symbol`, `expiry` (the symbol with its whole year, where that
    is known), `contract` (the source's own name), `unit` and `tick` (decimal text): of the
    instrument, empty where the file is of none. `rows` and `sums` (crc32 of
    each column) tell a damaged file from a whole one. `lost`: rows that were heard in this stretch
    and could not be kept; `outages`: from when to when (ns UTC, our clock) the feed was down, what
    happened then was not heard. `made_by`: the version of Dryfill.
    """

    format: int
    kind: FileKind
    source: str
    made_by: str
    symbol: str = ""
    expiry: str = ""
    contract: str = ""
    unit: str = ""
    tick: str = ""
    rows: int = 0
    lost: int = 0
    outages: tuple[Outage, ...] = ()
    sums: dict[str, int] = {}


def head_for(
    kind: FileKind, instrument: Instrument | None, *, source: str, made_by: str, contract: str = ""
) -> Head:
    """The head of a file of an instrument, or of none."""
    head = Head(format=FORMAT, kind=kind, source=source, made_by=made_by, contract=contract)
    if instrument is None:
        return head
    month = instrument.month
    return structs.replace(
        head,
        symbol=instrument.symbol,
        expiry=f"{instrument.root}{MONTH_CODES[month.month - 1]}{month.year}" if month else "",
        unit=price_text(instrument.unit),
        tick=price_text(instrument.tick),
    )


class PartName(Struct, frozen=True, order=True, kw_only=True):
    """Which stretch of a recording a file is, as its name says it. `chunk` is None once closed."""

    kind: FileKind
    symbol: str
    run: str
    segment: int
    chunk: int | None = None

    @property
    def file(self) -> str:
        part = "" if self.chunk is None else f"-{self.chunk:05d}"
        return f"{self.kind.value}.{self.symbol}.{self.run}.{self.segment:05d}{part}.parquet"


def part_name(path: Path) -> PartName | None:
    """What a file's name says; None for one that is no part of a recording."""
    found = _NAME.fullmatch(path.name)
    if found is None or found["kind"] not in list(FileKind):
        return None
    return PartName(
        kind=FileKind(found["kind"]),
        symbol=found["symbol"],
        run=found["run"],
        segment=int(found["segment"]),
        chunk=None if found["chunk"] is None else int(found["chunk"]),
    )


def run_name(start_ns: int) -> str:
    """The name of a run, of the moment at which it begins; names sort as their moments do.

    >>> run_name(1_700_000_000_250_000_000)
    '20231114T221320250000Z'
    """
    at = datetime.fromtimestamp(start_ns // 10**9, UTC)
    return at.replace(microsecond=start_ns // 1000 % 10**6).strftime(_RUN_DIGITS)


def file_symbol(symbol: str) -> str:
    """A symbol as it stands in a file's name, different for different symbols.

    >>> file_symbol("ESZ6"), file_symbol("BRK.B/X")
    ('ESZ6', 'BRK%2EB%2FX')
    """
    return quote(symbol, safe="").replace(".", "%2E") if symbol else NO_SYMBOL
