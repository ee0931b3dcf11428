"""Real time: moves a venue's market on with the wall's clock, at a speed, paused, or step by step.

The market stands at `now_ns` between two steps of the pump. An order that arrives is entered there,
after everything that the market did until the wall's now.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from .market_clock import MarketClock

_REST_S = 0.002  # rows that come closer together are told together
_LEAP_NS = 10 * 10**9  # of the market, before others may run
AS_FAST_AS_CAN = -1
"""A speed: no waiting at all."""


class Market(Protocol):
    """What is moved: a venue."""

    @property
    def end_ns(self) -> int: ...
    def next_moment(self, limit_ns: int) -> int | None: ...
    def next_order_moment(self, limit_ns: int) -> int | None: ...
    def advance(self, to_ns: int) -> None: ...


class Pump:
    """`wall_ns`: the wall's clock, which never goes back; at `begins_wall_ns` (None: now) the
    market is at `start_ns`. `speed`: whole times real time, 0 stands still, `AS_FAST_AS_CAN`."""

    def __init__(
        self,
        wall_ns: Callable[[], int],
        start_ns: int,
        speed: int = 1,
        begins_wall_ns: int | None = None,
    ) -> None:
        self.now_ns = start_ns
        begins_wall_ns = wall_ns() if begins_wall_ns is None else begins_wall_ns
        self.clock = MarketClock(begins_wall_ns, start_ns, max(speed, 0))
        self.speed = speed
        self._wall_ns = wall_ns
        self._market: Market | None = None
        self._changed = asyncio.Event()

    def drive(self, market: Market) -> None:
        """Say what is moved."""
        self._market = market

    @property
    def market(self) -> Market:
        assert self._market is not None, "drive() a venue first"
        return self._market

    def catch_up(self) -> None:
        """Bring the market to the wall's now, or as far on the way as one turn may go."""
        if self.speed >= 0:
            self._go(self.clock.market_ns(self._wall_ns()))

    def nudge(self) -> None:
        """Orders changed: what is due next may be another moment."""
        self._changed.set()

    def set_speed(self, speed: int) -> None:
        """Go on at another speed; 0 pauses."""
        self.catch_up()
        self._turn(max(speed, 0), self.now_ns)
        self.speed = speed
        self._changed.set()

    def step(self, step_ns: int | None = None) -> None:
        """Of a market that stands still: on by a time, or to its next moment."""
        to_ns = self.market.next_moment(2**63 - 1) if step_ns is None else self.now_ns + step_ns
        if to_ns is not None:
            while self.now_ns < to_ns:
                self._go(to_ns)
            self._turn(max(self.speed, 0), to_ns)

    async def run(self) -> None:
        """Move the market for ever; the caller cancels."""
        while True:
            self._changed.clear()
            if self.speed == AS_FAST_AS_CAN:
                self._go(self.market.end_ns)
                ended = self.now_ns >= self.market.end_ns
                await (self._changed.wait() if ended else asyncio.sleep(0))
                continue
            self.catch_up()
            await self._rest()

    def _go(self, to_ns: int) -> None:
        """Let happen what happens until `to_ns`, at most a leap of it. An engine moves where an
        order may change; the rows before that are told on the way."""
        to_ns = min(to_ns, self.now_ns + _LEAP_NS)
        while (moment := self.market.next_order_moment(to_ns)) is not None:
            self.now_ns = max(moment, self.now_ns)
            self.market.advance(self.now_ns)
        if to_ns > self.now_ns:
            self.now_ns = to_ns
            self.market.advance(to_ns)

    def _turn(self, speed: int, market_ns: int) -> None:
        wall_ns = self._wall_ns()
        self.clock.turn(wall_ns, speed, ahead_ns=market_ns - self.clock.market_ns(wall_ns))

    async def _rest(self) -> None:
        """Until the next moment, or a change."""
        moment = self.market.next_moment(2**63 - 1)
        due_ns = None if moment is None else self.clock.due_wall_ns(moment)
        if due_ns is None:
            await self._changed.wait()
            return
        await asyncio.sleep(_REST_S)  # whoever waits for the loop comes first
        wait_s = (due_ns - self._wall_ns()) / 1e9
        if wait_s > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._changed.wait()
