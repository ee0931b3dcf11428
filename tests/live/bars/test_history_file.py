"""Bars are downloaded page by page; a download that was cut off goes on, to the same bytes."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from dryfill import Buy, Strategy, Ticks
from dryfill.app.backtest import Backtest
from dryfill.live.bars.history_file import Downloaded, HistoryFile, HistorySettings, Plan
from dryfill.live.bars.history_gaps import Gap
from dryfill.scenarios import read_market
from dryfill.trading import instruments
from dryfill.trading.calendar import AlwaysOpen, Calendar, calendar
from dryfill.trading.errors import (
    DryfillError,
    NotSent,
    OutcomeUnknown,
    ProtocolError,
    Refused,
    UsageError,
)
from dryfill.trading.events import Bar
from dryfill.trading.instrument import Instrument
from dryfill.trading.recording_file import read_part

ES = instruments.find("ESH24")
MINUTE = 60 * 10**9
T0 = 1_709_564_400_000_000_000  # Monday 2024-03-04 15:00 UTC: ES is open


class Gateway:
    """Minutes of a market; `plan` says what becomes of each request, then they are answered."""

    def __init__(self, minutes: Sequence[int], plan: Sequence[DryfillError | None] = ()) -> None:
        self.bars = [
            Bar(ES, T0 + m * MINUTE, MINUTE, (20_000 + m, 20_004 + m, 19_999 + m, 20_001 + m), m)
            for m in minutes
        ]
        self.plan = list(plan)
        self.asked: list[int] = []
        self.back_to: list[int] = []

    async def __call__(
        self, instrument: Instrument, span_ns: int, count: int, before_ns: int, from_ns: int
    ) -> Sequence[Bar]:
        self.asked.append((before_ns - T0) // MINUTE)
        self.back_to.append((from_ns - T0) // MINUTE)
        fate = self.plan.pop(0) if self.plan else None
        if fate is not None:
            raise fate
        there = [bar for bar in self.bars if bar.time_ns >= from_ns and bar.end_ns <= before_ns]
        return there[-count:]


def plan(first: int, last: int, **given: Any) -> Plan:
    said = {"symbol": "ESH4", "contract": "CON.F.US.EP.H24", "source": "a gateway"} | given
    span = {"span_ns": MINUTE, "from_ns": T0 + first * MINUTE, "to_ns": T0 + last * MINUTE}
    return Plan(**(span | said))


def download(
    path: Path, gateway: Gateway, asked: Plan, hours: Calendar | None = None, **given: Any
) -> Downloaded:
    settings = HistorySettings(**({"page": 10, "pause_s": 0.001} | given))
    file = HistoryFile(path, ES, asked, settings=settings)
    return asyncio.run(file.download(gateway, hours or AlwaysOpen()))


def minutes(path: Path) -> list[int]:
    starts = read_market(path, ES).tape.bars.time_ns
    return [int(ns - T0) // MINUTE for ns in starts]


def test_pages_go_backwards_and_the_file_forwards(tmp_path: Path) -> None:
    gateway = Gateway(range(-50, 100))
    done = download(tmp_path / "es.parquet", gateway, plan(0, 25))
    assert gateway.asked == [25, 15, 5]
    assert gateway.back_to == [0, 0, 0]  # nothing is asked for that nobody wants
    assert minutes(done.path) == list(range(25))
    assert (done.bars, done.asked, done.kept, done.gaps) == (25, 3, 0, [])
    bars = read_market(done.path, ES).tape.bars
    assert bars.high.tolist() == [20_004 + m for m in range(25)]
    assert bars.volume.tolist() == list(range(25))
    assert set(bars.span_ns.tolist()) == {MINUTE}
    assert [path.name for path in tmp_path.iterdir()] == ["es.parquet"]
    head, _ = read_part(done.path)
    assert (head.contract, head.source, head.expiry) == ("CON.F.US.EP.H24", "a gateway", "ESH2024")


@pytest.mark.parametrize("stops", range(1, 6))
def test_a_download_that_was_cut_off_gives_the_same_bytes(tmp_path: Path, stops: int) -> None:
    whole = tmp_path / "whole.parquet"
    download(whole, Gateway(range(45)), plan(2, 44))
    parts = tmp_path / "parts.parquet"
    dead = NotSent("connection refused")
    goes = 0
    for n in range(stops):
        gateway = Gateway(range(45), [None] * (n % 2) + [dead])
        with pytest.raises(NotSent):
            download(parts, gateway, plan(2, 44), tries=1)
        goes += len(gateway.asked) - 1
    done = download(parts, Gateway(range(45)), plan(2, 44))
    assert (done.kept, done.asked + done.kept) == (goes, 5)
    assert parts.read_bytes() == whole.read_bytes()


def test_a_cancelled_download_goes_on_from_its_pages(tmp_path: Path) -> None:
    path = tmp_path / "es.parquet"

    class Slow(Gateway):
        async def __call__(self, *given: Any) -> Sequence[Bar]:
            if len(self.asked) == 2:
                await asyncio.sleep(3600)
            return await super().__call__(*given)

    async def main() -> None:
        file = HistoryFile(path, ES, plan(0, 40), settings=HistorySettings(page=10))
        task = asyncio.ensure_future(file.download(Slow(range(40)), AlwaysOpen()))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert HistoryFile.begun(path) == plan(0, 40)
    gateway = Gateway(range(40))
    done = download(path, gateway, plan(0, 40))
    assert (done.kept, gateway.asked) == (2, [20, 10])
    assert minutes(path) == list(range(40))
    assert HistoryFile.begun(path) is None


def test_a_damaged_page_and_those_after_it_are_asked_for_again(tmp_path: Path) -> None:
    path = tmp_path / "es.parquet"
    with pytest.raises(NotSent):
        download(path, Gateway(range(40), [None] * 3 + [NotSent("down")]), plan(0, 40), tries=1)
    second = tmp_path / "es.parquet.pages" / "page-000002.parquet"
    second.write_bytes(second.read_bytes()[:-20])
    gateway = Gateway(range(40))
    done = download(path, gateway, plan(0, 40))
    assert (done.kept, gateway.asked) == (1, [30, 20, 10])
    assert minutes(path) == list(range(40))


def test_pages_of_another_download_are_not_mixed_in(tmp_path: Path) -> None:
    path = tmp_path / "es.parquet"
    with pytest.raises(NotSent):
        download(path, Gateway([1], [NotSent("down")]), plan(0, 40), tries=1)
    for other in (
        plan(0, 41),
        plan(1, 40),
        plan(0, 40, span_ns=2 * MINUTE),
        plan(0, 40, symbol="NQ"),
    ):
        with pytest.raises(UsageError, match="holds the pages of another download; take that"):
            download(path, Gateway([1]), other)
    (tmp_path / "es.parquet.pages" / "plan.json").write_text("{")
    with pytest.raises(UsageError, match="holds the pages of another download"):
        download(path, Gateway([1]), plan(0, 40))


def test_a_page_that_did_not_come_is_asked_for_again_and_a_no_is_not(tmp_path: Path) -> None:
    lost = [OutcomeUnknown("no answer"), NotSent("429", retry_after_s=0.01, limited=True)]
    gateway = Gateway(range(20), lost)
    done = download(tmp_path / "a.parquet", gateway, plan(0, 20))
    assert gateway.asked == [20, 20, 20, 10]
    assert done.asked == 2
    gateway = Gateway(range(20), [Refused("Contract not found")])
    with pytest.raises(Refused, match="Contract not found"):
        download(tmp_path / "b.parquet", gateway, plan(0, 20))
    assert gateway.asked == [20]
    gateway = Gateway(range(20), [OutcomeUnknown("no answer")] * 9)
    with pytest.raises(OutcomeUnknown):
        download(tmp_path / "c.parquet", gateway, plan(0, 20), tries=3)
    assert gateway.asked == [20] * 3


def test_what_is_missing_while_the_market_was_open_is_named(tmp_path: Path) -> None:
    there = [m for m in range(5, 95) if m not in (10, 11, 12, 40)]
    done = download(tmp_path / "es.parquet", Gateway(there), plan(0, 100))
    assert done.gaps == [
        Gap(T0 + first * MINUTE, T0 + last * MINUTE, last - first)
        for first, last in ((0, 5), (10, 13), (40, 41), (95, 100))
    ]


def test_a_closed_market_is_no_gap(tmp_path: Path) -> None:
    """ES closes at 16:00 Chicago (22:00 UTC in winter) and opens at 17:00."""
    there = [m for m in range(480) if not 420 <= m < 480]
    hours = calendar("cme-equity")
    done = download(tmp_path / "a.parquet", Gateway(there), plan(0, 480), hours, page=200)
    assert done.gaps == []
    done = download(tmp_path / "b.parquet", Gateway(there[:-2]), plan(0, 480), hours, page=200)
    assert done.gaps == [Gap(T0 + 418 * MINUTE, T0 + 480 * MINUTE, 2)]


def test_history_that_begins_later_is_named_and_none_at_all_refused(tmp_path: Path) -> None:
    done = download(tmp_path / "a.parquet", Gateway(range(30, 40)), plan(0, 40))
    assert done.gaps == [Gap(T0, T0 + 30 * MINUTE, 30)]
    with pytest.raises(UsageError, match="has no bars of ESH4 in that time"):
        download(tmp_path / "b.parquet", Gateway([]), plan(0, 40))
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]


def test_bars_that_overlap_are_refused_and_not_kept(tmp_path: Path) -> None:
    gateway = Gateway([1, 2, 2, 3])
    with pytest.raises(ProtocolError, match="nothing of that page was kept"):
        download(tmp_path / "es.parquet", gateway, plan(0, 40))
    assert not list((tmp_path / "es.parquet.pages").glob("page-*"))


def test_a_file_that_is_there_and_a_time_that_is_none_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "es.parquet"
    at = r"2024-03-04T15:40:00\+00:00"
    with pytest.raises(UsageError, match=f"from {at} to {at} holds no moment; give an earlier"):
        HistoryFile(path, ES, plan(40, 40))
    with pytest.raises(UsageError, match=r"es\.csv is to be Parquet; give it a name that ends in"):
        HistoryFile(tmp_path / "es.csv", ES, plan(0, 40))
    path.write_text("mine")
    with pytest.raises(UsageError, match=r"es\.parquet is there already"):
        HistoryFile(path, ES, plan(0, 40))
    with pytest.raises(UsageError, match="cannot be written"):
        download(path / "x.parquet", Gateway([1]), plan(0, 40))


@pytest.mark.parametrize("name", HistorySettings.__slots__)
def test_settings_are_above_zero(name: str) -> None:
    with pytest.raises(UsageError, match=rf"HistorySettings.{name} is 0; it must be above zero"):
        HistorySettings(**{name: 0})


def test_a_backtest_reads_the_file_as_it_is(tmp_path: Path) -> None:
    class UpWeGo(Strategy):
        async def on_start(self) -> None:
            await self.subscribe_bars("1m")

        async def on_bar(self, bar: Any) -> None:
            if not self.position and not self.working_orders:
                await self.bracket(Buy(1), stop=Ticks(8), target=Ticks(4))

    done = download(tmp_path / "es.parquet", Gateway(range(120)), plan(0, 120))
    report = Backtest(UpWeGo, done.path, instrument=ES).run()
    assert len(report.trades) > 5
