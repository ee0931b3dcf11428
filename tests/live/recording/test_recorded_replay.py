"""A market that was told, recorded and replayed gives the same strategy the same fills."""

import asyncio
from dataclasses import fields, replace
from pathlib import Path
from shutil import copytree
from typing import Any, ClassVar

import numpy as np
import pytest

from dryfill import Buy, Sell, Strategy, Ticks
from dryfill.app.backtest import Backtest
from dryfill.live.recording.recorded_broker import RecordedBroker
from dryfill.live.recording.recorded_market import RecordedMarket
from dryfill.live.recording.recorder import AtOnce, Recorded, Recorder
from dryfill.live.recording.recorder_files import RecorderSettings
from dryfill.scenarios import read_market, synthetic
from dryfill.sim.backtest import World
from dryfill.sim.record.record import Record
from dryfill.trading import instruments
from dryfill.trading.errors import ScenarioError
from dryfill.trading.recording_file import read_part
from dryfill.trading.strategy import make_strategy, run_strategy
from dryfill.trading.tape import UNKNOWN_SIZE, Tape

ES = instruments.find("ESH24")
SMALL = RecorderSettings(flush_rows=400, segment_rows=1500)
RULES: dict[str, Any] = {"instrument": ES, "latency": "live", "seed": 3}


class Scalper(Strategy):
    """Every fiftieth trade a bracket, while nothing is held."""

    heard = 0

    async def on_start(self) -> None:
        await self.subscribe_quotes()
        await self.subscribe_trades()

    async def on_trade(self, trade: Any) -> None:
        self.heard += 1
        if self.heard % 50 == 0 and not self.position and not self.working_orders:
            side = Buy if self.heard % 100 else Sell
            await self.bracket(side(3), stop=Ticks(6), target=Ticks(6))


class BarWatcher(Strategy):
    """Writes down every bar and when it came."""

    seen: ClassVar[list[tuple[int, tuple[Any, ...]]]] = []

    async def on_start(self) -> None:
        await self.subscribe_quotes()
        await self.subscribe_trades()
        await self.subscribe_bars("1m")

    async def on_bar(self, bar: Any) -> None:
        told = (bar.time_ns, bar.open, bar.high, bar.low, bar.close, bar.volume)
        self.seen.append((self.now_ns, told))


@pytest.fixture(scope="module")
def market() -> Tape:
    return synthetic(ES, seed=1, start="2024-03-04", hours="08:30-08:50", kind="mixed")


def record(
    strategy: type[Strategy], market: Tape, folder: Path, settings: RecorderSettings, **rules: Any
) -> tuple[Record, Recorded]:
    """Run a strategy in a world of virtual time with a recorder before its ports."""
    setup = Backtest(strategy, market, **(RULES | rules)).setup
    world = World(setup)
    recorder = Recorder(
        folder, source="a virtual world", now_ns=lambda: world.loop.now_ns, hide=str,
        aside=AtOnce(), settings=settings,
    )  # fmt: skip
    world.market = RecordedMarket(world.market, recorder)  # type: ignore[assignment]  # the port
    world.broker = RecordedBroker(world.broker, recorder)
    done = world.run(lambda desk: run_strategy(make_strategy(strategy, {}, desk)))
    return done, asyncio.run(recorder.close())


@pytest.fixture(scope="module")
def scalped(market: Tape, tmp_path_factory: pytest.TempPathFactory) -> "Scalped":
    """The recording of a scalper's run, its outcome, and what the recorder says of itself."""
    folder = tmp_path_factory.mktemp("scalped")
    return folder, *record(Scalper, market, folder, SMALL)


Scalped = tuple[Path, Record, Recorded]


def same_rows(one: Any, other: Any) -> None:
    for name in (f.name for f in fields(one) if f.name != "arrival_ns"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist(), name


def test_the_recording_of_a_run_replays_to_its_digest(market: Tape, scalped: Scalped) -> None:
    folder, done, recorded = scalped
    assert recorded.heard["market"] == len(market)
    assert (recorded.lost, recorded.troubles) == (0, [])
    again = Backtest(Scalper, folder, **RULES).run()
    assert len(again.fills) > 20
    assert again.digest == done.digest
    assert again.fills.equals(done.fills)
    assert "market data arrives when the recorder had it" in "".join(again.notes)


def test_what_is_read_is_what_was_told_in_its_order(market: Tape, scalped: Scalped) -> None:
    folder = scalped[0]
    assert len(list(folder.glob("market.*"))) > 3
    read = read_market(folder, ES)
    assert (read.contract, read.heard) == ("ESH4", True)
    same_rows(read.tape.quotes, market.quotes)
    same_rows(read.tape.trades, market.trades)
    late = read.tape.quotes.arrival_ns - read.tape.quotes.time_ns
    assert late.min() > 0
    assert np.median(late) > 1_000_000  # the live feed's own latency is in it


def test_one_closed_file_replays_by_itself(market: Tape, scalped: Scalped) -> None:
    first = min(scalped[0].glob("market.*"))
    part = read_market(first, ES).tape
    assert 0 < len(part) < len(market)
    assert part.quotes.bid.tolist() == market.quotes.bid[: len(part.quotes.bid)].tolist()


def test_bars_are_made_again_of_what_was_heard(market: Tape, tmp_path: Path) -> None:
    """The same bars; but in a replay one comes at its end, or with its last trade, where the wire
    had brought it by itself and later. This is the one thing in which a replay's fills may differ.
    """
    latency = {"from": "live", "feed": "5ms"}
    BarWatcher.seen.clear()
    record(BarWatcher, market, tmp_path, SMALL, latency=latency)
    told = list(BarWatcher.seen)
    BarWatcher.seen.clear()
    Backtest(BarWatcher, tmp_path, **RULES).run()
    assert [bar for _, bar in BarWatcher.seen] == [bar for _, bar in told]
    early_ns = {then - now for (then, _), (now, _) in zip(told, BarWatcher.seen, strict=True)}
    assert len(told) == 20
    assert min(early_ns) >= 0
    assert max(early_ns) <= 5_000_000


def test_unknown_sizes_stay_unknown_and_their_fills_are_counted(
    market: Tape, tmp_path: Path
) -> None:
    nobody_knows = np.full(len(market.quotes.seq), UNKNOWN_SIZE)
    bare = replace(
        market, quotes=replace(market.quotes, bid_size=nobody_knows, ask_size=nobody_knows)
    )
    done, _ = record(Scalper, bare, tmp_path, SMALL, unknown_size="all")
    read = read_market(tmp_path, ES)
    assert (read.tape.quotes.bid_size == UNKNOWN_SIZE).all()
    assert "took" in read.notes[0]
    assert "bid_size cells as unknown" in read.notes[0]
    with pytest.raises(ScenarioError, match="have no sizes; name what an order may take"):
        Backtest(Scalper, tmp_path, **RULES)
    again = Backtest(Scalper, tmp_path, unknown_size="all", **RULES).run()
    assert again.digest == done.digest
    assert again.unknown_size_fills == done.unknown_size_fills > 10


def spoil(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def test_a_torn_file_is_named_and_the_others_replay_without_it(
    market: Tape, scalped: Scalped, tmp_path: Path
) -> None:
    copytree(scalped[0], tmp_path, dirs_exist_ok=True)
    files = sorted(tmp_path.glob("market.*"))
    spoil(files[2])
    lost = 1600  # rows of a segment: 4 chunks of 400
    with pytest.raises(ScenarioError, match=r"its end is missing.*clean='skip-damaged'") as torn:
        Backtest(Scalper, tmp_path, **RULES)
    assert files[2].name in str(torn.value)
    report = Backtest(Scalper, tmp_path, clean="skip-damaged", **RULES).run()
    assert any("left out, its rows are missing" in note for note in report.notes)
    assert len(read_market(tmp_path, ES, clean="skip-damaged").tape) == len(market) - lost
    for path in files:
        spoil(path)
    with pytest.raises(ScenarioError, match="every file of its market is damaged"):
        read_market(tmp_path, ES, clean="skip-damaged")


def test_orders_are_there_with_their_answers_and_reports(scalped: Scalped) -> None:
    folder, done, recorded = scalped
    (path,) = folder.glob("orders.*")
    _, rows = read_part(path)
    assert rows.height == recorded.heard["orders"]
    placed = rows.filter(what="place")
    assert set(placed["cl_ord_id"]) == set(done.orders["tag"])
    answered = rows.filter(rows["what"].is_in(["done", "refused", "unknown"]))["call"]
    calls = rows.filter(rows["what"].is_in(["place", "modify", "cancel", "close", "ask"]))["call"]
    assert sorted(answered) == calls.to_list() == list(range(1, calls.len() + 1))
    fills = rows.filter(rows["body"].str.contains('"exec_type":15'))
    assert fills.height == len(done.fills)
    assert '"instrument":"ESH4"' in placed["body"][0]
