"""Bars: spans written as text, and a growing series of finished bars as numpy columns."""

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import UsageError
from .events import Bar
from .instrument import Instrument

_UNITS_S = {"s": 1, "m": 60, "h": 3600}
_DAY_NS = 86_400 * 10**9
_NONE_NS = -(2**63)  # earlier than any bar
_OHLC = range(4)


def duration_ns(text: str) -> int:
    """A time such as `7s`, `5m` or `1h`, in ns. Raises `UsageError` for any other text.

    >>> duration_ns("5m")
    300000000000
    """
    match = None
    if isinstance(text, str):
        match = re.fullmatch(r"([1-9][0-9]*)\s*([smh])", text.strip())
    if match is None:
        raise UsageError(f"{text!r} is no span; write a whole number and s, m or h, such as '30s'")
    return int(match[1]) * _UNITS_S[match[2]] * 10**9


def span_ns(text: str) -> int:
    """The span of a bar, such as `30s`, `5m` or `1h`, in ns.

    Bars of a span start at its multiples since midnight UTC, so it must divide a day. Raises
    `UsageError` otherwise.
    """
    span = duration_ns(text)
    if _DAY_NS % span:
        raise UsageError(
            f"bars of {text!r} do not divide a day; take a span that does: '30s', '5m', '1h'"
        )
    return span


class Bars:
    """Finished bars of one instrument and span, oldest first; it grows as they come.

    `open`, `high`, `low`, `close` are read-only float64 columns, the nearest doubles of the exact
    prices, for indicators; `volume` (contracts) and `time_ns` (start of the bar, ns since the
    epoch) are int64. A column is a view: it does not grow, ask again for the newest. Orders take
    the exact prices of the bars themselves.
    """

    def __init__(self, instrument: Instrument, span: int) -> None:
        self.instrument = instrument
        self.span_ns = span
        self._newest_ns = _NONE_NS
        self._rows = 0  # in the columns
        self._fresh: list[Bar] = []  # behind them: columns are made when they are asked for
        self._floats: NDArray[np.float64] = np.empty((4, 64), dtype=np.float64)
        self._ints: NDArray[np.int64] = np.empty((2, 64), dtype=np.int64)

    def __len__(self) -> int:
        return self._rows + len(self._fresh)

    def append(self, bar: Bar) -> bool:
        """Take a bar in. False, and nothing changes, for one that is not newer than the last."""
        if bar.time_ns <= self._newest_ns:
            return False
        self._newest_ns = bar.time_ns
        self._fresh.append(bar)
        return True

    @property
    def open(self) -> NDArray[np.float64]:
        return self._floats_of(0)

    @property
    def high(self) -> NDArray[np.float64]:
        return self._floats_of(1)

    @property
    def low(self) -> NDArray[np.float64]:
        return self._floats_of(2)

    @property
    def close(self) -> NDArray[np.float64]:
        return self._floats_of(3)

    @property
    def time_ns(self) -> NDArray[np.int64]:
        return self._ints_of(0)

    @property
    def volume(self) -> NDArray[np.int64]:
        return self._ints_of(1)

    def _floats_of(self, row: int) -> NDArray[np.float64]:
        self._grow()
        return _view(self._floats[row, : self._rows])

    def _ints_of(self, row: int) -> NDArray[np.int64]:
        self._grow()
        return _view(self._ints[row, : self._rows])

    def _grow(self) -> None:
        """Put the fresh bars into the columns."""
        if not self._fresh:
            return
        begin, end = self._rows, self._rows + len(self._fresh)
        while end > self._floats.shape[1]:
            self._floats = np.concatenate([self._floats, np.empty_like(self._floats)], axis=1)
            self._ints = np.concatenate([self._ints, np.empty_like(self._ints)], axis=1)
        double, fresh = self.instrument.double, self._fresh
        self._floats[:, begin:end] = [[double(bar.ohlc_ticks[n]) for bar in fresh] for n in _OHLC]
        self._ints[0, begin:end] = [bar.time_ns for bar in fresh]
        self._ints[1, begin:end] = [bar.volume for bar in fresh]
        self._rows = end
        self._fresh = []


def _view(column: NDArray[Any]) -> NDArray[Any]:
    column.flags.writeable = False
    return column
