"""Generated markets: the same bytes from the same seed, and a book that holds together."""

import hashlib
import math
from dataclasses import fields
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from dryfill.scenarios import synthetic, synthetic_bars, to_bars
from dryfill.scenarios.dice import _EXPONENTIAL, _state, exponential, raw_bits
from dryfill.scenarios.weather import CHARACTERS
from dryfill.trading.errors import UsageError
from dryfill.trading.instrument import Instrument
from dryfill.trading.tape import NO_PRICE, QuoteRows, Tape, make_tape

HOUR = "08:30-09:30"
S = 10**9
TICKS = {
    "ES": "0.25", "MES": "0.25", "NQ": "0.25", "MNQ": "0.25", "CL": "0.01", "GC": "0.1",
    "ZN": "0.015625", "ZB": "0.03125", "6E": "0.00005", "6J": "0.0000005", "XYZ": "25",
}  # fmt: skip


def _digest(tape: Tape) -> str:
    seen = hashlib.sha256()
    for table in (tape.quotes, tape.trades, tape.bars):
        for field in fields(table):
            column = getattr(table, field.name)
            if column is not None:
                seen.update(np.ascontiguousarray(column, dtype="<i8").tobytes())
    return seen.hexdigest()[:16]


@pytest.fixture(scope="module")
def day() -> Tape:
    return synthetic(Instrument("ES", Decimal("0.25"), Decimal(50)), seed=1)


def test_the_bytes_of_a_seed_are_the_same_on_every_machine(es: Instrument, day: Tape) -> None:
    # Only a change of the generator itself may change these; say so in the changelog.
    assert _digest(day) == "fdedc6206277eceb"
    hour = synthetic(es, seed=7, hours=HOUR, kind="volatile", days=2)
    assert _digest(hour) == "87996c62e0f642e3"


def test_another_seed_is_another_market(es: Instrument) -> None:
    made = {_digest(synthetic(es, seed=seed, hours="08:30-08:35")) for seed in range(20)}
    assert len(made) == 20


@pytest.mark.parametrize("kind", ["mixed", "trend", "range", "volatile"])
def test_the_book_holds_together_row_by_row(es: Instrument, kind: Any) -> None:
    tape = synthetic(es, seed=3, hours=HOUR, kind=kind)
    quotes, trades = tape.quotes, tape.trades
    assert (quotes.bid < quotes.ask).all()
    assert (quotes.bid_size > 0).all()
    assert (quotes.ask_size > 0).all()
    assert (trades.size > 0).all()
    seq = np.concatenate([quotes.seq, trades.seq])
    time_ns = np.concatenate([quotes.time_ns, trades.time_ns])
    assert sorted(seq.tolist()) == list(range(len(tape)))
    assert (np.diff(time_ns[np.argsort(seq)]) >= 0).all()


def test_a_trade_prints_at_the_touch_and_takes_what_was_shown(day: Tape) -> None:
    quotes, trades = day.quotes, day.trades
    before = np.searchsorted(quotes.seq, trades.seq) - 1
    first = before >= 0
    t = {name: getattr(trades, name)[first] for name in ("price", "size", "aggressor", "time_ns")}
    old, new = before[first], before[first] + 1
    bought = t["aggressor"] == 1
    touch = np.where(bought, quotes.ask[old], quotes.bid[old])
    shown = np.where(bought, quotes.ask_size[old], quotes.bid_size[old])
    assert (t["price"] == touch).all()
    assert (t["size"] <= shown).all()
    assert (quotes.time_ns[new] == t["time_ns"]).all()
    left = np.where(bought, quotes.ask_size[new], quotes.bid_size[new])
    partly = t["size"] < shown
    assert (left[partly] == (shown - t["size"])[partly]).all()
    gone = np.where(bought, quotes.ask[new] > touch, quotes.bid[new] < touch)
    assert gone[~partly].all()


def test_a_day_looks_like_a_day(day: Tape) -> None:
    quotes, trades = day.quotes, day.trades
    assert 100_000 < len(day) < 250_000
    spread, lasted = (quotes.ask - quotes.bid)[:-1], np.diff(quotes.time_ns)
    one_tick = lasted[spread == 1].sum() / lasted.sum()
    assert 0.8 < one_tick < 0.98
    assert spread.max() >= 4
    bars = to_bars(day, 60 * S)
    assert len(bars.seq) == 390
    half_hours = bars.volume.reshape(13, 30).sum(axis=1)
    assert half_hours[0] > 3 * half_hours[6]
    assert half_hours[-1] > 1.5 * half_hours[6]
    assert 60 < trades.price.max() - trades.price.min() < 400
    # Skewed: half of the trades are of a lot or two, the large ones of a hundred.
    assert np.median(trades.size) <= 2
    assert trades.size.max() > 80
    assert 0.45 < (trades.aggressor == 1).mean() < 0.55


def test_volatility_clusters(es: Instrument) -> None:
    def lag_one(seed: int) -> float:
        bars = to_bars(synthetic(es, seed=seed, hours="10:00-13:00"), 60 * S)
        ranges = (bars.high - bars.low).astype(float)
        return float(np.corrcoef(ranges[:-1], ranges[1:])[0, 1])

    assert np.mean([lag_one(seed) for seed in range(6)]) > 0.25


def test_the_spread_widens_when_the_market_is_fast(es: Instrument) -> None:
    def wide(kind: Any) -> float:
        quotes = synthetic(es, seed=11, hours="10:00-12:00", kind=kind).quotes
        lasted = np.diff(quotes.time_ns)
        return float(lasted[(quotes.ask - quotes.bid)[:-1] > 1].sum() / lasted.sum())

    assert wide("volatile") > 2 * wide("range")


def test_kinds_do_what_they_say(es: Instrument) -> None:
    def travelled(kind: Any, seed: int) -> tuple[int, int]:
        price = synthetic(es, seed=seed, kind=kind, hours="09:00-11:00").trades.price
        return abs(int(price[-1] - price[0])), int(price.max() - price.min())

    trend = [travelled("trend", seed) for seed in range(4)]
    ranging = [travelled("range", seed) for seed in range(4)]
    stormy = [travelled("volatile", seed) for seed in range(4)]
    assert sum(net for net, _ in trend) > 3 * sum(net for net, _ in ranging)
    assert sum(span for _, span in stormy) > 1.5 * sum(span for _, span in ranging)


def test_a_ranging_market_stays_near_where_it_began(es: Instrument) -> None:
    def strayed(seed: int) -> int:
        price = synthetic(es, seed=seed, kind="range", hours="08:30-10:30").trades.price
        return int(np.abs(price - 20_000).max())

    assert max(strayed(seed) for seed in range(6)) < 55


def test_sessions_follow_each_other_with_a_gap_and_without_weekends(es: Instrument) -> None:
    tape = synthetic(es, seed=5, start="2024-03-07", days=4, hours="14:50-15:00")
    times = tape.quotes.time_ns
    days = sorted({str(np.datetime64(int(t), "ns"))[:10] for t in times[:: len(times) // 400]})
    assert days == ["2024-03-07", "2024-03-08", "2024-03-11", "2024-03-12"]
    starts = np.flatnonzero(np.diff(times) > 3600 * S) + 1
    assert np.abs(tape.quotes.bid[starts] - tape.quotes.bid[starts - 1]).max() > 1
    # 14:50 in Chicago is 20:50 UTC before the clocks changed on 10 March and 19:50 after.
    opened = [str(np.datetime64(int(t), "ns"))[11:16] for t in times[np.r_[0, starts]]]
    assert opened == ["20:50", "20:50", "19:50", "19:50"]


def test_a_globex_session_begins_the_evening_before_and_is_quiet_at_night(es: Instrument) -> None:
    tape = synthetic(es, seed=2, start="2024-03-05", hours="globex")
    assert str(np.datetime64(tape.start_ns, "ns"))[:16] == "2024-03-04T23:00"
    assert str(np.datetime64(tape.end_ns, "ns"))[:16] == "2024-03-05T21:59"
    by_hour = np.bincount((tape.quotes.time_ns - tape.start_ns) // (3600 * S), minlength=23)
    assert by_hour.min() > 0
    assert by_hour[8] * 5 < by_hour[15]


@pytest.mark.parametrize("root", list(TICKS))
def test_every_root_starts_near_its_level_on_its_grid(root: str) -> None:
    tick = Decimal(TICKS[root])
    instrument = Instrument(root, tick, Decimal(50))
    tape = synthetic(instrument, seed=1, hours="08:30-08:40")
    begins = CHARACTERS[root].start_price if root in CHARACTERS else "100000"
    assert instrument.decimal(int(tape.quotes.bid[0])) == Decimal(begins)
    assert len(tape.trades.seq) > 100


def test_a_start_price_may_be_given(es: Instrument) -> None:
    tape = synthetic(es, seed=1, hours="08:30-08:31", start_price="20000.75")
    assert tape.quotes.bid[0] == 80003


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"seed": -1}, "seed is -1"),
        ({"seed": True}, "seed is True"),
        ({"seed": 1, "days": 0}, "days is 0"),
        ({"seed": 1, "hours": "always"}, "hours='always' is none of"),
        ({"seed": 1, "start": "soon"}, "start='soon' is no date"),
        ({"seed": 1, "kind": "calm"}, "kind='calm' is none of trend, range, volatile, mixed, thin"),
        ({"seed": 1, "start_price": "5000.10"}, "not on the 0.25 tick"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    es: Instrument, arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        synthetic(es, **arguments)


def test_raw_bits_are_splitmix64() -> None:
    def published(state: int, count: int) -> list[int]:
        out, mask = [], 2**64 - 1
        for _ in range(count):
            state = (state + 0x9E3779B97F4A7C15) & mask
            z = ((state ^ state >> 30) * 0xBF58476D1CE4E5B9) & mask
            z = ((z ^ z >> 27) * 0x94D049BB133111EB) & mask
            out.append(z ^ z >> 31)
        return out

    # The first outputs that its authors' C code gives for the state 1234567.
    assert published(1234567, 2) == [6457827717110365317, 3203168211198807973]
    drawn = raw_bits(3, 5, 1000).tolist()
    assert drawn == published(_state(3, 5), 1000)
    others = {*raw_bits(3, 6, 1000).tolist(), *raw_bits(4, 5, 1000).tolist()}
    assert len(others | set(drawn)) == 3000


def test_the_table_of_waiting_times_is_exponential() -> None:
    want = [-math.log(1 - i / 256) * 1024 for i in range(256)] + [math.log(512) * 1024]
    assert all(abs(a - b) <= 0.5 for a, b in zip(_EXPONENTIAL, want, strict=True))
    assert all(a < b for a, b in pairwise(_EXPONENTIAL))
    waits = exponential(np.arange(1 << 16))
    assert 1015 < waits.mean() < 1035


def test_bars_have_the_first_highest_lowest_and_last_of_their_minute(es: Instrument) -> None:
    tape = synthetic(es, seed=4, hours="08:30-08:35")
    bars = to_bars(tape, 60 * S)
    for i, start in enumerate(bars.time_ns.tolist()):
        minute = tape.between(start, start + 60 * S)
        price = minute.trades.price.tolist()
        assert bars.open[i] == price[0]
        assert (bars.high[i], bars.low[i], bars.close[i]) == (max(price), min(price), price[-1])
        assert bars.volume[i] == minute.trades.size.sum()
        bid, ask = minute.quotes.bid, minute.quotes.ask
        assert (bars.bid_low[i], bars.ask_high[i]) == (bid.min(), ask.max())
        assert (bars.bid_open[i], bars.ask_close[i]) == (bid[0], ask[-1])
        assert bars.bid_size[i] == minute.quotes.bid_size[-1]
    assert len(bars.seq) == 5


def test_a_side_that_comes_and_goes_within_a_bar_counts_while_it_is_there() -> None:
    ask, sizes = np.array([NO_PRICE, 7, NO_PRICE]), np.array([0, 3, 0])
    quotes = QuoteRows(np.arange(3), np.arange(3), np.ones(3, int), np.ones(3, int), ask, sizes)
    bars = to_bars(make_tape(quotes), 60 * S)
    got = (bars.ask_open, bars.ask_high, bars.ask_low, bars.ask_close, bars.ask_size)
    assert [int(column[0]) for column in got] == [7, 7, 7, 7, 3]


def test_bars_of_one_sided_quotes_have_one_side(es: Instrument) -> None:
    one, none = np.array([1, 1]), np.array([NO_PRICE, NO_PRICE])
    quotes = QuoteRows(np.arange(2), np.array([0, 70 * S]), one, one, none, one * 0)
    bars = to_bars(make_tape(quotes), 60 * S)
    assert bars.bid_close.tolist() == [1, 1]
    assert bars.ask_close.tolist() == [NO_PRICE] * 2
    assert bars.open.tolist() == [NO_PRICE] * 2
    assert bars.volume.tolist() == [0, 0]
    with pytest.raises(UsageError, match="span_ns is 0"):
        to_bars(make_tape(quotes), 0)


def test_synthetic_bars_are_the_bars_of_the_same_market(es: Instrument) -> None:
    bars = synthetic_bars(es, seed=4, hours="08:30-08:35", span_ns=60 * S).bars
    whole = to_bars(synthetic(es, seed=4, hours="08:30-08:35"), 60 * S)
    assert _digest(make_tape(bars=bars)) == _digest(make_tape(bars=whole))
