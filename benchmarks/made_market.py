"""The markets of the benchmarks, made here from fixed seeds: nothing is read and nothing kept.

Quotes of ES, which trades always here, 50 ms apart in the mean, one tick wide, or two now and then;
the bid goes a tick up or down at one quote in three. Minute bars have a body of some ticks and a
wick at each end.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from dryfill import Backtest, Strategy
from dryfill.trading import instruments
from dryfill.trading.tape import BarRows, QuoteRows, Tape, make_tape
from dryfill.trading.words import NO_PRICE

ES = replace(instruments.find("ES"), calendar="always")
START_NS = 1_709_510_400_000_000_000  # 2024-03-04 00:00 UTC
_MINUTE_NS = 60 * 10**9
_PRICE = 20_000  # units


def quotes(rows: int, seed: int = 7) -> Tape:
    """A random walk at the top of the book."""
    rng = np.random.default_rng(seed)
    time_ns = START_NS + np.cumsum(rng.integers(1, 100_000_000, rows))
    moves = rng.integers(0, 6, rows)
    bid = _PRICE + np.cumsum((moves == 0).astype(np.int64) - (moves == 1))
    ask = bid + 1 + (rng.integers(0, 20, rows) == 0)
    bid_size, ask_size = rng.integers(1, 200, (2, rows))
    return make_tape(QuoteRows(np.arange(rows), time_ns, bid, bid_size, ask, ask_size))


def bars(rows: int, seed: int = 7) -> Tape:
    """One-minute bars of trades."""
    rng = np.random.default_rng(seed)
    n = np.arange(rows)
    close = _PRICE + np.cumsum(rng.integers(-8, 9, rows))
    opened = np.concatenate([[_PRICE], close[:-1]])
    high = np.maximum(opened, close) + rng.integers(0, 6, rows)
    low = np.minimum(opened, close) - rng.integers(0, 6, rows)
    volume = rng.integers(1, 5000, rows)
    absent, nothing = np.full(rows, NO_PRICE), np.zeros(rows, np.int64)
    ohlc = (opened, high, low, close, volume)
    unquoted = (absent, absent, absent, absent, nothing)
    span_ns = np.full(rows, _MINUTE_NS)
    return make_tape(
        bars=BarRows(n, START_NS + n * _MINUTE_NS, span_ns, *ohlc, *unquoted, *unquoted)
    )


def backtest(strategy: type[Strategy], tape: Tape, **given: Any) -> Backtest:
    """A backtest on one of these, what the data does not say named."""
    if len(tape.bars.seq):
        return Backtest(strategy, tape, instrument=ES, spread=1, **given)
    return Backtest(strategy, tape, instrument=ES, stop_trigger="quote", **given)
