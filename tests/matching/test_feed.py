"""The feed of rows: leaps, moments, chunks, and rows that are refused."""

import random

import numpy as np
import pytest

from dryfill.matching.commands import CancelOrder, NewOrder
from dryfill.matching.reference import ReferenceEngine, market_feed
from dryfill.matching.rules import Rules
from dryfill.trading.tape import QuoteRows, TradeRows, make_tape
from dryfill.trading.words import ExecType, OrdType, Side

ROWS = 20_000
END = ROWS * 10


def walk(seed):
    """A random walk of the mid in quotes, with a trade at one of the sides every third row."""
    rng = random.Random(seed)
    mid, quotes, trades = 1000, [], []
    for n in range(ROWS):
        mid += rng.choice((-1, 0, 0, 0, 1))
        if n % 3:
            quotes.append((n, n * 10, mid, rng.randrange(1, 9), mid + 1, rng.randrange(1, 9)))
        else:
            side = rng.randrange(2)
            trades.append((n, n * 10, mid + side, rng.randrange(1, 9), 2 - side))
    columns = [np.array(c, np.int64) for c in zip(*quotes, strict=True)]
    return make_tape(
        QuoteRows(*columns),
        TradeRows(*[np.array(c, np.int64) for c in zip(*trades, strict=True)]),
    )


def brackets(engine, seed):
    """A long entry with a stop and a target far from the market, every thousandth row."""
    rng = random.Random(seed)
    for n in range(1, ROWS // 1000):
        at, first = n * 10_000 + rng.randrange(9), n * 3
        engine.submit(at, NewOrder(first, Side.BUY, OrdType.MARKET, 3))
        engine.submit(at, NewOrder(first + 1, Side.SELL, OrdType.TRAILING_STOP, 3, trail=12))
        engine.submit(at, NewOrder(first + 2, Side.SELL, OrdType.LIMIT, 3, price=1040 + n))
        engine.submit(at + 9000, CancelOrder(first + 2))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_leaps_and_moments_tell_a_long_tape_as_row_by_row_does(seed, monkeypatch):
    engines = [ReferenceEngine(Rules(protection=9)) for _ in range(3)]
    for engine in engines:
        engine.extend(walk(seed))
        brackets(engine, seed)
    leaping, by_moments, by_rows = engines
    told = list(leaping.advance(END))
    moments, moved = 0, []
    while (moment := by_moments.next_moment(END)) is not None:
        moved += by_moments.advance(moment)
        moments += 1
    moved += by_moments.advance(END)
    monkeypatch.setattr(market_feed.MarketFeed, "_leap", lambda self, to_ns: False)
    assert list(by_rows.advance(END)) == told == moved
    assert by_rows.book() == leaping.book() == by_moments.book()
    assert sum(r.exec_type is ExecType.TRADE for r in told) > 20
    assert moments < ROWS // 4, "most rows touch nothing and are no moments"


def test_nothing_working_makes_no_moment_but_the_next_command():
    engine = ReferenceEngine(Rules(protection=9))
    engine.extend(walk(1))
    assert engine.next_moment(END) is None
    engine.submit(50_000, CancelOrder(1))
    assert engine.next_moment(49_999) is None
    assert engine.next_moment(END) == 50_000
    engine.advance(50_000)
    assert engine.next_moment(END) is None


def test_a_level_we_took_from_is_not_leapt_over():
    engine = ReferenceEngine(Rules(protection=9))
    at = np.arange(100, dtype=np.int64)
    ones = np.ones(100, np.int64)
    engine.extend(make_tape(QuoteRows(at, at, ones * 99, ones * 5, ones * 101, ones * 5)))
    engine.submit(0, NewOrder(1, Side.BUY, OrdType.MARKET, 4))
    engine.advance(99)
    assert engine.book().ask == (101, 5, 1)


def test_rows_may_come_in_chunks_at_any_time():
    tape = walk(5)
    whole, parts = (ReferenceEngine(Rules(protection=9)) for _ in range(2))
    brackets(whole, 5)
    brackets(parts, 5)
    whole.extend(tape)
    reports = []
    for start in range(0, END, 7_000):
        parts.extend(tape.between(start, start + 7_000))
        if start % 3:
            reports += parts.advance(start + 3_500)
    reports += parts.advance(END)
    assert reports == list(whole.advance(END))
    assert parts.book() == whole.book()


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([(5, "quote", (1, 1, 2, 1)), (4, "quote", (1, 1, 2, 1))], "before that of the row before"),
        ([(5, "trade", (1, 1, 0)), (4, "quote", (1, 1, 2, 1))], "before that of the row before"),
        ([(2, "trade", (1, 1, 0))], "before 3, which is past"),
        (
            [(5, "bar", (9, *[1] * 15)), (13, "bar", (9, *[1] * 15))],
            "the bar at 13 begins before the one before it ends",
        ),
    ],
)
def test_rows_out_of_order_are_refused(tape_of, rows, what):
    engine = ReferenceEngine(Rules(protection=9))
    engine.advance(3)
    with pytest.raises(ValueError, match=what):
        engine.extend(tape_of(rows))


def test_a_second_chunk_continues_the_first(tape_of):
    engine = ReferenceEngine(Rules(protection=9))
    engine.extend(tape_of([(5, "quote", (1, 1, 2, 1))]))
    with pytest.raises(ValueError, match="every seq"):
        engine.extend(tape_of([(6, "quote", (1, 1, 2, 1))]))
    with pytest.raises(ValueError, match="before 5"):
        engine.extend(tape_of([(4, "quote", (1, 1, 2, 1))], 1))
    engine.extend(tape_of([(5, "quote", (1, 2, 2, 2))], 1))
    engine.advance(5)
    assert engine.book().ask == (2, 2, 2)


def test_the_rows_of_one_table_have_to_rise_by_themselves(tape_of):
    tape = tape_of([(1, "quote", (100, 1, 101, 1)), (1, "quote", (100, 2, 101, 2))])
    tape.quotes.seq[:] = tape.quotes.seq[::-1].copy()
    with pytest.raises(ValueError, match="every seq has to be above"):
        ReferenceEngine(Rules(protection=9)).extend(tape)
