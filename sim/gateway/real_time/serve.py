"""A gateway on real sockets in real time: uvicorn in the running loop, on a port of its choice.

The one module of the twin that reads a real clock and draws real randomness; both go in from here.
"""

import asyncio
import logging
import os
import secrets
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import uvicorn

from ....trading.errors import UsageError
from ...armed.arming import Arming
from ...armed.behind import Behind
from ...armed.break_off import BreakableHttp, BreakableSocket
from ...armed.market_timers import MarketTimers, TimedMarket
from ..gateway import Clocks, Gateway, GatewaySetup
from ..keeping.keeping import Keeper
from .alignment import aligned
from .pump import AS_FAST_AS_CAN, Pump

_LOG = logging.getLogger("dryfill.gateway")
_GRACE_S = 2
_LOOK_S = 0.002


def _nothing() -> None:
    return None


@dataclass(frozen=True)
class RunningGateway:
    """A gateway that answers at `url` until its context ends."""

    url: str
    gateway: Gateway
    pump: Pump
    arming: Arming

    @property
    def user_name(self) -> str:
        """The first user."""
        return self.gateway.setup.people.users[0].name

    @property
    def api_key(self) -> str:
        """The key of the first user; for whoever logs in, not for logs."""
        return self.gateway.setup.people.users[0].key


@asynccontextmanager
async def running_gateway(
    setup: GatewaySetup,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    speed: int = 1,
    restamp: bool = True,
    token_key: bytes | None = None,
    keep: Path | None = None,
    stopped: Callable[[], None] = _nothing,
) -> AsyncIterator[RunningGateway]:
    """Serve a gateway in the running loop; at the end its clients are cut and its port is free.

    `port` 0: any that is free. `speed`: times real time, 0 stands still until it is stepped,
    `AS_FAST_AS_CAN`. `restamp`: clients are shown the wall's clock instead of the tape's times.
    `token_key` None: a new one, so that no token outlives the server. `keep`: a file in which
    accounts, orders and trades outlive it (`keeping`); the market goes on where it was, if it is
    the same one. `stopped` is called where the market stands still by a fault, which is logged then
    and raised when the context ends. Raises `OSError` where the port is taken, `UsageError` for a
    speed that cannot be.
    """
    if speed < AS_FAST_AS_CAN:
        raise UsageError(f"speed is {speed}; give 0 or more times real time, or AS_FAST_AS_CAN")
    if restamp and speed == AS_FAST_AS_CAN:
        raise UsageError("as fast as it can, a market has no time on the wall; set restamp=False")
    keeper = None if keep is None else Keeper(keep)
    try:
        async with _running(
            setup,
            keeper,
            host,
            port,
            speed=speed,
            restamp=restamp,
            token_key=token_key,
            stopped=stopped,
        ) as running:
            yield running
    finally:
        if keeper is not None:
            keeper.close()


@asynccontextmanager
async def _running(
    setup: GatewaySetup,
    keeper: Keeper | None,
    host: str,
    port: int,
    *,
    speed: int,
    restamp: bool,
    token_key: bytes | None,
    stopped: Callable[[], None],
) -> AsyncIterator[RunningGateway]:
    wall_ns = steady_wall_clock()
    begins_ns = wall_ns()
    resumed = None if keeper is None else keeper.resumed(setup.listings)
    if resumed is not None:
        setup = replace(setup, listings=resumed)
    elif restamp and speed == 1:
        setup = replace(setup, listings=aligned(setup.listings, begins_ns))
    pump = Pump(wall_ns, min(each.start_ns for each in setup.listings), speed, begins_ns)
    loop = asyncio.get_running_loop()
    clocks = Clocks(
        market_ns=lambda: pump.now_ns,
        wall_s=lambda: wall_ns() / 1e9,
        steady_s=loop.time,
        **({"shown_ns": pump.clock.shown_ns, "meant_ns": pump.clock.market_ns} if restamp else {}),
    )
    gateway = Gateway(
        setup,
        clocks,
        token_key=token_key or secrets.token_bytes(32),
        connection_id=lambda: secrets.token_urlsafe(12),
        enter=pump.catch_up,
        left=pump.nudge,
    )
    timers = MarketTimers(clocks.market_ns, pump.nudge)
    pump.drive(TimedMarket(gateway.venue, timers))
    arming = Arming(Behind(gateway, timers, clocks.meant_ns, pump.catch_up, pump.nudge))
    if keeper is not None:
        start_ns, pump.now_ns = pump.now_ns, pump.now_ns - 1  # before the market begins
        keeper.restore(gateway.venue, clocks.meant_ns)
        pump.now_ns = start_ns
    pump.catch_up()
    if keeper is not None:
        keeper.begun(gateway.venue)
    async with serving(arming, host, port) as url:
        pumping = asyncio.create_task(pump.run(), name="the market's pump")
        pumping.add_done_callback(partial(_market_over, stopped))
        try:
            yield RunningGateway(url, gateway, pump, arming)
        finally:
            arming.close()
            pumping.cancel()
            with suppress(asyncio.CancelledError):
                await pumping
            if keeper is not None:
                keeper.keep_time(gateway.venue)


def _market_over(stopped: Callable[[], None], pumping: asyncio.Task[None]) -> None:
    """Nobody waits for the pump while it should run: say that it does not."""
    if not pumping.cancelled():
        _LOG.error("the market stands still, a fault of the twin", exc_info=pumping.exception())
        stopped()


def steady_wall_clock() -> "WallClock":
    """The wall's clock in ns since the epoch, as it was at the start; it never goes back."""
    return WallClock(time.time_ns() - time.monotonic_ns())


@dataclass(frozen=True, slots=True)
class WallClock:
    """Called, it says the time."""

    _offset_ns: int

    def __call__(self) -> int:
        return self._offset_ns + time.monotonic_ns()


@asynccontextmanager
async def serving(app: object, host: str, port: int) -> AsyncIterator[str]:
    """Serve an ASGI application in the running loop; its address. Raises `OSError`."""
    listening = _listening(host, port)
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]  # any ASGI application
        http=BreakableHttp,
        ws=BreakableSocket,
        ws_ping_interval=None,  # a WebSocket ping closes signalrcore's connection (fault-model 8)
        ws_max_size=1_000_000,
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        log_level="warning",  # at "info" it writes addresses with the tokens in them
        access_log=False,
        server_header=False,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve([listening]), name="the gateway's server")
    try:
        while not (server.started or task.done()):
            await asyncio.sleep(_LOOK_S)
        yield f"http://{_shown(host)}:{listening.getsockname()[1]}"
    finally:
        server.end()
        try:
            await task
        finally:
            listening.close()


def check_free(host: str, port: int) -> None:
    """Raises `OSError` where nothing can be served at an address now."""
    _listening(host, port).close()


class _Server(uvicorn.Server):
    """Whoever runs the loop decides what a signal means. It ends as soon as it is told and nobody
    is left, where uvicorn looks ten times a second, and sleeps before it looks."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told = asyncio.Event()

    def end(self) -> None:
        """Serve nobody any more."""
        self.should_exit = True
        self._told.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def main_loop(self) -> None:
        while not await self.on_tick(0):  # once a second: it keeps the time that headers have
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self._told.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        state = self.server_state
        for connection in list(state.connections):
            connection.shutdown()
        try:
            async with asyncio.timeout(_GRACE_S):
                while state.connections or state.tasks:
                    await asyncio.sleep(_LOOK_S)
        except TimeoutError:
            _LOG.warning("%d requests did not end in time; they are cut", len(state.tasks))
            for task in state.tasks:
                task.cancel()


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens. It says that it is TCP, which `socket.create_server` leaves out: only
    then does asyncio send small answers at once, instead of 40 ms later (TCP_NODELAY)."""
    listening = socket.socket(_family(host), socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen()
    except BaseException:
        listening.close()
        raise
    return listening


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
