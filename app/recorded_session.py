"""What is recorded beside a strategy that trades (`--record`): all that its market and its broker
say, in a folder that a backtest replays as it is.

The recorder subscribes to quotes and trades itself, whatever the strategy listens to: bars are made
of trades, and fills of both. That a file cannot be written is said, and stops no trading.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from .. import __version__
from ..live.recorded_broker import RecordedBroker
from ..live.recorded_market import RecordedMarket
from ..live.recorder import Recorder, WriterThread
from ..live.session import ProjectXSession
from ..trading.broker import Broker
from ..trading.instrument import Instrument
from ..trading.market import Market
from .recording import CHANNELS, kept_lines, unheard

MADE_BY = f"dryfill {__version__}"


@asynccontextmanager
async def recorded(
    folder: str | None,
    session: ProjectXSession,
    broker: Broker,
    instrument: Instrument,
    *,
    now_ns: Callable[[], int],
    say: Callable[[str], None],
) -> AsyncIterator[tuple[Market, Broker]]:
    """The ports to trade on, recorded in `folder` until the context ends; as they are for None.

    Raises `UsageError` where the folder cannot be made, and what a subscription ends in.
    """
    market = session.market
    if folder is None:
        yield market, broker
        return
    thread = WriterThread()
    try:
        recorder = Recorder(
            folder,
            source=session.settings.rest_origin,
            now_ns=now_ns,
            hide=session.secrets.hide,
            aside=thread,
            made_by=MADE_BY,
        )
        hears, heard = market.feed_is, RecordedMarket(market, recorder)

        def feed_is(up: bool) -> None:
            recorder.feed(up)
            hears(up)

        try:
            recorder.start()
            market.feed_is = feed_is
            recorder.name_contract(instrument, await session.lookup.id_of(instrument))
            for channel in CHANNELS:
                if channel in heard.offers.channels:
                    await heard.subscribe(instrument, channel, unheard)
            yield heard, RecordedBroker(broker, recorder)
        finally:
            market.feed_is = hears
            for line in kept_lines(await recorder.close(), folder):
                say(line)
    finally:
        thread.close()
