"""Unprotected time: how long, and how dearly, contracts were held without a working stop.

Measured at the exchange, from broker truth. Contracts opened by a bracket's entry and not closed by
one of its legs were meant to be protected; all others are listed apart. Working stops that would
close the position count, for the former first: one that has triggered and a trailing one as well.
A span's adverse move is what the market went against it, at worst, while it was bare.
"""

from decimal import Decimal

from msgspec import Struct

from ...matching.reports import Report
from ...trading.instrument import Instrument
from ...trading.words import ExecType, OrdStatus, OrdType
from ..desk.account import Account
from ..desk.orders import OrderRecord
from .intents import Intents
from .marks import Marks

_STOPS = frozenset({OrdType.STOP, OrdType.STOP_LIMIT, OrdType.TRAILING_STOP})


class Span(Struct, frozen=True):
    """`qty` contracts (signed) were bare from `from_ns` to `to_ns`. `at_end`: the run ended so."""

    instrument: Instrument
    qty: int
    from_ns: int
    to_ns: int
    at_end: bool = False

    @property
    def contract_seconds(self) -> Decimal:
        return Decimal(abs(self.qty) * (self.to_ns - self.from_ns)) / 10**9


class Exposure:
    """Spans of one kind, and what they sum up to."""

    def __init__(self, spans: list[Span], moves: list[Decimal | None]) -> None:
        self.spans = spans
        self.moves = moves

    @property
    def contract_seconds(self) -> Decimal:
        """Bare contracts times seconds, exact."""
        return sum((span.contract_seconds for span in self.spans), Decimal(0))

    @property
    def longest(self) -> float:
        """Seconds of the longest stretch in which at least one contract was bare."""
        longest_ns = 0
        began: dict[str, tuple[int, int]] = {}  # by symbol: the last stretch, from and to
        for span in self.spans:
            symbol = span.instrument.symbol
            from_ns, until_ns = began.get(symbol, (span.from_ns, span.from_ns))
            if until_ns != span.from_ns:
                from_ns = span.from_ns
            began[symbol] = (from_ns, span.to_ns)
            longest_ns = max(longest_ns, span.to_ns - from_ns)
        return longest_ns / 1e9

    @property
    def worst_move(self) -> Decimal:
        """The worst adverse move of a single span, in money; 0 when none went against it."""
        return max((move for move in self.moves if move is not None), default=Decimal(0))


class Unprotected(Struct, frozen=True):
    """Bare contracts that were meant to be protected, and, apart, those that were not."""

    meant: Exposure
    others: Exposure

    @property
    def longest(self) -> float:
        return self.meant.longest

    @property
    def contract_seconds(self) -> Decimal:
        return self.meant.contract_seconds

    @property
    def worst_move(self) -> Decimal:
        return self.meant.worst_move


class UnprotectedMeter:
    """Hears every report of an account and keeps the spans in which contracts were bare."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._stops: dict[str, dict[int, OrderRecord]] = {}
        self._intents: dict[str, Intents] = {}
        self._open: dict[tuple[str, bool], tuple[int, int]] = {}  # (symbol, meant): (qty, since)
        self._spans: dict[bool, list[Span]] = {True: [], False: []}

    def heard(self, record: OrderRecord, report: Report) -> None:
        """Take a report in, after the account has booked it."""
        request = record.request
        symbol, what = request.instrument.symbol, report.exec_type
        filled = what in (ExecType.TRADE, ExecType.TRADE_CANCEL)
        if request.ord_type in _STOPS:
            stops = self._stops.setdefault(symbol, {})
            if record.status.terminal or record.status is OrdStatus.SUSPENDED:
                stops.pop(record.number, None)
            else:
                stops[record.number] = record
        elif not filled:
            return  # nothing is held or guarded otherwise than before
        if filled:
            intents = self._intents.setdefault(symbol, Intents())
            take = intents.fill if what is ExecType.TRADE else intents.void
            take(record.known_as, request.side.sign * report.last_qty)
        self._measure(request.instrument, report.time_ns)

    def finish(self, end_ns: int, marks: dict[str, Marks]) -> Unprotected:
        """Close what is open at the end of the run, and put a price on every span."""
        for symbol, meant in list(self._open):
            self._close(self._account.holdings[symbol].instrument, meant, end_ns, at_end=True)
        spans = self._spans
        return Unprotected(_exposure(spans[True], marks), _exposure(spans[False], marks))

    def _measure(self, instrument: Instrument, now_ns: int) -> None:
        symbol = instrument.symbol
        held = self._account.holding(instrument).qty
        intents = self._intents.get(symbol)
        meant = 0 if intents is None else intents.settle(held)
        sign = 1 if held > 0 else -1
        cover = 0
        if held:
            for record in self._stops.get(symbol, {}).values():
                if record.request.side.sign == -sign:
                    cover += record.leaves_qty
        self._note(instrument, True, sign * max(meant - cover, 0), now_ns)
        left = max(cover - meant, 0)
        self._note(instrument, False, sign * max(abs(held) - meant - left, 0), now_ns)

    def _note(self, instrument: Instrument, meant: bool, qty: int, now_ns: int) -> None:
        key = (instrument.symbol, meant)
        if self._open.get(key, (0, 0))[0] == qty:
            return
        if key in self._open:
            self._close(instrument, meant, now_ns)
        if not qty:
            return
        last = self._spans[meant][-1] if self._spans[meant] else None
        if last is not None and (last.instrument, last.qty, last.to_ns) == (
            instrument,
            qty,
            now_ns,
        ):
            # What was mended and broken again within a nanosecond is one span.
            now_ns = self._spans[meant].pop().from_ns
        self._open[key] = (qty, now_ns)

    def _close(
        self, instrument: Instrument, meant: bool, now_ns: int, *, at_end: bool = False
    ) -> None:
        qty, since_ns = self._open.pop((instrument.symbol, meant))
        if now_ns > since_ns:
            self._spans[meant].append(Span(instrument, qty, since_ns, now_ns, at_end))


def _exposure(spans: list[Span], marks: dict[str, Marks]) -> Exposure:
    return Exposure(spans, [_adverse(span, marks[span.instrument.symbol]) for span in spans])


def _adverse(span: Span, marks: Marks) -> Decimal | None:
    """The worst move against a span in money; None where the market's price is not known."""
    move = marks.adverse(span.qty, span.from_ns, span.to_ns)
    return None if move is None else span.instrument.money(abs(span.qty) * move)
