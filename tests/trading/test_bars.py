"""Bars: spans as text, and the growing series."""

import numpy as np
import pytest

from dryfill.trading import instruments
from dryfill.trading.bars import Bars, duration_ns, span_ns
from dryfill.trading.errors import UsageError
from dryfill.trading.events import Bar

ES = instruments.find("ES")


def bar(n, units=16_000):
    return Bar(ES, n * 60, 60, (units, units + 4, units - 4, units + 1), 10 + n)


@pytest.mark.parametrize(
    ("text", "seconds"), [("1s", 1), ("30s", 30), ("5m", 300), ("1h", 3600), (" 24 h ", 86_400)]
)
def test_a_span_is_a_number_and_a_unit(text, seconds):
    assert span_ns(text) == duration_ns(text) == seconds * 10**9


@pytest.mark.parametrize("text", ["", "5", "m", "0m", "-5m", "1.5m", "5x", "05m", "5 min", "٥m"])
def test_other_text_is_no_span(text):
    with pytest.raises(UsageError, match="is no span; write a whole number and s, m or h"):
        span_ns(text)


@pytest.mark.parametrize("text", ["7s", "7m", "5h", "48h"])
def test_bars_divide_a_day_and_timers_need_not(text):
    assert duration_ns(text) > 0
    with pytest.raises(UsageError, match="do not divide a day"):
        span_ns(text)


def test_a_series_grows_and_its_columns_are_views_of_what_was_there():
    bars = Bars(ES, 60)
    assert len(bars) == 0
    assert len(bars.close) == 0
    for n in range(200):
        assert bars.append(bar(n, 16_000 + n))
    assert len(bars) == 200
    assert bars.close.dtype == np.float64
    assert bars.close[-1] == float(ES.decimal(16_200))
    assert bars.open[0] == 4000.0
    assert bars.high[0] == 4001.0
    assert bars.low[0] == 3999.0
    assert list(bars.time_ns[:3]) == [0, 60, 120]
    assert bars.volume[-1] == 209
    old = bars.close
    bars.append(bar(200))
    assert len(old) == 200


def test_a_bar_that_is_not_newer_is_not_taken():
    bars = Bars(ES, 60)
    assert bars.append(bar(3))
    assert not bars.append(bar(3))
    assert not bars.append(bar(2))
    assert len(bars) == 1


@pytest.mark.parametrize("name", ["open", "high", "low", "close", "volume", "time_ns"])
def test_history_is_read_only(name):
    bars = Bars(ES, 60)
    bars.append(bar(0))
    with pytest.raises(ValueError, match="read-only"):
        getattr(bars, name)[0] = 1


def test_a_span_is_text():
    with pytest.raises(UsageError, match="5 is no span; write a whole number and s, m or h"):
        duration_ns(5)
