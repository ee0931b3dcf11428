"""Recorded days read as data/README.md counts them, and their bad bars are found."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from dryfill.scenarios import Market, read_market, suspect_bars
from dryfill.trading.instrument import Instrument
from dryfill.trading.tape import NO_PRICE

# day, contract, quote rows, trade rows, volume, low, high, first and last trade.
DAYS = [
    ("20131006", "ESZ3", 155, 118, 10_442, "1673.25", "1678.25", "22:00", "23:59"),
    ("20131007", "ESZ3", 1_410, 1_344, 787_701, "1664.75", "1679.50", "00:00", "23:59"),
    ("20131008", "ESZ3", 1_411, 1_372, 1_182_485, "1646.00", "1671.50", "00:00", "23:59"),
    ("20131218", "ESH4", 1_410, 1_348, 2_261_640, "1760.75", "1806.75", "00:00", "23:59"),
    ("20200105", "ESH0", 62, 60, 35_724, "3216.25", "3224.00", "23:00", "23:59"),
    ("20200106", "ESH0", 1_367, 1_365, 1_370_228, "3208.75", "3249.50", "00:00", "23:59"),
]


def _es_day(recorded: Path, es: Instrument, day: str) -> Market:
    folder = recorded / "lean" / "es_minute"
    return read_market([folder / f"{day}_quote.zip", folder / f"{day}_trade.zip"], es)


def _clock(time_ns: int) -> str:
    return str(np.datetime64(int(time_ns), "ns"))[11:16]


@pytest.mark.parametrize(("day", "contract", *["q", "t", "v", "low", "high", "a", "z"]), DAYS)
def test_a_recorded_es_day_reads_as_it_was_counted(
    recorded: Path, es: Instrument, day: str, contract: str,
    q: int, t: int, v: int, low: str, high: str, a: str, z: str,
) -> None:  # fmt: skip
    market = _es_day(recorded, es, day)
    bars = market.tape.bars
    traded = bars.open != NO_PRICE
    assert market.contract == contract
    # Every minute of a trade bar has a quote row too, so the tape has as many rows as quotes.
    assert (len(bars.seq), int(traded.sum()), int(bars.volume.sum())) == (q, t, v)
    assert es.decimal(int(bars.low[traded].min())) == Decimal(low)
    assert es.decimal(int(bars.high[traded].max())) == Decimal(high)
    times = bars.time_ns[traded]
    assert (_clock(times[0]), _clock(times[-1])) == (a, z)
    assert (np.diff(bars.time_ns) > 0).all()


def test_one_sided_minutes_keep_the_side_that_is_there(recorded: Path, es: Instrument) -> None:
    bars = _es_day(recorded, es, "20131007").tape.bars
    no_bid, no_ask = bars.bid_open == NO_PRICE, bars.ask_open == NO_PRICE
    assert (int(no_bid.sum()), int(no_ask.sum())) == (10, 5)
    assert (bars.bid_size[no_bid] == 0).all()


def test_crossed_minutes_are_uncrossed_and_noted(recorded: Path, es: Instrument) -> None:
    market = _es_day(recorded, es, "20131007")
    bars = market.tape.bars
    both = (bars.bid_open != NO_PRICE) & (bars.ask_open != NO_PRICE)
    assert (bars.bid_close[both] <= bars.ask_close[both]).all()
    assert any("swapped the sides of 3 crossed bars" in note for note in market.notes)


def test_two_days_of_gold_ticks_read_in_one_go(recorded: Path) -> None:
    gc = Instrument("GC", Decimal("0.1"), Decimal(100))
    folder = recorded / "lean" / "gc_tick"
    market = read_market([folder / "20131008_trade.zip", folder / "20131007_trade.zip"], gc)
    trades = market.tape.trades
    assert market.contract == "GCZ3"
    assert (len(trades.seq), int(trades.size.sum())) == (39_702 + 52_038, 51_866 + 72_433)
    assert gc.decimal(int(trades.price.min())) == Decimal("1307.9")
    assert gc.decimal(int(trades.price.max())) == Decimal("1330.8")
    assert str(np.datetime64(int(trades.time_ns[0]), "ns")) == "2013-10-07T00:00:00.276000000"
    # 44% share their millisecond with another; they stay as the file has them.
    assert trades.price[1:4].tolist() == [13137, 13136, 13136]


def test_a_contract_that_is_named_is_read_though_it_trades_less(
    recorded: Path, es: Instrument
) -> None:
    folder = recorded / "lean" / "es_minute"
    path = folder / "20131218_trade.zip"
    assert read_market(path, es, contract="ESZ3").tape.bars.volume.sum() == 284_376


@pytest.mark.parametrize(
    ("day", "suspects"),
    [
        ("20131006", []),
        ("20131007", []),
        ("20131008", ["20:30"]),
        ("20131218", ["21:30"]),  # and not the hard moves of 19:00 to 19:02
        ("20200105", []),
        ("20200106", []),
    ],
)
def test_the_bar_with_the_days_range_is_suspect_and_no_other(
    recorded: Path, es: Instrument, day: str, suspects: list[str]
) -> None:
    assert [_clock(s) for s in suspect_bars(_es_day(recorded, es, day).tape)] == suspects
