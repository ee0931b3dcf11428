"""A run over data larger than memory: the same run, in memory that the rows do not change."""

import tracemalloc
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from dryfill import Backtest, Strategy, instruments, synthetic, write_market
from dryfill.app.report.candles import candles, gaps
from dryfill.app.report.figure import figure
from dryfill.app.strategy_file import load_strategy
from dryfill.matching.engines import native_is_there
from dryfill.scenarios.readers import spool
from dryfill.sim.record import marks
from dryfill.trading import tape as tapes
from dryfill.trading.mapped import is_mapped
from dryfill.trading.tape import Tape, TradeRows, make_tape

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
ES = instruments.find("ES")
TICKS = synthetic(ES, seed=5, hours="08:30-08:31", kind="volatile")
LONG = synthetic(ES, seed=5, hours="08:30-09:30", kind="volatile")
ENGINE = "native" if native_is_there() else "reference"


def small_pieces(patch: pytest.MonkeyPatch, rows: int) -> None:
    """Everything is larger than memory, which holds so many rows."""
    patch.setattr(spool, "SPOOL_ROWS", 0)
    patch.setattr(spool, "BATCH_ROWS", rows)
    patch.setattr(tapes, "PIECE_ROWS", rows)
    patch.setattr(marks, "PIECE_ROWS", rows)


@pytest.mark.parametrize(
    ("strategy", "tape", "rows", "engine"),
    [
        ("ma_cross.py", LONG, 1_777, ENGINE),
        ("ma_cross.py", LONG, 1_777, "reference"),
        ("passive_quoter.py", TICKS, 50, ENGINE),
    ],
    ids=["ma_cross", "ma_cross-reference", "passive_quoter"],
)
def test_a_run_piece_by_piece_is_the_run_on_all_rows(
    strategy: str,
    tape: Tape,
    rows: int,
    engine: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = write_market(tape, ES, tmp_path / "es.parquet")
    kind = load_strategy(str(EXAMPLES / strategy))

    def run() -> Any:
        return Backtest(kind, path, instrument=ES, engine=engine, seed=3).run()

    whole = run()
    small_pieces(monkeypatch, rows)
    pieces = run()
    assert is_mapped(pieces.record.tape.quotes.bid)
    assert not is_mapped(whole.record.tape.quotes.bid)
    assert len(whole.fills) > 1
    assert pieces.digest == whole.digest
    assert pieces.summary == whole.summary
    assert str(pieces) == str(whole)
    assert pieces.equity.equals(whole.equity)
    assert pieces.unprotected.spans.equals(whole.unprotected.spans)
    pages = [r.to_html(tmp_path / f"{n}.html").read_text() for n, r in enumerate((whole, pieces))]
    assert pages[0] == pages[1]


def test_pieces_cut_no_moment_and_lose_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tapes, "PIECE_ROWS", 40)
    found = list(TICKS.pieces())
    assert len(found) > 10
    for name in ("quotes", "trades"):
        parts = [getattr(piece, name).seq for piece in found]
        np.testing.assert_array_equal(np.concatenate(parts), getattr(TICKS, name).seq)
        assert max(map(len, parts)) <= 40
    for before, after in pairwise(found):
        assert max(t.time_ns[-1] for t in before._filled()) < after.start_ns


def test_rows_of_one_moment_are_one_piece_however_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tapes, "PIECE_ROWS", 3)
    times = np.array([5] * 10 + [6], dtype=np.int64)
    rows = TradeRows(np.arange(11), times, times, times, times * 0)
    assert [len(piece) for piece in make_tape(trades=rows).pieces()] == [10, 1]


def test_candles_and_gaps_do_not_depend_on_the_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    two = synthetic(ES, seed=5, days=2, hours="08:30-08:35", kind="volatile")
    whole, empty = candles(two), gaps(two)
    assert len(empty) == 1
    monkeypatch.setattr(tapes, "PIECE_ROWS", 11)
    pieces = candles(two)
    assert gaps(two) == empty
    for name in ("time_ns", "open", "high", "low", "close"):
        np.testing.assert_array_equal(getattr(pieces, name), getattr(whole, name))
    assert (pieces.span_ns, pieces.of) == (whole.span_ns, whole.of)


class Minutes(Strategy):
    """Hears the bars of a minute and trades nothing."""

    async def on_start(self) -> None:
        await self.subscribe_bars("1m")


def quotes_and_trades(rows: int, path: Path) -> Path:
    """Two quotes and a trade, again and again, within one hour."""
    number = np.arange(rows)
    price = pl.Series(5000 + 0.25 * (number * 40 // rows % 7))
    of_trade = pl.Series(number % 3 == 2)
    trade, quote = pl.when(of_trade), pl.when(~of_trade)
    frame = pl.select(
        time=pl.Series(1_709_564_400 * 10**9 + number * (3_600 * 10**9 // rows)),
        kind=trade.then(pl.lit("trade")).otherwise(pl.lit("quote")),
        bid=quote.then(price),
        ask=quote.then(price + 0.25),
        bid_size=quote.then(3),
        ask_size=quote.then(3),
        price=trade.then(price),
        size=trade.then(1),
    )
    frame.write_parquet(path)
    return path


def peaks(path: Path) -> dict[str, int]:
    """The most bytes that Python and numpy held at once, by stage: the least of two runs, since
    whatever else is at work in the process may hold some for a moment."""
    once, again = _peaks(path), _peaks(path)
    return {stage: min(once[stage], again[stage]) for stage in once}


def _peaks(path: Path) -> dict[str, int]:
    found: dict[str, int] = {}
    tracemalloc.start()
    try:
        # The engine that keeps rows where Python sees them.
        backtest = Backtest(Minutes, path, instrument=ES, engine="reference")
        found["reading"] = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        report = backtest.run()
        found["the run"] = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        str(report)
        figure(report.record)
        found["the report"] = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return found


def test_ten_times_the_rows_take_no_more_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_pieces(monkeypatch, 5_000)
    few = quotes_and_trades(30_000, tmp_path / "few.parquet")
    many = quotes_and_trades(300_000, tmp_path / "many.parquet")
    _peaks(few)  # what is kept for good is there after that
    little, much = peaks(few), peaks(many)
    # Not even a column of one byte a row is made of all of them.
    assert {stage: much[stage] - little[stage] < 200_000 for stage in much} == dict.fromkeys(
        much, True
    ), (little, much)
