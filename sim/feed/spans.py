"""Rows put together by spans of time: open, high, low, close and volume, piece by piece."""

import numpy as np

from ...trading.tape import Ints

Ohlc = tuple[Ints, Ints, Ints, Ints]


class Spans:
    """Spans of one length that hold rows, in order of time. Rows come in pieces, in order; a span
    may lie in two of them.

    Of an `other` column each span keeps the value of its last row.
    """

    def __init__(self, span_ns: int) -> None:
        self._span_ns = span_ns
        self._parts: list[Ints] = []  # of rows: number of the span, o, h, l, c, volume, other
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, times: Ints, ohlc: Ohlc, volume: Ints, other: Ints) -> None:
        """More rows, behind those that are there."""
        if not len(times):
            return
        numbers = times // self._span_ns
        first = np.flatnonzero(np.diff(numbers, prepend=numbers[:1] - 1))
        last = np.append(first[1:], len(numbers)) - 1
        opens, highs, lows, closes = ohlc
        part = np.stack(
            [
                numbers[first],
                opens[first],
                np.maximum.reduceat(highs, first),
                np.minimum.reduceat(lows, first),
                closes[last],
                np.add.reduceat(volume, first),
                other[last],
            ]
        )
        if self._parts and self._parts[-1][0, -1] == part[0, 0]:
            self._parts[-1][:, -1] = _together(self._parts[-1][:, -1], part[:, 0])
            part = part[:, 1:]
        if part.shape[1]:
            self._parts.append(part)
            self._count += part.shape[1]

    def columns(self) -> tuple[Ints, Ohlc, Ints, Ints]:
        """Starts in ns; open, high, low, close; volume; the other column."""
        whole = np.concatenate(self._parts, axis=1) if self._parts else np.empty((7, 0), np.int64)
        number, opened, high, low, close, volume, other = whole
        return number * self._span_ns, (opened, high, low, close), volume, other


def _together(one: Ints, more: Ints) -> Ints:
    """One span of two pieces."""
    joined = more.copy()
    joined[1] = one[1]
    joined[2], joined[3] = max(one[2], more[2]), min(one[3], more[3])
    joined[5] = one[5] + more[5]
    return joined
