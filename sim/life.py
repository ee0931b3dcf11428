"""The trader's program in a run: started, started again after a crash, and ended with the data."""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context
from random import Random
from typing import Any

from ..trading.broker import Broker
from ..trading.desk import Desk
from ..trading.errors import RunEnded, UsageError
from ..trading.market import Market
from ..trading.orders.journal.port import Journal
from ..trading.orders.risk.keeper import keep_within
from ..trading.strategy import Trader
from .loop.errors import DeadlockError, describe_task
from .loop.loop import VirtualLoop
from .loop.process import Process
from .loop.tasks import VirtualTask
from .record.record import utc
from .setup import Setup
from .streams import named_stream

_STOP_S = 60  # virtual, after the end: for the stop handlers, then once more for what is left


class Life:
    """Runs a program until `end_ns` or its own end. `desk` is its trader's, once there is one;
    `kept_by`: what stands before a journal."""

    def __init__(self, loop: VirtualLoop, end_ns: int) -> None:
        self.desk: Desk | None = None
        self.kept_by: Callable[[Journal], Journal] = lambda journal: journal
        self._loop = loop
        self._end_ns = end_ns
        self._process: Process | None = None

    def begin(self, process: Process, program: Coroutine[Any, Any, list[str]]) -> None:
        """Start the program in a process, for the first time or, while it runs, after a crash.

        Raises `UsageError` while the last one's process lives.
        """
        before = self._process
        if before is not None and before.alive:
            program.close()
            raise UsageError("the trader's process lives; only one that has crashed is restarted")
        self._process = process
        self._trading = process.spawn(program, "trader")
        if before is not None:
            _resolve(self._restarted)

    async def run(
        self, process: Process, program: Callable[[], Coroutine[Any, Any, list[str]]]
    ) -> list[str]:
        """Begin, and wait for the end; the program's notes. Raises what it raises, and
        `DeadlockError` when it still waits long after the data ended."""
        self.begin(process, program())
        ended = self._loop.create_future()
        self._loop.call_at_ns(self._end_ns, _resolve, ended, context=Context())
        while not (ended.done() or self._trading.done()):
            self._restarted = self._loop.create_future()
            waits = [self._trading, ended, self._restarted]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        assert self._process is not None, "it has begun"
        # End of data is a moment: the stop handlers run, waits for orders end, the manager closes,
        # and only a wait that is left then is an error.
        steps = (self._close_desk, self._end_waits, self._close_manager)
        for n in range(len(steps)):
            if self._process.alive and not self._trading.done():
                for close in steps[: n + 1]:  # a life that began meanwhile was told nothing yet
                    self._process.run(close)
                await asyncio.wait([self._trading], timeout=_STOP_S)
        if not self._process.alive:
            return ["the trader's process crashed and was not restarted"]
        if not self._trading.done():
            raise self._stuck()
        notes = await self._trading
        self._process.run(self._close_manager)
        return notes

    async def trade(
        self,
        setup: Setup,
        market: Market,
        broker: Broker,
        now_ns: Callable[[], int],
        opened: Callable[[Desk], None],
        trader: Trader,
    ) -> list[str]:
        """The program, once it has its two ports: its desk, within the setup's limits, and the
        trader at it. `now_ns`: the program's wall clock. `opened` hears of the desk before it
        asks anybody anything."""
        journal, process = setup.journal, self._process
        assert process is not None, "it has begun"
        desk = self.desk = Desk(
            market,
            broker,
            setup.instrument,
            now_ns=now_ns,
            random=Random(named_stream(setup.seed, "strategy").getrandbits(64)),
            settings=setup.settings,
            journal=None if journal is None else self.kept_by(journal(process)),
        )
        opened(desk)
        await desk.open()
        if setup.risk is not None:
            await keep_within(
                setup.risk, setup.calendar, desk.manager, market, setup.instrument, now_ns
            )
        try:
            return await trader(desk)
        except RunEnded as ended:
            return [f"when the data ended, the script still waited: {ended}"]
        finally:
            desk.close()

    def _close_desk(self) -> None:
        if self.desk is not None:
            self.desk.close()

    def _end_waits(self) -> None:
        if self.desk is not None:
            self.desk.manager.end_waits()

    def _close_manager(self) -> None:
        if self.desk is not None:
            self.desk.manager.close()

    def _stuck(self) -> DeadlockError:
        assert isinstance(self._trading, VirtualTask)
        return DeadlockError(
            f"the data ended at {utc(self._end_ns)}, and {3 * _STOP_S} s later the trader still "
            f"waits for something that cannot come; bound the wait with asyncio.timeout, or end it "
            f"when the run ends:\n{describe_task(self._trading)}"
        )


def _resolve(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
