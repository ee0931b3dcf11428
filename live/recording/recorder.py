"""The recorder: what a session hears and says, into a folder that a backtest replays.

Its sinks are called on the loop's thread and only put numbers into columns. Every `flush_s` the
columns are handed to a writer beside the loop. Nothing here makes a trader wait, and nothing raises
into one: what cannot be kept is counted.
"""

import asyncio
from asyncio import Future
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Literal, Protocol, TypeVar

from msgspec import Struct

from ...trading.errors import UsageError
from ...trading.events import Quote, StatusChange, Trade
from ...trading.instrument import Instrument
from ...trading.recording import FileKind, Outage, PartName, file_symbol, head_for, run_name
from .recorder_files import RecorderSettings, SegmentWriter, Written
from .recorder_rows import NONE, RowBuffer, quote_row, status_row, trade_row
from .token_shapes import without_tokens

T = TypeVar("T")
_TROUBLES_MOST = 20
_FIRST_SEGMENT = 1

Direction = Literal["in", "out"]
OrderRow = tuple[str, int | None, str | None, str | None, str | None, str]


class Aside(Protocol):
    """Does blocking work, one job after the other, and tells the loop."""

    def __call__(self, job: Callable[[], T]) -> "Future[T]": ...


class AtOnce:
    """Does the work where it is asked for: in virtual time, where there are no threads."""

    def __call__(self, job: Callable[[], T]) -> "Future[T]":
        done: Future[T] = asyncio.get_running_loop().create_future()
        done.set_result(job())
        return done


class WriterThread:
    """Does the work on a thread of its own; `close` ends it when its work is done."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="dryfill-recorder")

    def __call__(self, job: Callable[[], T]) -> "Future[T]":
        return asyncio.get_running_loop().run_in_executor(self._pool, job)

    def close(self) -> None:
        self._pool.shutdown()


class Recorded(Struct, frozen=True):
    """What a recorder did so far: rows heard by kind of file, those it could not keep, and when
    the feed was down."""

    heard: dict[str, int]
    written: int
    lost: int
    troubles: list[str]
    outages: list[Outage] = []


class _Stream:
    def __init__(self, kind: FileKind, writer: SegmentWriter) -> None:
        self.buffer = RowBuffer(kind)
        self.writer = writer
        self.heard = 0


class Recorder:
    """Records into a folder, which is made if it is not there. `source` says in words who tells;
    `now_ns` is our wall clock; `hide` blanks out the secrets that are known; `made_by` is the
    program and its version. Another run in the same folder is another recorder.

    Raises `UsageError` where the folder cannot be made, or has a run of this very moment already.
    """

    def __init__(
        self,
        folder: Path | str,
        *,
        source: str,
        now_ns: Callable[[], int],
        hide: Callable[[str], str],
        aside: Aside,
        settings: RecorderSettings | None = None,
        made_by: str = "dryfill",
    ) -> None:
        self._folder = Path(folder)
        self._source = without_tokens(hide(source))
        self._made_by = made_by
        self._now_ns = now_ns
        self._hide = hide
        self._aside = aside
        self._settings = settings or RecorderSettings()
        self._run = run_name(now_ns())
        self._streams: dict[tuple[FileKind, str], _Stream] = {}
        self._contracts: dict[str, str] = {}
        self._waiting_rows = self._waiting_chars = self._written = self._lost = 0
        self._jobs: dict[Future[Written], None] = {}
        self._troubles: dict[str, None] = {}
        self._outages: list[Outage] = []
        self._down_ns: int | None = None  # since when the feed is
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self._make_folder()

    # --- sinks ------------------------------------------------------------------------------------

    def market(self, event: Quote | Trade | StatusChange) -> None:
        """A quote, a trade or a change of state was told."""
        now_ns, grid = self._now_ns(), event.instrument
        if isinstance(event, StatusChange):
            stream = self._stream(FileKind.STATUS, grid.symbol, grid)
            self._add(stream, status_row(event, now_ns))
            return
        stream = self._stream(FileKind.MARKET, grid.symbol, grid)
        quote = isinstance(event, Quote)
        self._add(stream, quote_row(event, now_ns) if quote else trade_row(event, now_ns))  # type: ignore[arg-type]  # quote says which

    def feed(self, up: bool) -> None:
        """The feed of the market is down from now on, or up again. The heads of what was heard
        before say when: the last quote of then did not stand, nobody heard what followed."""
        heard = [s for (kind, _), s in self._streams.items() if kind is FileKind.MARKET]
        if up and self._down_ns is not None:
            outage = self._down_ns, max(self._down_ns, self._now_ns())
            self._down_ns = None
            self._outages.append(outage)
            for stream in heard:
                stream.buffer.outages.append(outage)
        elif not up and self._down_ns is None and heard and not self._closed:
            self._down_ns = self._now_ns()

    def frame(self, hub: str, direction: Direction, generation: int, text: str | bytes) -> None:
        """A frame of a hub's connection, as it was on the wire but for secrets."""
        if isinstance(text, bytes):
            text = text.decode(errors="backslashreplace")
        stream = self._stream(FileKind.FRAMES, "", None)
        self._add_text(stream, (self._now_ns(), hub, direction, generation, self._hide(text)))

    def order(self, row: OrderRow) -> None:
        """A call of the broker port, or what came of one: see `RecordedBroker`."""
        what, call, symbol, order_id, cl_ord_id, body = row
        stream = self._stream(FileKind.ORDERS, "", None)
        number = NONE if call is None else call
        cells = (self._now_ns(), what, number, symbol, order_id, cl_ord_id, self._hide(body))
        self._add_text(stream, cells)

    def session(self, instrument: Instrument, body: str) -> None:
        """A strategy begins to trade; `body`, JSON, says which and how. Never a secret."""
        self.order(("session", None, instrument.symbol, None, None, body))

    def name_contract(self, instrument: Instrument, contract: str) -> None:
        """What the source calls an instrument; said in the files that begin afterwards."""
        self._contracts[instrument.symbol] = contract

    # --- life -------------------------------------------------------------------------------------

    def start(self) -> None:
        """Write at every `flush_s` from now on; in a running loop."""
        self._timer = asyncio.get_running_loop().call_later(self._settings.flush_s, self._tick)

    def flush(self) -> None:
        """Hand what was heard to the writer now."""
        for stream in self._streams.values():
            self._hand_over(stream)

    async def close(self) -> Recorded:
        """Write what is left and close every file. What is told afterwards is not heard."""
        self._closed = True
        self.feed(up=True)  # where it is down, it was until now
        if self._timer is not None:
            self._timer.cancel()
        self.flush()
        while self._jobs:
            await asyncio.wait(list(self._jobs))
        for stream in self._streams.values():
            trouble = await self._aside(stream.writer.close)
            self._note(trouble)
        # What still waits has no disk to go to.
        self._lost += self._waiting_rows
        self._waiting_rows = self._waiting_chars = 0
        return self.recorded

    @property
    def recorded(self) -> Recorded:
        heard = {kind.value: 0 for kind in FileKind if kind is not FileKind.BARS}
        for (kind, _), stream in self._streams.items():
            heard[kind.value] += stream.heard
        troubles, outages = list(self._troubles), list(self._outages)
        return Recorded(heard, self._written, self._lost, troubles, outages)

    # --- how --------------------------------------------------------------------------------------

    def _make_folder(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            why = exc.strerror or str(exc)
            raise UsageError(f"folder {self._folder} cannot be made: {why}; name another") from exc
        if any(f".{self._run}." in path.name for path in self._folder.iterdir()):
            raise UsageError(
                f"{self._folder} has a run {self._run} already; one recorder writes to a folder "
                f"at a time: name another"
            )

    def _stream(self, kind: FileKind, symbol: str, grid: Instrument | None) -> _Stream:
        found = self._streams.get((kind, symbol))
        if found is not None:
            return found
        contract = self._contracts.get(symbol, "")
        head = head_for(kind, grid, source=self._source, made_by=self._made_by, contract=contract)
        name = PartName(
            kind=kind, symbol=file_symbol(symbol), run=self._run, segment=_FIRST_SEGMENT
        )
        writer = SegmentWriter(self._folder, name, head, self._settings)
        made = self._streams[kind, symbol] = _Stream(kind, writer)
        return made

    def _add(self, stream: _Stream, row: tuple[int | str | None, ...]) -> None:
        if self._kept(stream):
            stream.buffer.add(row)
            if stream.buffer.rows >= self._settings.flush_rows:
                self._hand_over(stream)

    def _add_text(self, stream: _Stream, row: tuple[int | str | None, ...]) -> None:
        if self._kept(stream):
            stream.buffer.add_text(row)
            if stream.buffer.rows >= self._settings.flush_rows:
                self._hand_over(stream)

    def _kept(self, stream: _Stream) -> bool:
        """Whether there is room for one more row; counts it either way."""
        if self._closed:
            return False
        stream.heard += 1
        full = (
            self._waiting_rows + stream.buffer.rows >= self._settings.waiting_rows_most
            or self._waiting_chars + stream.buffer.chars >= self._settings.waiting_chars_most
        )
        if full:
            stream.buffer.lost += 1
            self._lost += 1
            return False
        return True

    def _tick(self) -> None:
        self.flush()
        self.start()

    def _hand_over(self, stream: _Stream) -> None:
        batch = None
        if stream.buffer.rows or (self._closed and stream.buffer.outages):
            batch = stream.buffer.take(self._now_ns())
            self._waiting_rows += batch.rows
            self._waiting_chars += batch.chars
        elif not stream.writer.waits:
            return
        job = self._aside(partial(stream.writer.write, batch))
        self._jobs[job] = None
        job.add_done_callback(self._done)

    def _done(self, job: "Future[Written]") -> None:
        del self._jobs[job]
        if job.cancelled():
            return
        written = job.result()
        self._waiting_rows -= written.rows
        self._waiting_chars -= written.chars
        self._written += written.rows - written.lost
        self._lost += written.lost
        self._note(written.trouble)

    def _note(self, trouble: str | None) -> None:
        if trouble is not None and len(self._troubles) < _TROUBLES_MOST:
            self._troubles[trouble] = None
