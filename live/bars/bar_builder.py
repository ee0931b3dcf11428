"""Bars made of trades, sans I/O: the same bars as everywhere else, or a word that one cannot be.

A bar starts at a multiple of its span since the epoch and is finished by a trade of a later one, or
by the clock, a while after its end. One of which trades may have been missed, because it had begun
before we listened or the hub was down meanwhile, is not made of what is left: it is asked for.
"""

from msgspec import Struct

from ...trading.events import Bar
from ...trading.instrument import Instrument


class Missing(Struct, frozen=True):
    """The bar that starts here, and those before it that were not told, have to be asked for."""

    start_ns: int


class BarBuilder:
    """One series. `late`: trades that came for a bar which was finished already."""

    def __init__(self, instrument: Instrument, span_ns: int) -> None:
        self.late = 0
        self.instrument = instrument
        self.span_ns = span_ns
        self._start_ns: int | None = None  # of the bar that is being made
        self._whole = False  # it has all of its trades
        self._broken = True  # trades may have been missed since the last one
        self._ohlc = (0, 0, 0, 0)
        self._volume = 0
        self._finished_ns = -1  # the start of the last one that was finished

    @property
    def ends_ns(self) -> int | None:
        """When the bar that is being made ends; None while there is none."""
        return None if self._start_ns is None else self._start_ns + self.span_ns

    def broken(self) -> None:
        """Trades may have been missed."""
        self._broken, self._whole = True, False

    def trade(self, time_ns: int, price_ticks: int, size: int) -> Bar | Missing | None:
        """A trade; what it finished, if it did."""
        start_ns = time_ns - time_ns % self.span_ns
        if start_ns <= self._finished_ns or (
            self._start_ns is not None and start_ns < self._start_ns
        ):
            self.late += 1
            return None
        finished = None if self._start_ns in (None, start_ns) else self.finish()
        if self._start_ns is None:
            self._start_ns, self._whole, self._broken = start_ns, not self._broken, False
            self._ohlc, self._volume = (price_ticks,) * 4, 0
        opened, high, low, _ = self._ohlc
        self._ohlc = (opened, max(high, price_ticks), min(low, price_ticks), price_ticks)
        self._volume += max(size, 0)
        return finished

    def finish(self) -> Bar | Missing | None:
        """The bar's time is over: the bar, or that it has to be asked for."""
        start_ns = self._start_ns
        if start_ns is None:
            return None
        self._start_ns, self._finished_ns = None, start_ns
        if not self._whole:
            return Missing(start_ns)
        return Bar(self.instrument, start_ns, self.span_ns, self._ohlc, self._volume)
