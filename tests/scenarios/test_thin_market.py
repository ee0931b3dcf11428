"""A generated market that is thin: what makes it so, in figures."""

import hashlib
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from dryfill.scenarios import read_market, synthetic, synthetic_bars, write_market
from dryfill.testing.composing import case_of, head_of
from dryfill.trading.instrument import Instrument
from dryfill.trading.instruments import find
from dryfill.trading.tape import NO_PRICE, Tape

S = 10**9
SEEDS = range(4)


@pytest.fixture(scope="module", params=SEEDS)
def day(request: pytest.FixtureRequest) -> Tape:
    return synthetic(find("ES"), seed=request.param, kind="thin")


def test_the_same_seed_gives_the_same_market_and_another_one_another() -> None:
    mnq = find("MNQ")
    made = [synthetic(mnq, seed=seed, kind="thin", hours="08:30-09:00") for seed in (1, 1, 2)]
    one, same, other = map(_digest, made)
    assert one == same != other
    # Only a change of the generator itself may change this; say so in the changelog.
    assert one == "06436d788cb3d169"


def _digest(tape: Tape) -> str:
    seen = hashlib.sha256()
    quotes, trades = tape.quotes, tape.trades
    for column in (quotes.time_ns, quotes.bid, quotes.ask, quotes.ask_size, trades.price):
        seen.update(np.ascontiguousarray(column, dtype="<i8").tobytes())
    return seen.hexdigest()[:16]


def test_a_book_holds_together_of_what_there_is(day: Tape) -> None:
    quotes, trades = day.quotes, day.trades
    bids, asks = quotes.bid != NO_PRICE, quotes.ask != NO_PRICE
    assert (quotes.bid < quotes.ask)[bids & asks].all()
    assert ((quotes.bid_size > 0) == bids).all()
    assert ((quotes.ask_size > 0) == asks).all()
    seq = np.concatenate([quotes.seq, trades.seq])
    time_ns = np.concatenate([quotes.time_ns, trades.time_ns])
    assert sorted(seq.tolist()) == list(range(len(day)))
    assert (np.diff(time_ns[np.argsort(seq)]) >= 0).all()
    before = np.searchsorted(quotes.seq, trades.seq) - 1
    bought = trades.aggressor == 1
    touch = np.where(bought, quotes.ask[before], quotes.bid[before])
    shown = np.where(bought, quotes.ask_size[before], quotes.bid_size[before])
    assert (trades.price == touch).all()
    assert (trades.size <= shown).all()


def test_it_is_small_and_slow(day: Tape) -> None:
    quotes, trades = day.quotes, day.trades
    assert 10_000 < len(day) < 20_000  # a liquid one has 150 000
    for side, size in ((quotes.bid, quotes.bid_size), (quotes.ask, quotes.ask_size)):
        there = size[side != NO_PRICE]
        assert (there.min(), there.max()) == (1, 3)
        assert min(np.bincount(there)[1:]) > len(there) // 5
    waits_s = np.diff(quotes.time_ns) / S
    assert 0.5 < np.median(waits_s) < 2
    assert (waits_s > 5).sum() > 300
    assert waits_s.max() > 15
    assert trades.size.max() <= 3


def test_it_is_wide_and_how_wide_changes(day: Tape) -> None:
    quotes = day.quotes
    both = (quotes.bid != NO_PRICE) & (quotes.ask != NO_PRICE)
    spread = (quotes.ask - quotes.bid)[both]
    assert 6 < np.median(spread) < 20
    assert np.percentile(spread, 10) <= 5
    assert np.percentile(spread, 95) > 25
    assert (np.diff(spread) != 0).mean() > 0.3


def test_a_side_is_not_quoted_for_seconds_and_now_and_then_neither_is(day: Tape) -> None:
    quotes, lasted = day.quotes, np.diff(day.quotes.time_ns)
    no_bid, no_ask = quotes.bid[:-1] == NO_PRICE, quotes.ask[:-1] == NO_PRICE
    share = {
        "one": lasted[no_bid ^ no_ask].sum() / lasted.sum(),
        "neither": lasted[no_bid & no_ask].sum() / lasted.sum(),
    }
    assert 0.08 < share["one"] < 0.25
    assert 0.003 < share["neither"] < 0.03
    assert lasted[no_bid | no_ask].max() > 10 * S


def test_it_leaps_many_ticks_with_and_without_a_trade(day: Tape) -> None:
    quotes, trades = day.quotes, day.trades
    both = (quotes.bid != NO_PRICE) & (quotes.ask != NO_PRICE)
    moved = np.abs(np.diff(quotes.bid[both]))
    assert (moved > 20).sum() > 50
    moments, prints = np.unique(trades.time_ns, return_counts=True)
    assert 0.2 < (prints > 1).mean() < 0.5  # a trade goes through several levels
    assert prints.max() >= 5
    through = [trades.price[trades.time_ns == at] for at in moments[prints >= 4]]
    assert max(int(np.ptp(prices)) for prices in through) > 8


def test_it_is_written_and_read_and_made_into_bars(tmp_path: Path) -> None:
    mnq = find("MNQ")
    tape = synthetic(mnq, seed=1, kind="thin", hours="08:30-09:00")
    write_market(tape, mnq, tmp_path / "thin.parquet")
    again = read_market(tmp_path / "thin.parquet", mnq).tape
    assert (again.quotes.bid == tape.quotes.bid).all()
    assert (again.quotes.ask_size == tape.quotes.ask_size).all()
    bars = synthetic_bars(mnq, seed=1, kind="thin", hours="08:30-09:00").bars
    assert len(bars.seq) == 30


@pytest.mark.parametrize("tick", ["0.25", "0.0000005", "25"])
def test_a_side_that_is_missing_is_so_on_every_grid(tick: str) -> None:
    tape = synthetic(Instrument("XYZ", Decimal(tick), Decimal(50)), seed=1, kind="thin")
    assert (tape.quotes.bid == NO_PRICE).any()
    assert (tape.quotes.bid[tape.quotes.bid_size > 0] > 0).all()


def test_the_managers_workload_and_strategies_are_played_on_it() -> None:
    length = "15 min"
    for what in ("manager", "examples/dip_buyer.py:DipBuyer"):
        head = head_of({"what": what, "market": "thin", "length": length})
        assert head.market == "thin"
    case = case_of(head_of({"what": "manager", "market": "thin", "length": length}))
    assert (case.setup.tape.quotes.ask == NO_PRICE).any()
