"""The commands that keep what a gateway tells: `dryfill record` and `dryfill history`."""

import asyncio
import sys
from dataclasses import dataclass

from ...live.hubs.carrier import dialler
from ...live.recording.recorded_carrier import RecordedDial
from ...live.recording.recorder import Recorded, Recorder, WriterThread
from ...live.settings import LiveSettings
from ...scenarios.readers.times import span_ns
from ...sim.record.record import utc
from ...trading.moment import moment_ns
from ..session.live_run import connected, live_settings
from ..session.real_time import interrupts, now_ns
from ..session.recorded_session import MADE_BY
from ..session.recording import (
    ToDownload,
    ToRecord,
    download,
    gap_lines,
    kept_lines,
    missed,
    record,
)
from .errors import LOST, OK
from .run import Doing, guarded
from .show import say


@dataclass(frozen=True, kw_only=True)
class RecordAsked:
    """A recording as the command line asks for it."""

    contracts: list[str]
    out: str
    account: str | None
    config: str | None
    firm: str | None = None
    rest: str | None = None
    lasting: str | None
    frames: bool


@dataclass(frozen=True, kw_only=True)
class HistoryAsked:
    """A download as the command line asks for it."""

    contract: str
    start: str
    end: str | None
    span: str
    out: str
    config: str | None
    firm: str | None = None
    rest: str | None = None


def show_record(asked: RecordAsked, *, debug: bool) -> int:
    """Record until an interrupt, and tell; the exit code."""
    doing = Doing()
    return guarded(lambda: _record(asked, doing), None, doing, debug)


def show_history(asked: HistoryAsked, *, debug: bool) -> int:
    """Download, and tell; the exit code."""
    doing = Doing()
    return guarded(lambda: _history(asked, doing), None, doing, debug)


def _record(asked: RecordAsked, doing: Doing) -> int:
    lasting_s = None if asked.lasting is None else span_ns(asked.lasting) / 1e9
    wanted = ToRecord(contracts=tuple(asked.contracts), account=asked.account, for_s=lasting_s)
    settings = live_settings(asked.config, firm=asked.firm, rest=asked.rest)
    thread = WriterThread()
    try:
        recorded = asyncio.run(_recorded(asked, wanted, settings, thread, doing))
    finally:
        thread.close()
    return _tell(recorded, asked.out)


async def _recorded(
    asked: RecordAsked,
    wanted: ToRecord,
    settings: LiveSettings,
    thread: WriterThread,
    doing: Doing,
) -> Recorded:
    stop, task = asyncio.Event(), asyncio.current_task()
    assert task is not None

    def interrupted() -> None:
        """The first interrupt ends the recording, a second one whatever goes on."""
        if stop.is_set():
            task.cancel()
        stop.set()

    dial = RecordedDial(dialler(settings.carrier))
    doing.now = "logging in"
    try:
        with interrupts(interrupted):
            async with await connected(settings, dial) as session:
                recorder = Recorder(
                    asked.out, source=settings.rest_origin, now_ns=now_ns,
                    hide=session.secrets.hide, aside=thread, made_by=MADE_BY,
                )  # fmt: skip
                if asked.frames:
                    dial.recorder = recorder
                doing.now = "recording"
                try:
                    return await record(session, recorder, wanted, stop, say)
                finally:
                    for line in missed(session):
                        print(f"dryfill: {line}", file=sys.stderr)
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


def _tell(recorded: Recorded, out: str) -> int:
    summary, *troubles = kept_lines(recorded, out)
    say(summary)
    for line in troubles:
        print(f"dryfill: {line}", file=sys.stderr)
    return LOST if recorded.lost else OK


def _history(asked: HistoryAsked, doing: Doing) -> None:
    span = span_ns(asked.span)
    start_ns = moment_ns(asked.start, "--from")
    end_ns = None if asked.end is None else moment_ns(asked.end, "--to")
    wanted = ToDownload(
        name=asked.contract, path=asked.out, span_ns=span, from_ns=start_ns, to_ns=end_ns
    )
    settings = live_settings(asked.config, firm=asked.firm, rest=asked.rest)
    doing.now = f"downloading (the same command goes on with {asked.out}.pages)"

    async def main() -> None:
        async with await connected(settings) as session:
            done = await download(
                session, wanted, source=settings.rest_origin, now_ns=now_ns(),
                made_by=MADE_BY, progress=_progress,
            )  # fmt: skip
        before = f", {done.kept} pages of them from before" if done.kept else ""
        say(f"wrote {done.path}: {done.bars:,} bars{before}")
        for line in gap_lines(done):
            say(line)

    asyncio.run(main())


def _progress(bars: int, oldest_ns: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{bars:,} bars, back to {utc(oldest_ns)}\x1b[K\r")
        sys.stderr.flush()
