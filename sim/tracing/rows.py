"""The trace of a run as plain values: rows, the market beside them, spans without a stop."""

from enum import StrEnum

from msgspec import Struct

from ...trading.instrument import Instrument


class Lane(StrEnum):
    """Where something happened."""

    STRATEGY = "strategy"
    MANAGER = "manager"
    UP = "wire up"
    DOWN = "wire down"
    EXCHANGE = "exchange"
    MARKET = "market"


class Kind(StrEnum):
    """What happened.

    A command: CALL (the strategy asks its desk), SENT (leaves the broker port), LEFT (is on the
    wire), REACHED (the broker has it), ANSWERED (the port's caller has the end). An event: REPORT
    (at the exchange, which tells of it now), TOLD (the manager hears it), LEARNED (the manager
    takes in what no event told it), HEARD (the strategy hears something) and HANDLED (it is through
    with it). OPENED and CRASHED are of the trader's process.
    """

    CALL = "call"
    SENT = "sent"
    LEFT = "left"
    REACHED = "reached"
    ANSWERED = "answered"
    REPORT = "report"
    TOLD = "told"
    LEARNED = "learned"
    HEARD = "heard"
    HANDLED = "handled"
    INCIDENT = "incident"
    FAULT = "fault"
    OPENED = "opened"
    CRASHED = "crashed"


class Row(Struct, frozen=True, kw_only=True):
    """One thing that happened, `at_ns` since the epoch, in the world's time.

    `n` numbers rows from 1 in the order in which they were noted; `of` is the row that led to this
    one, 0 where there is none: a message's latency is the difference of their times. `tag`: the
    client tag of the order it is about; `order`: the broker's id, where it has one. `failed`: it
    ended in an error, or is one. `detail`: the record, name by name.
    """

    n: int
    at_ns: int
    lane: Lane
    kind: Kind
    text: str
    tag: str = ""
    order: str = ""
    of: int = 0
    failed: bool = False
    detail: dict[str, str] = {}


class Bare(Struct, frozen=True):
    """Contracts (signed) without a working stop, from and to in ns. `meant`: a bracket opened them;
    `at_end`: the run ended so."""

    qty: int
    from_ns: int
    to_ns: int
    meant: bool
    at_end: bool


class MarketRows(Struct, frozen=True):
    """The market as far as it is kept. Quotes: time, bid, ask (None: not there); trades: time,
    price, size. Prices in units. `left_out`: rows that are not here."""

    quotes: tuple[tuple[int, int | None, int | None], ...]
    trades: tuple[tuple[int, int, int], ...]
    left_out: int


class Complaint(Struct, frozen=True):
    """What somebody has to say against the run: which rule, when, and how it was broken."""

    rule: str
    at_ns: int
    text: str


class Trace(Struct, frozen=True):
    """One run. Rows are in order of time; of one moment, faults first, then as they were noted.
    `dropped`: older rows that were not kept."""

    instrument: Instrument
    start_ns: int
    end_ns: int
    rows: tuple[Row, ...]
    dropped: int
    market: MarketRows
    bare: tuple[Bare, ...]
    seed: int = 0
    latency: str = ""

    def row(self, n: int) -> Row | None:
        """A row by its number; None where it was not kept."""
        return next((row for row in self.rows if row.n == n), None)

    def latencies(self) -> dict[int, int]:
        """How long each message was on its way, in ns, by the number of the row of its arrival. A
        request that ended without a word from the broker has none."""
        left = {row.n: row for row in self.rows if row.kind in DEPARTURES}
        return {
            row.n: row.at_ns - left[row.of].at_ns
            for row in self.rows
            if row.kind in ARRIVALS and row.of in left
        }


DEPARTURES = (Kind.LEFT, Kind.REACHED, Kind.REPORT)
ARRIVALS = (Kind.REACHED, Kind.ANSWERED, Kind.TOLD)
"""Rows at which messages leave and arrive: a request leaves the client, its answer leaves when the
broker has it, an event when the exchange has reported."""
