"""What is written is read back: the same integers in the same order."""

from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dryfill.scenarios import read_market, synthetic, synthetic_bars, write_market
from dryfill.trading.errors import UsageError
from dryfill.trading.instrument import Instrument
from dryfill.trading.tape import (
    NO_PRICE,
    UNKNOWN_SIZE,
    BarRows,
    QuoteRows,
    Tape,
    TradeRows,
    make_tape,
)

T0 = 1_700_000_000 * 10**9
TICKS = ["0.25", "0.1", "0.03125", "0.015625", "0.00005", "0.0000005", "25"]


def _same(one: Tape, other: Tape) -> None:
    for name in ("quotes", "trades", "bars"):
        a, b = getattr(one, name), getattr(other, name)
        for field in fields(a):
            x, y = getattr(a, field.name), getattr(b, field.name)
            assert (x is None) == (y is None), field.name
            if x is not None:
                assert x.tolist() == y.tolist(), (name, field.name)


def _ints(values: list[int]) -> Any:
    return np.array(values, dtype=np.int64)


@st.composite
def ticks(draw: st.DrawFn) -> Tape:
    """A tape of quotes (with sides missing) and trades in one order, perhaps with feed times."""
    kinds = draw(st.lists(st.booleans(), min_size=1, max_size=12))
    steps = draw(st.lists(st.integers(0, 3), min_size=len(kinds), max_size=len(kinds)))
    time_ns = T0 + np.cumsum(steps)
    sizes, prices = st.integers(1, 10**6), st.integers(-(10**6), 10**7)
    quotes, trades = [], []
    for seq, (is_quote, time) in enumerate(zip(kinds, time_ns.tolist(), strict=True)):
        if is_quote:
            low, high = sorted([draw(prices), draw(prices)])
            bid = (low, draw(sizes)) if draw(st.booleans()) else (NO_PRICE, 0)
            ask = (high, draw(sizes)) if draw(st.booleans()) else (NO_PRICE, 0)
            quotes.append((seq, time, *bid, *ask))
        else:
            trades.append((seq, time, draw(prices), draw(sizes), draw(st.integers(0, 2))))
    late = draw(st.integers(0, 10**9)) if draw(st.booleans()) else None
    q = [_ints(list(c)) for c in zip(*quotes, strict=True)] if quotes else None
    t = [_ints(list(c)) for c in zip(*trades, strict=True)] if trades else None
    return make_tape(
        QuoteRows(*q, arrival_ns=None if late is None else q[1] + late) if q else None,
        TradeRows(*t, arrival_ns=None if late is None else t[1] + late) if t else None,
    )


@settings(max_examples=60, deadline=None, derandomize=True)
@given(tape=ticks(), tick=st.sampled_from(TICKS), ending=st.sampled_from(["csv", "parquet"]))
def test_ticks_are_read_back_as_they_were_written(tape: Tape, tick: str, ending: str) -> None:
    instrument = Instrument("X", Decimal(tick), Decimal(1))
    with TemporaryDirectory() as folder:
        path = write_market(tape, instrument, Path(folder) / f"x.{ending}")
        _same(read_market(path, instrument).tape, tape)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("tick", TICKS)
def test_every_price_of_a_grid_is_read_back(tmp_path: Path, tick: str, ending: str) -> None:
    instrument = Instrument("X", Decimal(tick), Decimal(1))
    units = np.concatenate([np.arange(-2000, 2000), np.arange(10**7, 10**7 + 2000)])
    n = np.arange(len(units))
    tape = make_tape(trades=TradeRows(n, T0 + n, units, n + 1, n % 3))
    path = write_market(tape, instrument, tmp_path / f"x.{ending}")
    _same(read_market(path, instrument).tape, tape)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_generated_market_is_read_back(es: Instrument, tmp_path: Path, ending: str) -> None:
    ticks = synthetic(es, seed=1, hours="08:30-08:40")
    _same(read_market(write_market(ticks, es, tmp_path / f"es.{ending}"), es).tape, ticks)
    bars = synthetic_bars(es, seed=1, hours="08:30-09:30", span_ns=10**9)
    market = read_market(write_market(bars, es, tmp_path / f"bars.{ending}"), es)
    _same(market.tape, bars)
    assert market.notes == ()


def test_a_single_bar_keeps_its_length_and_its_missing_sides(
    es: Instrument, tmp_path: Path
) -> None:
    columns = {f.name: _ints([NO_PRICE]) for f in fields(BarRows)}
    columns |= {"seq": _ints([0]), "time_ns": _ints([T0]), "span_ns": _ints([300 * 10**9])}
    columns |= {name: _ints([-20000]) for name in ("open", "high", "low", "close")}
    columns |= {"volume": _ints([7]), "bid_size": _ints([0]), "ask_size": _ints([0])}
    tape = make_tape(bars=BarRows(**columns))
    _same(read_market(write_market(tape, es, tmp_path / "one.csv"), es).tape, tape)


def test_unknown_sizes_survive(es: Instrument, tmp_path: Path) -> None:
    def quotes(sizes: list[int]) -> Tape:
        n = _ints(list(range(len(sizes))))
        return make_tape(QuoteRows(n, T0 + n, 20000 + n, _ints(sizes), 20010 + n, _ints(sizes)))

    never = quotes([UNKNOWN_SIZE] * 3)
    _same(read_market(write_market(never, es, tmp_path / "a.parquet"), es).tape, never)
    mixed = quotes([5, UNKNOWN_SIZE, 6])
    path = write_market(mixed, es, tmp_path / "b.parquet")
    _same(read_market(path, es, clean="unknown-sizes").tape, mixed)


def test_prices_in_text_have_no_exponent(tmp_path: Path) -> None:
    yen = Instrument("6J", Decimal("0.0000005"), Decimal(12_500_000))
    one = _ints([1])
    tape = make_tape(trades=TradeRows(one * 0, T0 + one, one, one, one))
    text = write_market(tape, yen, tmp_path / "6j.csv").read_text()
    assert text == (
        "time,kind,price,size,side\n2023-11-14T22:13:20.000000001Z,trade,0.0000005,1,buy\n"
    )


def test_parquet_holds_doubles_and_utc_times(es: Instrument, tmp_path: Path) -> None:
    path = write_market(synthetic(es, seed=1, hours="08:30-08:31"), es, tmp_path / "es.parquet")
    schema = pl.read_parquet_schema(path)
    assert schema["time"] == pl.Datetime("ns", "UTC")
    assert schema["bid"] == pl.Float64


def test_what_cannot_be_written_is_refused(es: Instrument, tmp_path: Path) -> None:
    ticks = synthetic(es, seed=1, hours="08:30-08:31")
    bars = synthetic_bars(es, seed=1, hours="08:30-08:31").bars
    with pytest.raises(UsageError, match=r"ends in \.parquet or \.csv"):
        write_market(ticks, es, tmp_path / "es.json")
    with pytest.raises(UsageError, match="the tape is empty"):
        write_market(make_tape(), es, tmp_path / "es.csv")
    with pytest.raises(UsageError, match="files of their own"):
        write_market(make_tape(ticks.quotes, bars=bars), es, tmp_path / "es.csv")
