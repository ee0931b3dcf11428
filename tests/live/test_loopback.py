"""The adapter at our own gateway over real sockets, on both carriers: what it survives there."""

import asyncio
import logging
import socket
import time
import traceback
from random import Random

import numpy as np
import pytest
from live_loopback import KEY, USER, adapter_on, loopback, quiet, setup_of

from dryfill.live.hubs.carrier import CarrierLost, Denied, dialler
from dryfill.live.session import ProjectXSession
from dryfill.live.settings import LiveSettings
from dryfill.sim.gateway.real_time.serve import running_gateway
from dryfill.trading import instruments
from dryfill.trading.broker import StreamState
from dryfill.trading.errors import NotSent, OutcomeUnknown, Refused
from dryfill.trading.market import Channel
from dryfill.trading.order import Buy, ExecutionReport, OrderRequest
from dryfill.trading.orders.manager import OrderManager
from dryfill.trading.price import Ticks
from dryfill.trading.tape import QuoteRows, TradeRows, make_tape
from dryfill.trading.words import OrdType, Side, TimeInForce

ES = instruments.find("ES")
T0 = 1_709_564_400_000_000_000
MS = 10**6
CANARY = "canary-0123456789"
CARRIERS = ("websockets", "signalrcore")

carriers = pytest.mark.parametrize("carrier", CARRIERS)


def market(rows=600, step_ms=100):
    """A quote and a trade every tenth of a second for a minute: bid 4000.00, ask 4000.25."""
    bid, ask = ES.units("4000"), ES.units("4000.25")
    quotes = [(2 * n, T0 + n * step_ms * MS, bid, 50, ask, 50) for n in range(rows)]
    trades = [(2 * n + 1, T0 + n * step_ms * MS, ask, 1, 1) for n in range(rows)]
    columns = [
        [np.array(column, np.int64) for column in zip(*rows, strict=True)]
        for rows in (quotes, trades)
    ]
    return make_tape(QuoteRows(*columns[0]), TradeRows(*columns[1]))


def played(script, carrier="websockets", *, attaching=False, **given):
    """Run `async def script(session, running)` on a fresh gateway."""

    async def main():
        setup = setup_of((ES, market()), attaching=attaching, **given)
        settings = {"carrier": carrier, "auto_oco": attaching}
        async with asyncio.timeout(30), loopback(setup, **settings) as (running, session):
            await session.market.find("ES")
            return await script(session, running)

    asyncio.run(main())


async def until(true, seconds=5.0):
    """Wait for something, and no longer than so."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)


class Deaf:
    def on_report(self, order, report): ...
    def on_fill(self, order, fill): ...
    def on_position(self, position): ...
    def on_incident(self, incident): ...


def limit(tag="1#1"):

    return OrderRequest(
        cl_ord_id=tag,
        instrument=ES,
        side=Side.BUY,
        ord_type=OrdType.LIMIT,
        order_qty=1,
        price=ES.decimal(ES.units("3990")),
        tif=TimeInForce.DAY,
    )


@carriers
def test_a_server_that_is_gone_for_four_seconds_is_found_again_with_a_new_login(carrier):
    """It comes back as another one, which does not know our token."""

    async def main():
        setup = setup_of((ES, market()), attaching=False)
        events = []
        async with running_gateway(setup) as running:
            port = int(running.url.rpartition(":")[2])
            session = await ProjectXSession.open(
                LiveSettings(
                    user_name=USER,
                    api_key=KEY,
                    rest=running.url,
                    carrier=carrier,
                    reconnect_first_s=0.2,
                    reconnect_most_s=1.0,
                ),
                now_ns=time.time_ns,
                random=Random(1),
            )
            await session.market.find("ES")
            broker = await session.broker()
            broker.listen(events.append)
        async with session:
            await until(lambda: any(isinstance(e, StreamState) and not e.up for e in events))
            await asyncio.sleep(4)
            with pytest.raises((NotSent, OutcomeUnknown)):
                await broker.place(limit("2#1"), deadline_s=1.0)
            token = session.login.token
            async with running_gateway(setup, port=port):
                await until(lambda: isinstance(events[-1], StreamState) and events[-1].up)
                assert session.login.token != token
                await broker.place(limit("3#1"))
                await quiet(events)
                assert isinstance(events[-1], ExecutionReport)
                assert events[-1].order.cl_ord_id == "3#1"
        states = [(e.up, e.gap) for e in events if isinstance(e, StreamState)]
        assert states[:2] == [(False, True), (True, True)]

    asyncio.run(main())


@carriers
def test_a_handler_that_raises_costs_neither_the_connection_nor_what_comes_next(carrier):
    async def script(session, running):
        broker, events = await session.broker(), []

        def fails(event):
            if isinstance(event, ExecutionReport):
                raise RuntimeError("a fault of the listener's")

        broker.listen(fails)
        broker.listen(events.append)
        await broker.place(limit())
        await until(lambda: any(isinstance(e, StreamState) for e in events))
        assert [(e.up, e.gap) for e in events] == [(True, True)]
        assert session.user_hub.dials == 1

    played(script, carrier)


@carriers
def test_a_token_that_ends_is_replaced_before_and_nobody_notices(carrier):
    async def script(session, running):
        broker, first = await session.broker(), session.login.token
        await asyncio.sleep(1.6)
        assert session.login.token != first
        await asyncio.sleep(1.0)
        await broker.place(limit())
        assert session.user_hub.dials == 1
        assert session.notices == []

    played(script, carrier, token_life_s=2.0)


@carriers
@pytest.mark.parametrize("attaching", [False, True], ids=["ours", "the broker's"])
def test_a_bracket_is_protected_though_the_hub_is_cut_while_its_entry_fills(carrier, attaching):
    async def script(session, running):
        broker = await session.broker()
        manager = OrderManager(broker, Deaf(), now_ns=time.time_ns, random=Random(2))
        bracket = manager.bracket(
            ES, Buy(2), stop=Ticks(40), target=Ticks(80), market=ES.decimal(ES.units("4000.25"))
        )
        session.user_hub.hang_up("cut by the test")

        def protected():
            return bracket.position == 2 and any(
                order.request.ord_type is OrdType.STOP and order.core.leaves_qty == 2
                for order in manager.view.orders_of(ES)
            )

        await until(protected, 4.0)
        stops = [o for o in await broker.open_orders(ES) if o.ord_type is OrdType.STOP]
        assert [(o.leaves_qty, o.stop_px) for o in stops] == [(2, ES.decimal(ES.units("3990.25")))]
        result = await manager.flatten(ES)
        assert result.ok
        assert await broker.positions() == []
        assert await broker.open_orders() == []
        manager.close()

    played(script, carrier, attaching=attaching)


@carriers
def test_quotes_trades_and_bars_come_over_the_market_hub(carrier):
    async def script(session, running):
        told = {channel: [] for channel in (Channel.QUOTES, Channel.TRADES, Channel.BARS)}
        for channel, events in told.items():
            span_ns = 10**9 if channel is Channel.BARS else 0
            await session.market.subscribe(ES, channel, events.append, span_ns=span_ns)
        await until(lambda: len(told[Channel.BARS]) >= 2, 8.0)
        quote, trade = told[Channel.QUOTES][-1], told[Channel.TRADES][-1]
        assert (str(quote.bid), str(quote.ask), quote.bid_size) == ("4000", "4000.25", None)
        assert (str(trade.price), trade.size) == ("4000.25", 1)
        times = [bar.time_ns for bar in told[Channel.BARS]]
        assert times == sorted(set(times))
        assert all(bar.time_ns % 10**9 == 0 for bar in told[Channel.BARS])
        assert session.market.quarantined == 0

    played(script, carrier)


@carriers
def test_neither_key_nor_token_is_in_any_log_or_text(carrier, caplog):
    caplog.set_level(logging.DEBUG)
    secrets, texts = [KEY], []

    async def script(session, running):
        broker, events = await session.broker(), []
        broker.listen(events.append)
        secrets.append(session.login.token)
        await session.market.subscribe(ES, Channel.QUOTES, events.append)
        await broker.place(limit())
        with pytest.raises(Refused) as caught:
            await broker.place(limit())
        await session.login.refresh()
        secrets.append(session.login.token)
        session.user_hub.hang_up("cut by the test")
        await until(lambda: session.user_hub.dials == 2)
        await quiet(events)
        objects = (session.settings, session.login, session.rest, session.secrets, session, broker)
        texts.extend(repr(each) for each in objects)
        texts.extend([str(caught.value), session.user_hub.last_error, *session.notices])
        texts.extend(repr(event) for event in events)

    played(script, carrier)
    assert len(set(secrets)) == 3
    for text in (caplog.text, *texts):
        assert not any(secret in text for secret in secrets)


async def ended(dial, url, kind):
    """What a dial ends in, as a traceback shows it: with the errors of the library behind it."""
    with pytest.raises(kind) as caught:
        await dial(url)
    return "".join(traceback.format_exception(caught.value)) + repr(caught.value)


@carriers
def test_how_a_dial_that_fails_ends(carrier):
    async def main():
        dial, query = dialler(carrier), "access_token=" + CANARY
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            port = nobody.getsockname()[1]
            url = f"ws://127.0.0.1:{port}/hubs/user?{query}"
            texts = [await ended(dial, url, CarrierLost)]
        setup = setup_of((ES, market(10)))
        async with running_gateway(setup) as running:
            address = running.url.replace("http", "ws")
            texts.append(await ended(dial, f"{address}/hubs/user?{query}", Denied))
            texts.append(await ended(dial, f"{address}/hubs/none?{query}", CarrierLost))
            async with adapter_on(running, carrier=carrier) as session:
                await session.broker()
        for text in texts:
            assert CANARY not in text

    asyncio.run(main())
