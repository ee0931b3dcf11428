"""Whoever implements the broker port passes this suite; a new implementation is one entry in PLAYS.

A play takes a market and a script, `async def script(at)`, and runs it: `at.broker` is the broker
under test, `at.events` what it told so far, in order; `await at.settled()` waits until all that is
on its way has arrived. Scripts know nothing of time, of wires and of what stands behind the port.
They start on the quiet market, with an account of 50 000 that pays FEE for each contract and side.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from live_loopback import loopback, quiet, setup_of

from dryfill.live.recording.recorded_broker import RecordedBroker
from dryfill.live.recording.recorder import AtOnce, Recorder
from dryfill.live.session import ProjectXSession
from dryfill.matching.engines import NATIVE, REFERENCE, make_engine, native_is_there
from dryfill.matching.rules import Rules
from dryfill.sim.desk.account import Account
from dryfill.sim.desk.bracket_rules import BracketRules
from dryfill.sim.desk.broker_desk import BrokerDesk
from dryfill.sim.desk.fees import fee_schedule
from dryfill.sim.digest import DomainDigest
from dryfill.sim.exchange import Exchange
from dryfill.sim.loop.loop import VirtualLoop
from dryfill.sim.loop.process import Process
from dryfill.sim.loop.run import run_on
from dryfill.sim.setup import Setup
from dryfill.sim.sim_broker import SimBroker
from dryfill.sim.wire.latency import latency_profile
from dryfill.sim.wire.wire import Wire
from dryfill.testing.wire_world import Rehearsal
from dryfill.trading import instruments
from dryfill.trading.broker import Broker, BrokerEvent
from dryfill.trading.calendar import calendar
from dryfill.trading.order import OrderChange, OrderRequest
from dryfill.trading.tape import QuoteRows, Tape, TradeRows, make_tape
from dryfill.trading.words import OrdType, Side

ES = instruments.find("ES")
T0 = 1_709_564_400_000_000_000  # 2024-03-04 15:00 UTC: ES is open
HOUR = 3_600_000_000_000
FEE = Decimal("1.4")


@dataclass
class Stage:
    """What a script sees. `exact`: the broker tells of each thing once, in an order that is known:
    the simulator's own; one on a wire may tell a fill twice and need not tell what it cost."""

    broker: Broker
    settled: Callable[[], Awaitable[None]]
    events: list[BrokerEvent] = field(default_factory=list)
    exact: bool = False


Script = Callable[[Stage], Awaitable[None]]
Play = Callable[[Tape, Script], None]


def quiet_market() -> Tape:
    """Bid 4000.00 with 5, ask 4000.25 with 5, last trade 4000.25, for an hour."""
    bid, ask = ES.units("4000"), ES.units("4000.25")
    quotes = QuoteRows(*_columns((0, T0, bid, 5, ask, 5), (2, T0 + HOUR, bid, 5, ask, 5)))
    return make_tape(quotes, TradeRows(*_columns((1, T0, ask, 1, 1))))


def _columns(*rows: tuple[int, ...]) -> list[Any]:
    return [np.array(column, np.int64) for column in zip(*rows, strict=True)]


def sim_play(
    latency: str,
    brackets: BracketRules | None = None,
    *,
    in_place: bool = True,
    engine: str = REFERENCE,
) -> Play:
    """`SimBroker` on an engine; `brackets`: the account's own, `in_place`: whether it changes
    orders as they are."""

    def play(tape: Tape, script: Script) -> None:
        if engine == NATIVE and not native_is_there():
            pytest.skip("the native engine was not built with this installation")
        loop = VirtualLoop(T0)
        book = make_engine(engine, Rules(protection=24))
        book.extend(tape)
        book.advance(T0)
        account = Account("SIM", Decimal(50_000), fee_schedule({"ES": FEE}))
        desk = BrokerDesk(account, lambda: loop.now_ns, brackets=brackets)
        exchange = Exchange(lambda: loop.now_ns, {"ES": book}, DomainDigest(T0), desk.on_report)
        desk.connect(exchange)
        loop.add_source(exchange)
        process = Process("client", loop)
        wire = Wire(loop, latency_profile(latency), 0)
        broker = SimBroker(loop, wire, desk, process, modify_in_place=in_place)
        stage = Stage(broker, lambda: asyncio.sleep(60), exact=True)
        broker.listen(stage.events.append)

        async def main() -> None:
            await process.spawn(script(stage), "script")  # type: ignore[arg-type]  # a coroutine

        run_on(loop, main())

    return play


def recorded_play(inner: Play) -> Play:
    """Whatever a play puts up, with a recorder before it."""

    def play(tape: Tape, script: Script) -> None:
        async def watched(at: Stage) -> None:
            with TemporaryDirectory() as folder:
                recorder = Recorder(
                    folder, source="a play", now_ns=lambda: T0, hide=str, aside=AtOnce()
                )
                stage = Stage(RecordedBroker(at.broker, recorder), at.settled, exact=at.exact)
                stage.broker.listen(stage.events.append)
                await script(stage)
                recorded = await recorder.close()
            assert (recorded.lost, recorded.troubles) == (0, [])

        inner(tape, watched)

    return play


def loopback_play(carrier: str, *, attaching: bool) -> Play:
    """The live adapter over real sockets to our gateway, whose account keeps stop and target for an
    entry, or does not."""

    def play(tape: Tape, script: Script) -> None:
        async def main() -> None:
            setup = setup_of((ES, tape), attaching=attaching)
            async with loopback(setup, carrier=carrier, auto_oco=attaching) as (_, session):
                events: list[BrokerEvent] = []
                await session.market.find("ES")
                stage = Stage(await session.broker(), lambda: quiet(events), events)
                stage.broker.listen(events.append)
                async with asyncio.timeout(30):
                    await script(stage)

        asyncio.run(main())

    return play


def rehearsed_play(latency: str, brackets: BracketRules | None = None) -> Play:
    """The live adapter on a simulated network, in virtual time."""

    def play(tape: Tape, script: Script) -> None:
        world = Rehearsal(
            Setup(
                instrument=ES,
                tape=tape,
                start_ns=T0,
                calendar=calendar("always"),
                rules=Rules(protection=24),
                latency=latency_profile(latency),
                fees=fee_schedule({"ES": FEE}),
                cash=Decimal(50_000),
                brackets=brackets,
            )
        )

        async def on_stage(session: ProjectXSession) -> None:
            stage = Stage(world.broker, lambda: asyncio.sleep(60))
            stage.broker.listen(stage.events.append)
            await script(stage)

        world.run_session(on_stage)

    return play


PLAYS: dict[str, Play] = {
    "SimBroker, reference engine, no latency": sim_play("zero"),
    "SimBroker, reference engine, live latency": sim_play("live"),
    "SimBroker, native engine, live latency": sim_play("live", engine=NATIVE),
    "SimBroker that changes no order in place": sim_play("live", in_place=False),
    "RecordedBroker before SimBroker, live latency": recorded_play(sim_play("live")),
    "ProjectX in a rehearsal, no latency": rehearsed_play("zero"),
    "ProjectX in a rehearsal, live latency": rehearsed_play("live"),
    "ProjectX over loopback": loopback_play("websockets", attaching=False),
    "ProjectX over loopback, signalrcore": loopback_play("signalrcore", attaching=False),
}

ATTACHING: dict[str, Play] = {
    "SimBroker, reference engine, no latency": sim_play("zero", BracketRules()),
    "SimBroker, reference engine, live latency": sim_play("live", BracketRules()),
    "SimBroker, native engine, live latency": sim_play("live", BracketRules(), engine=NATIVE),
    "ProjectX in a rehearsal, no latency": rehearsed_play("zero", BracketRules()),
    "ProjectX in a rehearsal, live latency": rehearsed_play("live", BracketRules()),
    "ProjectX over loopback": loopback_play("websockets", attaching=True),
    "ProjectX over loopback, signalrcore": loopback_play("signalrcore", attaching=True),
}
"""The same for accounts in which the broker keeps stop and target for an entry."""


@pytest.fixture(params=list(PLAYS))
def play(request: pytest.FixtureRequest) -> Callable[[Script], None]:
    """Run a script on every implementation, on the quiet market."""
    return lambda script: PLAYS[request.param](quiet_market(), script)


@pytest.fixture(params=list(ATTACHING))
def attaching(request: pytest.FixtureRequest) -> Callable[[Script], None]:
    """As `play`, where the broker keeps stop and target for an entry."""
    return lambda script: ATTACHING[request.param](quiet_market(), script)


@pytest.fixture
def change() -> type[OrderChange]:
    """What to change on a working order."""
    return OrderChange


@pytest.fixture
def order() -> Callable[..., OrderRequest]:
    """A request in words: `order("buy", 2, limit="3990")`."""

    def make(side: str, qty: int, tag: str = "1#1", **given: Any) -> OrderRequest:
        limit, stop = given.pop("limit", None), given.pop("stop", None)
        kinds = {
            (False, False): OrdType.MARKET,
            (True, False): OrdType.LIMIT,
            (False, True): OrdType.STOP,
            (True, True): OrdType.STOP_LIMIT,
        }
        return OrderRequest(
            cl_ord_id=tag,
            instrument=ES,
            side=Side[side.upper()],
            ord_type=given.pop("kind", kinds[limit is not None, stop is not None]),
            order_qty=qty,
            price=None if limit is None else Decimal(limit),
            stop_px=None if stop is None else Decimal(stop),
            **given,
        )

    return make
