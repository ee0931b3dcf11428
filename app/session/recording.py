"""What `dryfill record` and `dryfill history` do, on a session that is open."""

import asyncio
from asyncio import FIRST_COMPLETED
from collections.abc import Callable
from dataclasses import dataclass

from ...live.bars.history_file import Downloaded, HistoryFile, Plan
from ...live.recording.recorded_broker import RecordedBroker
from ...live.recording.recorded_market import RecordedMarket
from ...live.recording.recorder import Recorded, Recorder
from ...live.session import ProjectXSession
from ...sim.record.record import utc
from ...trading.calendar import calendar
from ...trading.errors import ConnectionLost, UsageError
from ...trading.events import MarketEvent
from ...trading.market import Channel

Say = Callable[[str], None]

CHANNELS = (Channel.QUOTES, Channel.TRADES, Channel.STATUS)
_GAPS_SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class ToRecord:
    """What is recorded. `account`: whose events, None for nobody's; `for_s`: for how long, the
    beginning included, None for until `stop`."""

    contracts: tuple[str, ...]
    account: str | None = None
    for_s: float | None = None


async def record(
    session: ProjectXSession, recorder: Recorder, asked: ToRecord, stop: asyncio.Event, say: Say
) -> Recorded:
    """Record until `stop`; every file is closed when this returns or raises.

    A hub that is not up yet is waited for as long as the recording may last; raises
    `ConnectionLost` where that time is over and not all that was asked for could begin.
    """
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    begins = loop.create_task(_begin(session, recorder, asked, say))
    stopped = loop.create_task(stop.wait())
    try:
        recorder.start()
        await asyncio.wait((begins, stopped), timeout=asked.for_s, return_when=FIRST_COMPLETED)
        if begins.done():
            begins.result()
            left_s = None if asked.for_s is None else asked.for_s - (loop.time() - began_s)
            await asyncio.wait((stopped,), timeout=left_s)
        elif not stopped.done():
            raise ConnectionLost(
                f"not everything was up within {asked.for_s:g} s: {_why_not_up(session)}"
            )
        else:
            say(f"stopped before everything was up: {_why_not_up(session)}")
    finally:
        for task in (begins, stopped):
            task.cancel()
        await asyncio.gather(begins, stopped, return_exceptions=True)
        recorded = await recorder.close()
    return recorded


async def _begin(session: ProjectXSession, recorder: Recorder, asked: ToRecord, say: Say) -> None:
    """Have all that was asked for told; this lasts until the hubs are up."""
    market = RecordedMarket(session.market, recorder)
    session.market.feed_is = recorder.feed
    for name in dict.fromkeys(asked.contracts):
        instrument = await market.find(name)
        contract = await session.lookup.id_of(instrument)
        recorder.name_contract(instrument, contract)
        channels = [each for each in CHANNELS if each in market.offers.channels]
        for channel in channels:
            await market.subscribe(instrument, channel, unheard)
        words = ", ".join(each.value for each in channels)
        say(f"recording {words} of {instrument.symbol} ({contract})")
    if asked.account is not None:
        broker = RecordedBroker(await session.broker(asked.account, needs_cancel=False), recorder)
        say(f"recording what becomes of orders of {broker.account_name}")


def _why_not_up(session: ProjectXSession) -> str:
    hubs = (("market", session.market_hub), ("user", session.user_hub))
    whys = [f"the {name} hub: {hub.last_error}" for name, hub in hubs if hub.last_error]
    return "; ".join(whys) or "no answer came yet"


def missed(session: ProjectXSession) -> list[str]:
    """What a session has to say of itself after a recording, and what of the market it did not
    take in."""
    market, lines = session.market, list(session.notices)
    if market.quarantined:
        lines.append(f"messages of the market hub not understood: {market.quarantined:,}")
    if market.inbox.dropped:
        lines.append(
            f"messages of the market hub dropped, too many waited: {market.inbox.dropped:,}"
        )
    return lines


def unheard(event: MarketEvent) -> None:
    """Nobody but the recorder listens."""


def kept_lines(recorded: Recorded, folder: str) -> list[str]:
    """What a recording has, and what it lacks, in words."""
    heard = ", ".join(f"{count:,} {kind}" for kind, count in recorded.heard.items() if count)
    lines = [f"recorded {recorded.written:,} rows in {folder}: {heard or 'nothing was told'}"]
    lines += recorded.troubles
    for from_ns, to_ns in recorded.outages:
        when = f"{utc(from_ns)} to {utc(to_ns)}"
        lines.append(f"the market hub was down from {when}; nothing was heard")
    if recorded.lost:
        lines.append(f"{recorded.lost:,} rows were heard and could not be kept")
    return lines


@dataclass(frozen=True, kw_only=True)
class ToDownload:
    """A stretch of bars. `to_ns` None: until now, or as far as a download that was begun goes."""

    name: str
    path: str
    span_ns: int
    from_ns: int
    to_ns: int | None


async def download(
    session: ProjectXSession,
    asked: ToDownload,
    *,
    source: str,
    now_ns: int,
    made_by: str,
    progress: Callable[[int, int], None] | None = None,
) -> Downloaded:
    """Download bars into a file, or go on with a download that was cut off."""
    instrument = await session.market.find(asked.name)
    contract = await session.lookup.id_of(instrument)
    begun = HistoryFile.begun(asked.path)
    last_ns = now_ns - now_ns % asked.span_ns
    to_ns = asked.to_ns
    if to_ns is None:
        to_ns = begun.to_ns if begun is not None else last_ns
    elif to_ns > last_ns:
        raise UsageError(
            f"--to {utc(to_ns)} is after now, when the newest bar may end at {utc(last_ns)}; "
            f"leave it out to have all until now"
        )
    plan = Plan(
        symbol=instrument.symbol,
        contract=contract,
        span_ns=asked.span_ns,
        from_ns=asked.from_ns,
        to_ns=to_ns,
        source=source,
    )
    file = HistoryFile(asked.path, instrument, plan, made_by=made_by)
    return await file.download(session.market.past.bars, calendar(instrument.calendar), progress)


def gap_lines(done: Downloaded) -> list[str]:
    """The gaps of a download in words: how many, and the longest."""
    gaps = done.gaps
    if not gaps:
        return ["no gaps: while the market was open, every bar is there"]
    missing = sum(gap.bars for gap in gaps)
    longest = sorted(gaps, key=lambda gap: (-gap.bars, gap.from_ns))[:_GAPS_SHOWN]
    lines = [
        f"{len(gaps)} gaps of {missing} bars while the market was open; a span without a trade has "
        f"no bar either" + (":" if len(gaps) <= _GAPS_SHOWN else f"; the longest {_GAPS_SHOWN}:")
    ]
    return lines + [f"  {utc(gap.from_ns)} to {utc(gap.to_ns)}: {gap.bars}" for gap in longest]
