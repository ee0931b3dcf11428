"""The recorder: what it writes and when, what it does without a disk, and what it never writes."""

import asyncio
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from shutil import rmtree
from typing import Any

import polars as pl
import pytest
from msgspec import structs

from dryfill.live.recording.recorder import AtOnce, Recorder, WriterThread
from dryfill.live.recording.recorder_files import RecorderSettings
from dryfill.trading import instruments
from dryfill.trading.errors import UsageError
from dryfill.trading.events import Quote, StatusChange, Trade
from dryfill.trading.recording import Head
from dryfill.trading.recording_file import read_part
from dryfill.trading.words import Side, TradingStatus

ES = instruments.find("ESH24")
T0 = 1_709_564_400_000_000_000


class Later:
    """Does the work when the test says so: a disk that is slow."""

    def __init__(self) -> None:
        self.jobs: list[tuple[Callable[[], Any], asyncio.Future[Any]]] = []

    def __call__(self, job: Callable[[], Any]) -> "asyncio.Future[Any]":
        answer = asyncio.get_running_loop().create_future()
        self.jobs.append((job, answer))
        return answer

    def work(self) -> None:
        for job, answer in self.jobs:
            answer.set_result(job())
        self.jobs.clear()


class Clock:
    now_ns = T0

    def __call__(self) -> int:
        return self.now_ns


def recorder(folder: Path, *, aside: Any = None, clock: Any = None, **given: Any) -> Recorder:
    made = Recorder(
        folder, source="a test", now_ns=clock or Clock(), hide=given.pop("hide", str),
        aside=aside or AtOnce(), settings=RecorderSettings(**given),
    )  # fmt: skip
    return made


def trade(n: int) -> Trade:
    return Trade(ES, T0 + n, n, 1, Side.BUY)


def parts(folder: Path, kind: str = "market") -> list[tuple[Head, pl.DataFrame]]:
    return [read_part(path) for path in sorted(folder.glob(f"{kind}.*.parquet"))]


def prices(folder: Path) -> list[list[int]]:
    return [frame["price_units"].to_list() for _, frame in parts(folder)]


def chunks(folder: Path) -> list[str]:
    """The ends of the files' names: segment and chunk."""
    return [path.name.split(".")[3] for path in sorted(folder.glob("market.*"))]


def test_what_is_told_stands_in_the_file_exactly(tmp_path: Path) -> None:
    clock = Clock()

    async def main() -> None:
        told = recorder(tmp_path, clock=clock)
        told.name_contract(ES, "CON.F.US.EP.H24")
        for event in (
            Quote(ES, T0 + 1, 20_000, None, 20_001, 7),
            Quote(ES, T0 + 2, None, None, 20_001, 7),
            Trade(ES, T0 + 3, 20_001, 2, Side.SELL),
            Trade(ES, T0 + 4, -1, 2, None),
            StatusChange(ES, T0 + 5, TradingStatus.HALT),
        ):
            clock.now_ns = event.time_ns + 10
            told.market(event)
        await told.close()

    asyncio.run(main())
    ((head, frame),) = parts(tmp_path)
    said = (head.source, head.symbol, head.contract, head.unit, head.tick, head.rows, head.lost)
    assert said == ("a test", "ESH4", "CON.F.US.EP.H24", "0.25", "0.25", 4, 0)
    whole = frame.with_columns(pl.col("time", "arrival").to_physical() - T0)
    assert whole.rows() == [
        (1, 11, "quote", 20_000, None, 20_001, 7, None, None, None),
        (2, 12, "quote", None, None, 20_001, 7, None, None, None),
        (3, 13, "trade", None, None, None, None, 20_001, 2, "sell"),
        (4, 14, "trade", None, None, None, None, -1, 2, None),
    ]
    ((_, states),) = parts(tmp_path, "status")
    assert states["status"].to_list() == ["HALT"]


def test_every_instrument_has_its_own_files(tmp_path: Path) -> None:
    async def main() -> None:
        told = recorder(tmp_path)
        told.market(trade(1))
        told.market(Trade(instruments.find("ZNH24"), T0, 5, 1, None))
        await told.close()

    asyncio.run(main())
    assert {head.symbol: head.unit for head, _ in parts(tmp_path)} == {
        "ESH4": "0.25",
        "ZNH4": "0.015625",
    }


async def fed(told: Recorder, rows: int) -> None:
    for n in range(rows):
        told.market(trade(n))
        await asyncio.sleep(0)


def test_flush_rows_hands_rows_over_before_their_time(tmp_path: Path) -> None:
    async def main() -> None:
        await fed(recorder(tmp_path, flush_rows=3), 7)

    asyncio.run(main())
    assert chunks(tmp_path) == ["00001-00001", "00001-00002"]
    assert prices(tmp_path) == [[0, 1, 2], [3, 4, 5]]


def test_flush_s_hands_rows_over_in_time(tmp_path: Path) -> None:
    async def main() -> None:
        told = recorder(tmp_path, flush_s=0.01)
        told.start()
        told.market(trade(0))
        while not prices(tmp_path):
            await asyncio.sleep(0.005)
        told.market(trade(1))
        while len(prices(tmp_path)) < 2:
            await asyncio.sleep(0.005)
        await told.close()

    asyncio.run(main())
    assert prices(tmp_path) == [[0, 1]]


@pytest.mark.parametrize(
    ("given", "segments"),
    [
        ({"segment_rows": 4}, ["00001", "00002", "00003-00001"]),
        ({"segment_bytes": 1}, ["00001", "00002", "00003", "00004", "00005"]),
        ({"segment_s": 0.002}, ["00001", "00002-00001", "00002-00002"]),
        ({}, [f"00001-{n:05d}" for n in range(1, 6)]),
    ],
)
def test_a_segment_is_closed_by_rows_bytes_and_age(
    tmp_path: Path, given: dict[str, Any], segments: list[str]
) -> None:
    clock = Clock()

    async def main() -> None:
        told = recorder(tmp_path, flush_rows=2, clock=clock, **given)
        for n in range(10):
            clock.now_ns = T0 + n // 2 * 1_000_000
            told.market(trade(n))
            await asyncio.sleep(0)

    asyncio.run(main())
    assert chunks(tmp_path) == segments
    assert list(chain(*prices(tmp_path))) == list(range(10))


def test_closing_leaves_one_file_for_each_segment_and_nothing_else(tmp_path: Path) -> None:
    async def main() -> None:
        told = recorder(tmp_path, flush_rows=2, segment_rows=6)
        await fed(told, 9)
        recorded = await told.close()
        assert (recorded.heard["market"], recorded.written, recorded.lost) == (9, 9, 0)
        told.market(trade(9))
        assert told.recorded.lost == 0
        assert await told.close() == told.recorded

    asyncio.run(main())
    assert chunks(tmp_path) == ["00001", "00002"]
    assert prices(tmp_path) == [list(range(6)), [6, 7, 8]]
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("bound", [{"waiting_rows_most": 4}, {"waiting_chars_most": 8}])
def test_a_slow_disk_costs_rows_and_not_memory_and_they_are_counted(
    tmp_path: Path, bound: dict[str, int]
) -> None:
    disk = Later()

    async def main() -> None:
        told = recorder(tmp_path, aside=disk, **bound)
        for n in range(4):
            told.frame("x", "in", 1, str(n))  # 4 characters with hub and direction
        told.flush()
        held = told.recorded.heard["frames"] - told.recorded.lost
        told.frame("x", "in", 1, "lost")
        assert told.recorded.lost == 5 - held
        disk.work()
        await asyncio.sleep(0)
        told.frame("x", "in", 1, "kept")
        closing = asyncio.ensure_future(told.close())
        while not closing.done():
            disk.work()
            await asyncio.sleep(0)
        assert closing.result().written == held + 1

    asyncio.run(main())
    ((head, frame),) = parts(tmp_path, "frames")
    assert head.lost == 5 - (frame.height - 1) > 0
    assert frame["text"].to_list()[-1] == "kept"


def test_without_a_disk_rows_wait_and_are_written_when_there_is_one(tmp_path: Path) -> None:
    folder = tmp_path / "rec"

    async def main() -> None:
        told = recorder(folder, flush_rows=2)
        rmtree(folder)
        await fed(told, 4)
        assert told.recorded.written == 0
        (trouble,) = told.recorded.troubles
        assert f"{folder} cannot be written: No such file" in trouble
        folder.mkdir()
        told.flush()  # nothing new was heard: what waits is tried again all the same
        await asyncio.sleep(0)
        assert told.recorded.written == 4
        rmtree(folder)
        await fed(told, 3)
        recorded = await told.close()
        assert (recorded.written, recorded.lost) == (4, 3)

    asyncio.run(main())


def test_a_segment_that_cannot_be_closed_stays_in_chunks(tmp_path: Path) -> None:
    async def main() -> None:
        told = recorder(tmp_path, flush_rows=2)
        await fed(told, 4)
        first = min(tmp_path.glob("market.*"))
        first.write_bytes(first.read_bytes()[:-5])
        recorded = await told.close()
        (trouble,) = recorded.troubles
        assert trouble.startswith("a segment stays in chunks: ")
        assert first.name in trouble

    asyncio.run(main())
    assert chunks(tmp_path) == ["00001-00001", "00001-00002"]


def test_half_a_surrogate_pair_is_written_as_its_escape(tmp_path: Path) -> None:
    async def main() -> None:
        told = recorder(tmp_path)
        told.frame("user", "in", 1, "ü \ud83d")
        told.frame("user", "in", 1, b"\xff{}")
        assert (await told.close()).lost == 0

    asyncio.run(main())
    ((_, frame),) = parts(tmp_path, "frames")
    assert frame["text"].to_list() == ["ü \\ud83d", "\\xff{}"]


def test_rows_that_cannot_be_written_at_all_do_not_hold_up_the_rest(tmp_path: Path) -> None:
    async def main() -> None:
        told = recorder(tmp_path, flush_rows=1)
        told.frame("user", "in", 1, "good")
        told.frame(7, "in", 1, "bad")  # type: ignore[arg-type]  # as a fault of ours would be
        told.frame("user", "in", 1, "good again")
        recorded = await told.close()
        assert (recorded.written, recorded.lost) == (2, 1)
        assert "1 rows of frames given up" in recorded.troubles[0]

    asyncio.run(main())


def test_a_writer_s_thread_writes_as_well(tmp_path: Path) -> None:
    async def main() -> None:
        thread = WriterThread()
        told = recorder(tmp_path, aside=thread, flush_rows=10)
        await fed(told, 95)
        recorded = await told.close()
        thread.close()
        assert (recorded.written, recorded.lost, recorded.troubles) == (95, 0, [])

    asyncio.run(main())
    assert prices(tmp_path) == [list(range(95))]


def test_a_folder_that_cannot_be_and_a_run_that_is_there_already_are_refused(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"file/rec cannot be made: .*; name another"):
        recorder(tmp_path / "file" / "rec")

    async def main() -> None:
        told = recorder(tmp_path)
        told.market(trade(1))
        await told.close()

    asyncio.run(main())
    with pytest.raises(UsageError, match="one recorder writes to a folder at a time"):
        recorder(tmp_path)


@pytest.mark.parametrize("name", RecorderSettings.__slots__)
def test_settings_are_above_zero(name: str) -> None:
    with pytest.raises(UsageError, match=rf"RecorderSettings.{name} is 0; it must be above zero"):
        RecorderSettings(**{name: 0})


KEY = "k-canary/0123456789+abc="
TOKEN = "eyJhbGciOiJub25lIn0.eyJleHAiOjE4MDAwMDAwMDB9.c2lnbmF0dXJl"
TOLD = [
    f"wss://rtc.example.com/hubs/user?access_token={TOKEN}&id=1",
    f'{{"type":1,"target":"GatewayLogout","arguments":["{TOKEN}"]}}\x1e',
    f'{{"token":"{TOKEN}","success":true}}',
    f'{{"userName":"ada","apiKey":"{KEY}"}}',
    f'{{"type":3,"invocationId":"1","error":"bad key {KEY}, bearer {TOKEN}"}}',
    '{"error":"token said: \\"apiKey\\":\\"unheard-of\\""}',
]


# A key in running text has no look of its own: it is known by its value alone.
@pytest.mark.parametrize(
    ("text", "knows"),
    [(text, True) for text in TOLD] + [(text, False) for text in TOLD if "bad key" not in text],
)
def test_no_token_and_no_key_is_in_any_file(tmp_path: Path, text: str, knows: bool) -> None:
    def hide(said: str) -> str:
        return said.replace(KEY, "***").replace(TOKEN, "***") if knows else said

    async def main() -> None:
        told = Recorder(
            tmp_path, source=f"gateway {text}", now_ns=Clock(), hide=hide, aside=AtOnce()
        )
        told.frame("user", "in", 1, text)
        told.frame("user", "out", 1, text.encode())
        told.order(("refused", 1, None, None, None, text))
        told.market(trade(1))
        await told.close()

    asyncio.run(main())
    files = [*parts(tmp_path), *parts(tmp_path, "frames"), *parts(tmp_path, "orders")]
    assert len(files) == 3
    for head, frame in files:
        said = str(structs.asdict(head)) + str(frame.rows())
        for secret in (KEY, TOKEN, TOKEN.split(".")[1], "unheard-of"):
            assert secret not in said
        assert head.source.startswith("gateway ")
    for path in tmp_path.iterdir():
        whole = path.read_bytes()
        assert KEY.encode() not in whole
        assert TOKEN.encode() not in whole
