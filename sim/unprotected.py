"""Unprotected time: how long, and how dearly, contracts were held without a working stop.

Measured at the exchange, from broker truth. Contracts opened by a bracket's entry were meant to be
protected; all others are listed apart. Working stops count for the former first. A span's adverse
move is what the market went against it, at worst, while it was bare.
"""

from decimal import Decimal

import numpy as np
from msgspec import Struct

from ..matching.reports import Report
from ..trading.instrument import Instrument
from ..trading.orders import tags
from ..trading.words import OrdType
from .desk.account import Account
from .desk.orders import OrderRecord
from .marks import Marks

_STOPS = frozenset({OrdType.STOP, OrdType.STOP_LIMIT, OrdType.TRAILING_STOP})


class Span(Struct, frozen=True):
    """`qty` contracts (signed) were bare from `from_ns` to `to_ns`. `at_end`: the run ended in it."""

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
        longest = run = 0
        end_ns = -1
        for span in self.spans:
            run = run + span.to_ns - span.from_ns if span.from_ns == end_ns else span.to_ns - span.from_ns
            end_ns = span.to_ns
            longest = max(longest, run)
        return longest / 1e9

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
        self._open: dict[tuple[str, bool], tuple[int, int]] = {}  # (symbol, meant): (qty, since)
        self._spans: dict[bool, list[Span]] = {True: [], False: []}

    def heard(self, record: OrderRecord, report: Report) -> None:
        instrument = record.request.instrument
        if record.request.ord_type in _STOPS:
            stops = self._stops.setdefault(instrument.symbol, {})
            if record.status.terminal:
                stops.pop(record.number, None)
            else:
                stops[record.number] = record
        self._measure(instrument, report.time_ns)

    def finish(self, end_ns: int, marks: dict[str, Marks]) -> Unprotected:
        """Close what is open at the end of the run, and put a price on every span."""
        for symbol, meant in list(self._open):
            self._close(self._account.holdings[symbol].instrument, meant, end_ns, at_end=True)
        meant, others = (self._exposure(self._spans[kind], marks) for kind in (True, False))
        return Unprotected(meant, others)

    def _measure(self, instrument: Instrument, now_ns: int) -> None:
        holding = self._account.holding(instrument)
        meant = other = 0
        for lot in holding.lots:
            tag = tags.parse(lot.tag)
            if tag is not None and tag.role == "entry":
                meant += lot.qty
            else:
                other += lot.qty
        cover = sum(
            record.leaves_qty
            for record in self._stops.get(instrument.symbol, {}).values()
            if record.request.side.sign == -holding.sign
        )
        bare = {True: max(meant - cover, 0), False: max(other - max(cover - meant, 0), 0)}
        for kind, qty in bare.items():
            self._note(instrument, kind, holding.sign * qty, now_ns)

    def _note(self, instrument: Instrument, meant: bool, qty: int, now_ns: int) -> None:
        key = (instrument.symbol, meant)
        if self._open.get(key, (0, 0))[0] == qty:
            return
        if key in self._open:
            self._close(instrument, meant, now_ns)
        if qty:
            self._open[key] = (qty, now_ns)

    def _close(
        self, instrument: Instrument, meant: bool, now_ns: int, *, at_end: bool = False
    ) -> None:
        qty, since_ns = self._open.pop((instrument.symbol, meant))
        if now_ns > since_ns:
            self._spans[meant].append(Span(instrument, qty, since_ns, now_ns, at_end))

    def _exposure(self, spans: list[Span], marks: dict[str, Marks]) -> Exposure:
        return Exposure(spans, [_adverse(span, marks[span.instrument.symbol]) for span in spans])


def _adverse(span: Span, marks: Marks) -> Decimal | None:
    """The worst move against a span in money; None where the market's price is not known.

    Within a bar nobody knows when its extreme came: the whole bar counts, so that the figure is a
    bound and never too low.
    """
    extreme = marks.lowest if span.qty > 0 else marks.highest
    worst = extreme(span.from_ns, span.to_ns)
    start = extreme(span.from_ns, span.from_ns)
    if marks.bars_only:
        prices, known = marks.at(np.array([span.from_ns], dtype=np.int64))
        start = int(prices[0]) if known[0] else None
    if start is None or worst is None:
        return None
    return max(span.instrument.money(span.qty * (start - worst)), Decimal(0))
