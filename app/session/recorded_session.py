"""What is recorded beside a strategy that trades (`--record`): all that its market and its broker
say, in a folder that a backtest replays as it is.

The recorder subscribes to quotes and trades itself, whatever the strategy listens to: bars are made
of trades, and fills of both. Trading does not wait for it: what is held is guarded before a market
hub is up. That a file cannot be written, or a stream does not begin, is said and stops nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import fields
from typing import Any

import msgspec
from msgspec import Struct

from ... import __version__
from ...live.recording.recorded_broker import RecordedBroker
from ...live.recording.recorded_market import RecordedMarket
from ...live.recording.recorder import Aside, Recorder, WriterThread
from ...live.session import ProjectXSession
from ...trading.broker import Broker
from ...trading.errors import DryfillError
from ...trading.instrument import Instrument
from ...trading.market import Market
from ...trading.orders.settings import OrderSettings
from .recording import CHANNELS, kept_lines, unheard

MADE_BY = f"dryfill {__version__}"
USUAL = OrderSettings()


class Traded(Struct, frozen=True, kw_only=True):
    """What trades in a session, as a recording has it: the strategy as it was named, its
    parameters as they were given, the seed of its random numbers, and those of the order manager's
    settings that are not the usual ones."""

    what: str
    params: dict[str, str] = {}
    seed: int = 0
    settings: dict[str, Any] = {}


def traded(what: str, params: Mapping[str, Any], seed: int, orders: OrderSettings) -> Traded:
    """What trades, of a strategy and the settings it trades under."""
    named = [each.name for each in fields(orders)]
    changed = [name for name in named if getattr(orders, name) != getattr(USUAL, name)]
    return Traded(
        what=what,
        params={name: str(value) for name, value in params.items()},
        seed=seed,
        settings={name: getattr(orders, name) for name in changed},
    )


@asynccontextmanager
async def recorded(
    folder: str | None,
    session: ProjectXSession,
    broker: Broker,
    instrument: Instrument,
    *,
    traded: Traded,
    now_ns: Callable[[], int],
    say: Callable[[str], None],
    aside: Aside | None = None,
) -> AsyncIterator[tuple[Market, Broker]]:
    """The ports to trade on, recorded in `folder` until the context ends; as they are for None.
    `aside`: who writes, a thread of its own if that is not said.

    Raises `UsageError` where the folder cannot be made.
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
            aside=aside or thread,
            made_by=MADE_BY,
        )
        hears, heard = market.feed_is, RecordedMarket(market, recorder)

        def feed_is(up: bool) -> None:
            recorder.feed(up)
            hears(up)

        async def begin() -> None:
            try:
                recorder.name_contract(instrument, await session.lookup.id_of(instrument))
                for channel in CHANNELS:
                    if channel in heard.offers.channels:
                        await heard.subscribe(instrument, channel, unheard)
            except DryfillError as error:
                say(f"not everything is recorded: {error}")

        recorder.start()
        recorder.session(instrument, msgspec.json.encode(traded).decode())
        market.feed_is = feed_is
        beginning = asyncio.create_task(begin(), name="the recording begins")
        try:
            yield heard, RecordedBroker(broker, recorder)
        finally:
            beginning.cancel()
            await asyncio.gather(beginning, return_exceptions=True)
            market.feed_is = hears
            for line in kept_lines(await recorder.close(), folder):
                say(line)
    finally:
        thread.close()
