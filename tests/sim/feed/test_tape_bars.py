"""Bars of any span: the same from ticks and from shorter bars, and never one that is not over."""

import numpy as np
import pytest

from dryfill.scenarios import synthetic
from dryfill.scenarios.bars import to_bars
from dryfill.sim.feed.tape_bars import bars_of
from dryfill.trading import instruments
from dryfill.trading.errors import Refused
from dryfill.trading.tape import NO_PRICE, UNKNOWN_SIZE, BarRows, make_tape

S = 10**9
T0 = 1_709_564_400 * S
COLUMNS = ("starts", "told_ns", "open", "high", "low", "close", "volume")


def bar_rows(*rows, span_ns=60 * S):
    """Bars of (start in seconds, open, high, low, close, volume)."""
    columns = np.array(rows, dtype=np.int64).T
    none = np.full(len(rows), NO_PRICE)
    quotes = {f"{side}_{at}": none for side in ("bid", "ask") for at in ("open", "high", "low")}
    return BarRows(
        seq=np.arange(len(rows)),
        time_ns=T0 + columns[0] * S,
        span_ns=np.full(len(rows), span_ns),
        **dict(zip(("open", "high", "low", "close", "volume"), columns[1:], strict=True)),
        **quotes,
        bid_close=none,
        ask_close=none,
        bid_size=none * 0,
        ask_size=none * 0,
    )


def rows(bars):
    return list(zip(*(getattr(bars, name).tolist() for name in COLUMNS), strict=True))


def test_the_same_bars_come_from_ticks_and_from_their_minutes():
    tape = synthetic(instruments.find("ES"), seed=3, hours="08:30-09:30")
    minutes = make_tape(bars=to_bars(tape, 60 * S))
    for span in (60, 300, 900):
        assert rows(bars_of(tape, span * S, "ES")) == rows(bars_of(minutes, span * S, "ES"))
    assert len(bars_of(tape, 300 * S, "ES")) == 12


def test_a_bar_has_the_first_highest_lowest_and_last_of_its_span(tape_of):
    tape = tape_of("0 trade 5x1\n10 trade 9x2\n999 trade 3x3\n1000 trade 4x4\n3500 trade 6x1")
    assert rows(bars_of(tape, S, "ES")) == [
        (T0, T0 + S, 5, 9, 3, 3, 6),
        (T0 + S, T0 + 2 * S, 4, 4, 4, 4, 4),
        (T0 + 3 * S, T0 + 4 * S, 6, 6, 6, 6, 1),
    ]


def test_a_bar_is_not_told_before_its_last_trade_has_arrived(tape_of):
    text = "0 trade 5x1\n999 trade 3x3\n1000 trade 4x4\n2500 trade 6x1"
    tape = tape_of(text, {"trade": [1, 1700, 1200, 2501]})
    told = (bars_of(tape, S, "ES").told_ns - T0).tolist()
    # What is late holds up what is behind it.
    assert told == [1_700_000_000, 2_000_000_000, 3_000_000_000]


def test_an_unknown_size_adds_nothing_to_the_volume(tape_of):
    tape = tape_of("0 trade 5x2\n10 trade 5x?\n20 trade 5x3")
    assert tape.trades.size[1] == UNKNOWN_SIZE
    assert bars_of(tape, S, "ES").volume.tolist() == [5]


def test_minutes_without_a_trade_make_no_bar_and_do_not_spoil_their_neighbours():
    tape = make_tape(
        bars=bar_rows((0, 5, 9, 3, 4, 10), (60, *[NO_PRICE] * 4, 0), (240, 6, 7, 6, 7, 1))
    )
    assert rows(bars_of(tape, 300 * S, "ES")) == [(T0, T0 + 300 * S, 5, 9, 3, 7, 11)]
    assert len(bars_of(tape, 60 * S, "ES")) == 2


@pytest.mark.parametrize("span", [90, 30, 61])
def test_a_span_that_is_no_multiple_of_the_bars_is_refused(span):
    tape = make_tape(bars=bar_rows((0, 5, 9, 3, 4, 10)))
    with pytest.raises(Refused, match=f"bars of {span} s cannot be made of bars of 60 s"):
        bars_of(tape, span * S, "ES")


def test_bars_that_straddle_the_spans_are_refused_because_they_end_later():
    tape = make_tape(bars=bar_rows((0, 5, 9, 3, 4, 10), (90, 5, 9, 3, 4, 10)))
    with pytest.raises(Refused, match=f"the bar at {T0 + 90 * S} ns"):
        bars_of(tape, 300 * S, "ES")


@pytest.mark.parametrize("span", [0, -S])
def test_a_bar_without_length_is_refused(tape_of, span):
    with pytest.raises(Refused, match="has no length"):
        bars_of(tape_of("0 trade 5x1"), span, "ES")


def test_quotes_alone_make_no_bars(tape_of):
    with pytest.raises(Refused, match="quotes alone"):
        bars_of(tape_of("0 quote 5x1 6x1"), S, "ES")
