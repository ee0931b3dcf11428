"""A recorder's folder as data: which files count, and what is mended and noted on the way."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dryfill.scenarios import read_market
from dryfill.trading import instruments
from dryfill.trading.errors import ScenarioError
from dryfill.trading.instrument import Instrument
from dryfill.trading.recording import FORMAT, FileKind, Head, PartName, run_name
from dryfill.trading.recording_file import schema_of, write_part
from dryfill.trading.tape import NO_PRICE, UNKNOWN_SIZE

T0 = 1_709_564_400_000_000_000  # 2024-03-04 15:00 UTC
MS = 1_000_000
ES = instruments.find("ESH24")
NAMES = ("kind", "bid_units", "bid_size", "ask_units", "ask_size", "price_units", "size", "side")


def quote(ms: int, bid: int | None, ask: int | None, size: int | None = 5) -> tuple[Any, ...]:
    """A quote at so many ms, in units; a side's size is None where it is not quoted."""
    sizes = [None if side is None else size for side in (bid, ask)]
    return ms, "quote", bid, sizes[0], ask, sizes[1], None, None, None


def trade(ms: int, units: int, size: int = 1, side: str | None = "buy") -> tuple[Any, ...]:
    return ms, "trade", None, None, None, None, units, size, side


def part(
    folder: Path,
    rows: list[tuple[Any, ...]],
    *,
    segment: int = 1,
    chunk: int | None = None,
    start: int = T0,
    symbol: str = "ESH4",
    delay_ms: int = 2,
    **said: Any,
) -> Path:
    """Write rows of (ms, …) as a file of a recording; they arrived `delay_ms` later."""
    head = Head(
        format=FORMAT, kind=FileKind.MARKET, source="a test", made_by="0", symbol=symbol,
        **{"unit": "0.25", **said},
    )  # fmt: skip
    columns: dict[str, Any] = {"time": [T0 + row[0] * MS for row in rows]}
    columns["arrival"] = [at + delay_ms * MS for at in columns["time"]]
    columns |= {name: [row[n + 1] for row in rows] for n, name in enumerate(NAMES)}
    schema = schema_of(head)
    name = PartName(
        kind=FileKind.MARKET, symbol=symbol, run=run_name(start), segment=segment, chunk=chunk
    )
    write_part(folder / name.file, pl.DataFrame(columns).cast(schema), head)  # type: ignore[arg-type]  # names to types
    return folder / name.file


def trades_of(folder: Path, instrument: Instrument = ES, **options: Any) -> list[int]:
    return read_market(folder, instrument, **options).tape.trades.price.tolist()


def test_segments_and_the_chunks_of_the_last_are_one_market(tmp_path: Path) -> None:
    part(tmp_path, [trade(4, 4)], segment=2, chunk=2)
    part(tmp_path, [trade(3, 3)], segment=2, chunk=1)
    part(tmp_path, [trade(1, 1), trade(2, 2)], segment=1)
    (tmp_path / ".market.ESH4.x.tmp").write_bytes(b"half a file")
    (tmp_path / "notes.txt").write_text("a trader's own")
    market = read_market(tmp_path, ES)
    assert market.tape.trades.price.tolist() == [1, 2, 3, 4]
    (note,) = market.notes
    assert "was cut off or still goes on" in note


def test_chunks_whose_segment_was_closed_do_not_count_twice(tmp_path: Path) -> None:
    part(tmp_path, [trade(1, 1)], chunk=1)
    part(tmp_path, [trade(2, 2)], chunk=2)
    part(tmp_path, [trade(1, 1), trade(2, 2)])
    market = read_market(tmp_path, ES)
    assert market.tape.trades.price.tolist() == [1, 2]
    assert market.notes == ()


def test_rows_at_one_moment_keep_the_order_in_which_they_came(tmp_path: Path) -> None:
    part(tmp_path, [trade(1, 1), quote(1, 4, 5), trade(1, 2)], segment=1)
    part(tmp_path, [quote(1, 6, 7), trade(1, 3)], segment=2)
    tape = read_market(tmp_path, ES).tape
    assert tape.trades.seq.tolist() == [0, 2, 4]
    assert tape.quotes.seq.tolist() == [1, 3]


def test_what_came_out_of_turn_goes_into_the_exchange_s_order(tmp_path: Path) -> None:
    part(tmp_path, [trade(1, 1), trade(5, 5), trade(3, 3)], segment=1)
    part(tmp_path, [trade(4, 4), trade(9, 9)], segment=2)
    market = read_market(tmp_path, ES)
    assert market.tape.trades.price.tolist() == [1, 3, 4, 5, 9]
    assert market.notes == (
        f"{tmp_path.name}/market.ESH4: sorted; there were 1 steps back in time, first at row 3",
    )


def test_a_side_that_nobody_quotes_and_a_size_that_nobody_gives_are_two_things(
    tmp_path: Path,
) -> None:
    part(tmp_path, [quote(1, 4, None), quote(2, None, 5, 7), quote(3, 4, 5, None), quote(4, 4, 5)])
    quotes = read_market(tmp_path, ES).tape.quotes
    assert quotes.bid.tolist() == [4, NO_PRICE, 4, 4]
    assert quotes.bid_size.tolist() == [5, 0, UNKNOWN_SIZE, 5]
    assert quotes.ask.tolist() == [NO_PRICE, 5, 5, 5]
    assert quotes.ask_size.tolist() == [0, 7, UNKNOWN_SIZE, 5]


def test_crossed_halves_of_a_quote_are_swapped_and_counted(tmp_path: Path) -> None:
    part(tmp_path, [quote(1, 4, 5), quote(2, 6, 5), quote(3, 6, 7)])
    market = read_market(tmp_path, ES)
    assert market.tape.quotes.bid.tolist() == [4, 5, 6]
    assert "swapped the sides of 1 crossed quotes, first at row 2" in market.notes[0]
    kept = read_market(tmp_path, ES, clean="keep-crossed")
    assert kept.tape.quotes.bid.tolist() == [4, 6, 6]


def test_nothing_arrives_before_it_happened(tmp_path: Path) -> None:
    part(tmp_path, [trade(1, 1), trade(2, 2)], delay_ms=-3)
    market = read_market(tmp_path, ES)
    assert market.tape.trades.arrival_ns is not None
    assert market.tape.trades.arrival_ns.tolist() == market.tape.trades.time_ns.tolist()
    assert "2 rows arrived before they happened, by up to 0.003 s" in market.notes[0]


def test_rows_that_could_not_be_kept_are_told(tmp_path: Path) -> None:
    part(tmp_path, [trade(1, 1)], segment=1, lost=7)
    part(tmp_path, [trade(2, 2)], segment=2, lost=5)
    assert "12 rows were heard and could not be kept" in read_market(tmp_path, ES).notes[0]


def test_outages_of_the_feed_are_told_the_longest_by_their_times(tmp_path: Path) -> None:
    part(tmp_path, [trade(1, 1)], segment=1, outages=((T0 + 2 * MS, T0 + 1002 * MS),))
    part(tmp_path, [trade(2000, 2)], segment=2)
    assert read_market(tmp_path, ES).notes == (
        f"{tmp_path.name}/market.ESH4: outages of the feed while it was recorded: 1, 1 s in all; "
        f"what happened in them is missing, and the quote from before stands through them: "
        f"2024-03-04T15:00:00.002Z to 2024-03-04T15:00:01.002Z",
    )
    seconds = [(2, 1), (4, 2), (7, 5), (13, 4)]  # at, how long
    more = tuple((T0 + at * 1000 * MS, T0 + (at + long) * 1000 * MS) for at, long in seconds)
    part(tmp_path, [trade(20_000, 3)], segment=3, outages=more)
    (note,) = read_market(tmp_path, ES).notes
    assert "recorded: 5, 13 s in all" in note
    assert note.endswith(
        "the longest 2024-03-04T15:00:04Z to 2024-03-04T15:00:06Z, "
        "2024-03-04T15:00:07Z to 2024-03-04T15:00:12Z, "
        "2024-03-04T15:00:13Z to 2024-03-04T15:00:17Z"
    )


def test_a_segment_in_which_nothing_was_heard_tells_of_its_outage(tmp_path: Path) -> None:
    part(tmp_path, [trade(1, 1)], segment=1)
    part(tmp_path, [], segment=2, outages=((T0, T0 + 5000 * MS),))
    market = read_market(tmp_path, ES)
    assert market.tape.trades.price.tolist() == [1]
    assert "1, 5 s in all" in market.notes[0]


def test_runs_follow_each_other_and_two_at_once_are_refused(tmp_path: Path) -> None:
    part(tmp_path, [trade(1, 1), trade(50, 2)], start=T0)
    part(tmp_path, [trade(60, 3)], start=T0 + 55 * MS)
    assert trades_of(tmp_path) == [1, 2, 3]
    part(tmp_path, [trade(20, 1), trade(70, 3)], start=T0 + 58 * MS)
    with pytest.raises(ScenarioError, match=r"was still recorded at 2024-03-04T15:00:00.062Z when"):
        trades_of(tmp_path)


def test_prices_are_those_of_the_unit_that_the_file_names(tmp_path: Path) -> None:
    part(tmp_path, [trade(1, 20_000), trade(2, -3)], unit="0.25")
    assert trades_of(tmp_path) == [20_000, -3]
    part(tmp_path, [trade(3, 40_000)], segment=2, unit="0.125")
    assert trades_of(tmp_path) == [20_000, -3, 20_000]
    part(tmp_path, [trade(4, 40_001)], segment=3, unit="0.125")
    with pytest.raises(ScenarioError, match=r"row 4: price 5000.125 is not on the 0.25 tick"):
        trades_of(tmp_path)


def test_of_several_instruments_the_named_one_is_read(tmp_path: Path) -> None:
    part(tmp_path, [trade(1, 1, 5)])
    part(tmp_path, [trade(2, 2, 9)], symbol="ESM4")
    part(tmp_path, [trade(3, 3, 99)], symbol="NQH4")
    assert trades_of(tmp_path) == [1]
    assert trades_of(tmp_path, instruments.find("ES")) == [2]
    assert trades_of(tmp_path, instruments.find("NQ")) == [3]
    with pytest.raises(ScenarioError, match="there is no ESU4"):
        trades_of(tmp_path, instruments.find("ESU24"))


def test_one_kind_alone_may_be_read(tmp_path: Path) -> None:
    path = part(tmp_path, [trade(1, 1), quote(2, 4, 5)])
    for source in (tmp_path, path):
        assert len(read_market(source, ES, kind="quotes").tape.trades.seq) == 0
        assert len(read_market(source, ES, kind="trades").tape.quotes.seq) == 0
        with pytest.raises(ScenarioError, match="holds no bars"):
            read_market(source, ES, kind="bars")


def test_files_that_hold_no_market_are_named(tmp_path: Path) -> None:
    head = Head(format=FORMAT, kind=FileKind.FRAMES, source="a test", made_by="0")
    path = tmp_path / f"frames.all.{run_name(T0)}.00001.parquet"
    write_part(path, pl.DataFrame(schema=schema_of(head)), head)
    with pytest.raises(ScenarioError, match="holds a recording's frames; what replays is in its"):
        read_market(path, ES)
    with pytest.raises(ScenarioError, match="no recording's market is in it"):
        read_market(tmp_path, ES)


def test_a_single_torn_file_is_named_by_its_name_alone(tmp_path: Path) -> None:
    path = part(tmp_path, [trade(1, 1)])
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(ScenarioError, match="byte 50: its end is missing"):
        read_market(path, ES)
