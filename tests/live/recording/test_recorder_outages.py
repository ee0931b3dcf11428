"""When the feed was down, a recording says so."""

import asyncio
from pathlib import Path

import polars as pl

from dryfill.live.recording.recorder import AtOnce, Recorder
from dryfill.live.recording.recorder_files import RecorderSettings
from dryfill.trading import instruments
from dryfill.trading.events import Trade
from dryfill.trading.recording import Head
from dryfill.trading.recording_file import read_part

ES = instruments.find("ESH24")
T0 = 1_709_564_400_000_000_000


class Clock:
    now_ns = T0

    def __call__(self) -> int:
        return self.now_ns


def recorder(folder: Path, clock: Clock, **given: int) -> Recorder:
    return Recorder(
        folder, source="a test", now_ns=clock, hide=str, aside=AtOnce(),
        settings=RecorderSettings(**given),
    )  # fmt: skip


def trade(n: int) -> Trade:
    return Trade(ES, T0 + n, n, 1, None)


def parts(folder: Path) -> list[tuple[Head, pl.DataFrame]]:
    return [read_part(path) for path in sorted(folder.glob("market.*.parquet"))]


def test_outages_stand_in_the_heads_of_what_was_heard_before_them(tmp_path: Path) -> None:
    clock = Clock()

    async def main() -> None:
        told = recorder(tmp_path, clock, flush_rows=2, segment_rows=2)

        def at(seconds: int, up: bool) -> None:
            clock.now_ns = T0 + seconds * 10**9
            told.feed(up)

        at(0, False)  # nothing was heard yet
        at(1, True)
        told.market(trade(1))
        at(5, False)
        at(6, False)
        at(8, True)
        at(9, True)
        told.market(trade(2))  # ends the first segment
        told.market(trade(3))
        told.flush()
        at(20, False)
        clock.now_ns -= 12 * 10**9  # set back
        told.feed(True)
        clock.now_ns = T0
        at(30, False)
        clock.now_ns += 10**9
        done = await told.close()
        assert [((a - T0) // 10**9, (b - T0) // 10**9) for a, b in done.outages] == [
            (5, 8),
            (20, 20),
            (30, 31),
        ]

    asyncio.run(main())
    said = [
        [((a - T0) // 10**9, (b - T0) // 10**9) for a, b in head.outages]
        for head, _ in parts(tmp_path)
    ]
    assert said == [[(5, 8)], [(20, 20), (30, 31)]]
    assert [frame["price_units"].to_list() for _, frame in parts(tmp_path)] == [[1, 2], [3]]


def test_an_outage_that_outlasts_a_recording_is_kept_without_a_row_after_it(tmp_path: Path) -> None:
    clock = Clock()

    async def main() -> None:
        told = recorder(tmp_path, clock, flush_rows=1, segment_rows=1)
        told.market(trade(1))
        await asyncio.sleep(0)
        told.feed(False)
        clock.now_ns += 10**9
        await told.close()
        told.feed(False)
        assert len((await told.close()).outages) == 1

    asyncio.run(main())
    assert [(head.rows, head.outages) for head, _ in parts(tmp_path)] == [
        (1, ()),
        (0, ((T0, T0 + 10**9),)),
    ]
