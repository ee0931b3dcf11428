"""Downloads bars into one file that a backtest reads, page by page, and goes on where it stopped.

The gateway gives bars from the end of a window backwards, so many in an answer and so many answers
in a while. Each page is on the disk before the next is asked for; the pages lie in a folder beside
the file until all are there. What was downloaded in several goes is, byte for byte, what one go
would have given: the plan is written down first, and the file is made of the pages at the end.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from typing import Protocol

import msgspec
import polars as pl
from msgspec import Struct

from ...trading.calendar import Calendar
from ...trading.errors import NotSent, OutcomeUnknown, ProtocolError, UsageError
from ...trading.events import Bar
from ...trading.instrument import Instrument
from ...trading.recording import COLUMNS, FileKind, Head, head_for
from ...trading.recording_file import DamagedFile, read_part, write_part
from .history_gaps import Gap, gaps

_PLAN = "plan.json"


def _utc(ns: int) -> str:
    return datetime.fromtimestamp(ns // 10**9, UTC).isoformat()


class BarsBefore(Protocol):
    """Asks for bars: the last `count` finished ones that end no later than `before_ns` and start no
    earlier than `from_ns`, oldest first; fewer where there are no more. The caller's budget is its
    own business."""

    def __call__(
        self, instrument: Instrument, span_ns: int, count: int, before_ns: int, from_ns: int
    ) -> Awaitable[Sequence[Bar]]: ...


class Plan(Struct, frozen=True, kw_only=True):
    """What is downloaded: the bars that start at or after `from_ns` and end by `to_ns`."""

    symbol: str
    contract: str
    span_ns: int
    from_ns: int
    to_ns: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistorySettings:
    """`page`: bars in a request. `tries`: how often a page is asked for that did not come, with
    pauses from `pause_s` on, each twice the one before."""

    page: int = 20_000
    tries: int = 6
    pause_s: float = 1.0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if not value > 0:
                raise UsageError(f"HistorySettings.{name} is {value!r}; it must be above zero")


class Downloaded(Struct, frozen=True):
    """A finished download. `asked`: pages that this go asked for; `kept`: those of goes before."""

    path: Path
    bars: int
    asked: int
    kept: int
    gaps: list[Gap]


class HistoryFile:
    """The download of one file. Raises `UsageError` where the file is there already, and where
    pages of another download lie beside it."""

    def __init__(
        self,
        path: Path | str,
        instrument: Instrument,
        plan: Plan,
        *,
        settings: HistorySettings | None = None,
        made_by: str = "dryfill",
    ) -> None:
        self._path = Path(path)
        self._pages = self._path.with_name(f"{self._path.name}.pages")
        self._instrument = instrument
        self._plan = plan
        self._settings = settings or HistorySettings()
        head = head_for(
            FileKind.BARS, instrument, source=plan.source, made_by=made_by, contract=plan.contract
        )
        self._head: Head = head
        if plan.from_ns >= plan.to_ns:
            spoken = f"from {_utc(plan.from_ns)} to {_utc(plan.to_ns)}"
            raise UsageError(f"history {spoken} holds no moment; give an earlier start")
        if self._path.suffix != ".parquet":
            raise UsageError(f"{self._path} is to be Parquet; give it a name that ends in .parquet")
        if self._path.exists():
            raise UsageError(f"{self._path} is there already; take it away or name another")

    async def download(
        self,
        bars_before: BarsBefore,
        calendar: Calendar,
        progress: Callable[[int, int], None] | None = None,
    ) -> Downloaded:
        """Ask for what is not there yet, write the file, and take the pages away. `progress` hears
        the number of bars so far and the start of the oldest.

        Raises what the last try of a page raised; then the pages stay, and the same call goes on
        from them. So it does after a cancellation and after a kill.
        """
        self._begin()
        oldest_ns, bars = self._reached()
        kept = len(self._paths())
        asked = 0
        while oldest_ns > self._plan.from_ns:
            page = await self._page(bars_before, oldest_ns)
            asked += 1
            wanted = [bar for bar in page if bar.time_ns >= self._plan.from_ns]
            self._keep(kept + asked, wanted)
            bars += len(wanted)
            if len(wanted) < len(page) or not page:
                break  # what comes before is not wanted, or there is nothing before
            oldest_ns = page[0].time_ns
            if progress is not None:
                progress(bars, oldest_ns)
        return self._join(asked, kept, calendar)

    @staticmethod
    def begun(path: Path | str) -> Plan | None:
        """The plan of a download to `path` that was begun and not finished."""
        path = Path(path)
        written = path.with_name(f"{path.name}.pages") / _PLAN
        try:
            return msgspec.json.decode(written.read_bytes(), type=Plan)
        except (OSError, msgspec.MsgspecError):
            return None

    # --- pages ------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """Write the plan down, or see that the pages that are there are of the same."""
        written = self._pages / _PLAN
        try:
            self._pages.mkdir(parents=True, exist_ok=True)
            if not written.exists():
                growing = written.with_suffix(".tmp")
                growing.write_bytes(msgspec.json.encode(self._plan))
                growing.replace(written)
                return
            found = msgspec.json.decode(written.read_bytes(), type=Plan)
        except OSError as exc:
            why = exc.strerror or str(exc)
            raise UsageError(f"{self._pages} cannot be written: {why}; name another file") from exc
        except msgspec.MsgspecError:
            found = None
        if found != self._plan:
            raise UsageError(
                f"{self._pages} holds the pages of another download; take that folder away, or "
                f"ask for the same contract, span and times again"
            )

    def _paths(self) -> list[Path]:
        return sorted(self._pages.glob("page-*.parquet"))

    def _reached(self) -> tuple[int, int]:
        """The start of the oldest bar that is there (of none: the end), and how many there are."""
        oldest_ns, bars = self._plan.to_ns, 0
        for n, path in enumerate(self._paths()):
            try:
                _, frame = read_part(path)
            except DamagedFile:
                for later in self._paths()[n:]:
                    later.unlink()  # it and what was asked for after it come again
                break
            bars += frame.height
            if not frame.height:
                return self._plan.from_ns, bars  # the page that said that there are no more
            oldest_ns = int(frame["start"].to_physical()[0])
        return oldest_ns, bars

    async def _page(self, bars_before: BarsBefore, before_ns: int) -> Sequence[Bar]:
        settings, pause_s = self._settings, self._settings.pause_s
        for tries in range(settings.tries, 0, -1):
            try:
                page = await bars_before(
                    self._instrument,
                    self._plan.span_ns,
                    settings.page,
                    before_ns,
                    self._plan.from_ns,
                )
            except (NotSent, OutcomeUnknown) as error:
                # A question: nothing was done by it, whatever became of it.
                if tries == 1:
                    raise
                asked_s = error.retry_after_s if isinstance(error, NotSent) else None
                await asyncio.sleep(max(pause_s, asked_s or 0.0))
                pause_s *= 2
            else:
                self._refuse_astray(page, before_ns)
                return page
        raise AssertionError("the last try returns or raises")

    def _refuse_astray(self, page: Sequence[Bar], before_ns: int) -> None:
        """Bars that overlap, or are not from before, would be counted twice."""
        ends = [bar.end_ns for bar in page]
        starts = [*(bar.time_ns for bar in page[1:]), before_ns]
        for end_ns, start_ns in zip(ends, starts, strict=False):  # no bars: nothing to compare
            if end_ns > start_ns:
                raise ProtocolError(
                    f"bars of {self._plan.symbol} before {before_ns} ns: one ends at {end_ns}, the "
                    f"next begins at {start_ns}; nothing of that page was kept"
                )

    def _keep(self, number: int, bars: Sequence[Bar]) -> None:
        write_part(self._pages / f"page-{number:06d}.parquet", _frame(bars), self._head)

    # --- the file ---------------------------------------------------------------------------------

    def _join(self, asked: int, kept: int, calendar: Calendar) -> Downloaded:
        frames = [read_part(path)[1] for path in reversed(self._paths())]
        frame = pl.concat(frames)
        if not frame.height:
            rmtree(self._pages)
            raise UsageError(
                f"the gateway has no bars of {self._plan.symbol} in that time; ask for another"
            )
        starts = frame["start"].to_physical().to_numpy()
        write_part(self._path, frame, self._head)
        rmtree(self._pages)
        plan = self._plan
        missing = gaps(starts, plan.span_ns, plan.from_ns, plan.to_ns, calendar)
        return Downloaded(self._path, frame.height, asked, kept, missing)


def _frame(bars: Sequence[Bar]) -> pl.DataFrame:
    columns = {
        "start": [bar.time_ns for bar in bars],
        "end": [bar.end_ns for bar in bars],
        "open_units": [bar.open_ticks for bar in bars],
        "high_units": [bar.high_ticks for bar in bars],
        "low_units": [bar.low_ticks for bar in bars],
        "close_units": [bar.close_ticks for bar in bars],
        "volume": [bar.volume for bar in bars],
    }
    assert columns.keys() == COLUMNS[FileKind.BARS].keys()
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.Int64))
    return frame.with_columns(pl.col("start", "end").cast(pl.Datetime("ns", "UTC")))
