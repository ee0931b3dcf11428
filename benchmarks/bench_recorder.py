"""What does recording cost whoever trades, and how long does the disk take?

A quote is put into a recorder's columns (microseconds on the loop's thread); a batch of 25,000 and
a segment of 180 chunks are written (milliseconds on the writer's). Then 5,000 quotes a second come
for some seconds beside a task that wants to wake every millisecond: how late it is at worst, with a
recorder and without one, in milliseconds. The files lie in the folder for temporary files.
"""

import asyncio
import tempfile
import time
from pathlib import Path

from timing import machine, median_s

from dryfill.live.recording.recorder import AtOnce, Recorder, WriterThread
from dryfill.live.recording.recorder_files import RecorderSettings, SegmentWriter
from dryfill.live.recording.recorder_rows import RowBuffer, quote_row
from dryfill.trading import instruments
from dryfill.trading.events import Quote
from dryfill.trading.recording import FileKind, PartName, head_for, run_name

ES = instruments.find("ESZ26")
T0 = 1_709_564_400_000_000_000
QUOTES = [
    Quote(ES, T0 + n * 200_000, 20_000 + n % 7, 5 + n % 3, 20_002 + n % 7, 4) for n in range(25_000)
]
SECONDS, RATE, STEP_S = 6, 5_000, 0.01


def telling() -> None:
    """Every quote to a recorder that never has to write."""

    async def main() -> None:
        with tempfile.TemporaryDirectory() as folder:
            told = Recorder(
                folder, source="a bench", now_ns=time.time_ns, hide=str, aside=AtOnce(),
                settings=RecorderSettings(flush_rows=10**6),
            )  # fmt: skip
            for quote in QUOTES:
                told.market(quote)

    asyncio.run(main())


def writing(chunks: int, rows: int) -> tuple[float, float]:
    """Seconds for a chunk at the median, and for the closing of the segment."""
    head = head_for(FileKind.MARKET, ES, source="a bench", made_by="0")
    name = PartName(kind=FileKind.MARKET, symbol="ESZ6", run=run_name(T0), segment=1)
    with tempfile.TemporaryDirectory() as folder:
        writer = SegmentWriter(
            Path(folder), name, head, RecorderSettings(segment_rows=10**9, segment_bytes=10**12)
        )
        took = []
        for _ in range(chunks):
            buffer = RowBuffer(FileKind.MARKET)
            for quote in QUOTES[:rows]:
                buffer.add(quote_row(quote, T0))
            began = time.perf_counter()
            writer.write(buffer.take(T0))
            took.append(time.perf_counter() - began)
        began = time.perf_counter()
        writer.close()
        return sorted(took)[len(took) // 2], time.perf_counter() - began


async def late(recording: bool) -> tuple[float, float]:
    """How late a task is that wakes every millisecond: 99 of 100 times, and at worst; seconds."""
    lags: list[float] = []
    thread = WriterThread()
    with tempfile.TemporaryDirectory() as folder:
        told = Recorder(
            folder, source="a bench", now_ns=time.time_ns, hide=str, aside=thread,
            settings=RecorderSettings(flush_s=1.0, segment_s=3.0),
        )  # fmt: skip
        told.start()

        async def watch() -> None:
            while True:
                began = time.perf_counter()
                await asyncio.sleep(0.001)
                lags.append(time.perf_counter() - began - 0.001)

        watching = asyncio.ensure_future(watch())
        for _ in range(int(SECONDS / STEP_S)):
            for quote in QUOTES[: int(RATE * STEP_S)]:
                if recording:
                    told.market(quote)
            await asyncio.sleep(STEP_S)
        watching.cancel()
        await told.close()
    thread.close()
    lags.sort()
    return lags[len(lags) * 99 // 100], lags[-1]


def show(name: str, value: float, unit: str) -> None:
    print(f"{name:<56} {value:>8.2f} {unit}")


def main() -> None:
    print(machine())
    show("a quote, on the loop", median_s(telling) / len(QUOTES) * 1e6, "us")
    chunk_s, _ = writing(5, 25_000)
    show("a chunk of 25,000 quotes", chunk_s * 1e3, "ms")
    _, close_s = writing(180, 2_000)
    show("a segment of 180 chunks, 360,000 quotes", close_s * 1e3, "ms")
    for recording in (False, True):
        most, worst = asyncio.run(late(recording))
        beside = "recorded" if recording else "thrown away"
        show(f"late, 99 of 100, 5,000 quotes/s {beside}", most * 1e3, "ms")
        show(f"late, at worst, 5,000 quotes/s {beside}", worst * 1e3, "ms")


if __name__ == "__main__":
    main()
