"""A gateway twin in a thread and loop of its own, beside whoever trades on it.

A strategy that keeps its loop busy does not stop the market so, and the sockets between the two are
real.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from ...sim.gateway.gateway import GatewaySetup
from ...sim.gateway.real_time.serve import RunningGateway, running_gateway

T = TypeVar("T")
_SOON_S = 20.0


class TwinThread:
    """A gateway that runs in another thread; what is read of it is a moment's look."""

    def __init__(self, loop: asyncio.AbstractEventLoop, running: RunningGateway) -> None:
        self._loop = loop
        self.running = running

    @property
    def url(self) -> str:
        return self.running.url

    @property
    def left_s(self) -> float:
        """Real seconds until its market comes to the end of its data, and takes no orders."""
        pump = self.running.pump
        return (self.running.gateway.venue.end_ns - pump.now_ns) / 1e9 / max(pump.speed, 1)

    def now_ns(self) -> int:
        """Which moment of its market it is, ns since the epoch."""
        return self.running.pump.now_ns

    def do(self, act: Callable[[RunningGateway], T]) -> T:
        """What `act` gives, called on the gateway's loop."""

        async def call() -> T:
            return act(self.running)

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result(_SOON_S)


@contextmanager
def twin_in_a_thread(setup: GatewaySetup, **given: Any) -> Iterator[TwinThread]:
    """Serve a gateway beside the caller, arguments as of `running_gateway`; it has ended when the
    block has. Raises what starting it raises."""
    made: list[tuple[asyncio.AbstractEventLoop, RunningGateway, asyncio.Event]] = []
    errors: list[BaseException] = []
    standing = threading.Event()

    async def serve() -> None:
        over = asyncio.Event()
        async with running_gateway(setup, **given) as running:
            made.append((asyncio.get_running_loop(), running, over))
            standing.set()
            await over.wait()

    def work() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:  # noqa: BLE001  raised again in the caller's thread
            errors.append(error)
        finally:
            standing.set()

    thread = threading.Thread(target=work, name="the twin", daemon=True)
    thread.start()
    standing.wait()
    if not made:
        thread.join()
        raise errors[0]
    loop, running, over = made[0]
    try:
        yield TwinThread(loop, running)
    finally:
        if thread.is_alive():
            loop.call_soon_threadsafe(over.set)
        thread.join(_SOON_S)
    if errors:
        raise errors[0]
