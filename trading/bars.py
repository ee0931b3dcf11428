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
        self._rows = 0
        self._floats: NDArray[np.float64] = np.empty((4, 64), dtype=np.float64)
        self._ints: NDArray[np.int64] = np.empty((2, 64), dtype=np.int64)

    def __len__(self) -> int:
        return self._rows

    def append(self, bar: Bar) -> bool:
        """Take a bar in. False, and nothing changes, for one that is not newer than the last."""
        n = self._rows
        if n and bar.time_ns <= self._ints[0, n - 1]:
            return False
        if n == self._floats.shape[1]:
            self._floats = np.concatenate([self._floats, np.empty_like(self._floats)], axis=1)
            self._ints = np.concatenate([self._ints, np.empty_like(self._ints)], axis=1)
        self._floats[:, n] = (bar.open, bar.high, bar.low, bar.close)
        self._ints[:, n] = (bar.time_ns, bar.volume)
        self._rows += 1
        return True

    @property
    def open(self) -> NDArray[np.float64]:
        return self._view(self._floats[0])

    @property
    def high(self) -> NDArray[np.float64]:
        return self._view(self._floats[1])

    @property
    def low(self) -> NDArray[np.float64]:
        return self._view(self._floats[2])

    @property
    def close(self) -> NDArray[np.float64]:
        return self._view(self._floats[3])

    @property
    def time_ns(self) -> NDArray[np.int64]:
        return self._view(self._ints[0])

    @property
    def volume(self) -> NDArray[np.int64]:
        return self._view(self._ints[1])

    def _view(self, column: NDArray[Any]) -> NDArray[Any]:
        view = column[: self._rows]
        view.flags.writeable = False
        return view
