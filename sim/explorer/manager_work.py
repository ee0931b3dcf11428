"""The order manager's own workload: a trader's minute, drawn by a seed.

One after the other it opens brackets, long and short, at market and at a limit, moves their stops
and closes them, while a plan strikes; then it flattens until it is flat, and waits until all has
come to rest. Nothing here waits for the end of the data: that ends the client, and a flatten that
meets it proves nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import count

from msgspec import Struct

from ...scenarios.plan_run import Played
from ...trading.desk import Desk
from ...trading.errors import DryfillError
from ...trading.order import Buy, OrderSpec, Sell
from ...trading.price import Ticks
from ..oracles import Watch
from ..streams import named_stream

WORK_S = 60.0
"""For how long new steps begin."""

_LEAVES, _RESTS, _ROUNDS = 20, 20, 10


class Step(Struct, frozen=True):
    """One bracket of the workload: which side and how many, whether its entry waits at the best
    price, how long it may take, and whether its stop is moved then."""

    number: int
    long: bool
    qty: int
    rests: bool
    patience_s: int
    moves: bool


LEAVING = 0
"""The number by which the end of the work is told, which is no step."""


def steps_of(seed: int) -> Iterator[Step]:
    """The steps of a seed, without end."""
    return (step_of(seed, number) for number in count(1))


def step_of(seed: int, number: int) -> Step:
    """One step of a seed; each has dice of its own, so that others may be left out."""
    dice = named_stream(seed, f"work.{number}")
    return Step(
        number=number,
        long=bool(dice.below(2)),
        qty=1 + dice.below(4),
        rests=not dice.below(3),
        patience_s=(2, 20)[dice.below(2)],
        moves=bool(dice.below(2)),
    )


class ManagerWork:
    """What the trader does. `only`: the steps that are played; none: all that begin within the
    minute. `began`: whether it ever came to trade. `on_step` hears of each step that begins."""

    def __init__(
        self, watching: Watch, seed: int, quiet_s: float, only: Sequence[Played] = ()
    ) -> None:
        self.began = False
        self.on_step: Callable[[int], None] = lambda number: None
        self._watching = watching
        self._seed = seed
        self._quiet_s = quiet_s
        self._only = only

    async def trade(self, desk: Desk) -> list[str]:
        """The first life: work for a minute, then leave."""
        self.began = True
        await desk.subscribe_quotes()
        if self._only:
            await self._some(desk)
        else:
            await self._all(desk)
        self.on_step(LEAVING)
        await self.leave(desk)
        return []

    async def leave(self, desk: Desk) -> list[str]:
        """Be flat and at rest; a later life does nothing else."""
        for _ in range(_ROUNDS):  # other hands may trade on after a flatten, and be told of late
            await self._flatten(desk)
            await self._rest()
            if not desk.position:
                break
        return []

    async def _all(self, desk: Desk) -> None:
        until_ns = desk.now_ns + round(WORK_S * 1e9)
        for step in steps_of(self._seed):
            if desk.now_ns >= until_ns:
                break
            await self._play(desk, step)

    async def _some(self, desk: Desk) -> None:
        """The steps that are left, each when it began among all, or when the last is over: the
        market is then as it was."""
        loop = asyncio.get_running_loop()
        for number, at_ns in self._only:
            await asyncio.sleep(max(at_ns / 1e9 - loop.time(), 0))
            await self._play(desk, step_of(self._seed, number))

    async def _play(self, desk: Desk, step: Step) -> None:
        """One bracket, until it is over; one at a time, because oracles judge a net position."""
        self.on_step(step.number)
        try:
            bracket = await desk.bracket(_entry(desk, step), stop=Ticks(8), target=Ticks(8))
            if await _within(step.patience_s, bracket.closed()):
                if not bracket.entry.cum_qty:
                    await asyncio.sleep(1)  # it did not get there
                return
            if step.moves:
                await _within(5, bracket.move_stop(Ticks(6)))
                if await _within(15, bracket.closed()):
                    return
        except DryfillError:  # refused, by the broker or by us
            await asyncio.sleep(1)
        await self._watching.flatten(desk, reason="time is up")

    async def _rest(self) -> None:
        before = self._watching.quiet
        for _ in range(_RESTS):  # an outage may be long, and nobody rests in it
            await asyncio.sleep(self._quiet_s)
            if self._watching.quiet > before:
                break

    async def _flatten(self, desk: Desk) -> None:
        for _ in range(_LEAVES):
            result = await self._watching.flatten(desk, reason="the minute is over")
            if result.ok:
                return
            await asyncio.sleep(30)


def _entry(desk: Desk, step: Step) -> OrderSpec:
    side, quote = Buy if step.long else Sell, desk.quote
    best = None if quote is None else (quote.bid if step.long else quote.ask)
    return side(step.qty, limit=best) if step.rests and best is not None else side(step.qty)


async def _within(seconds: float, work: Awaitable[None]) -> bool:
    """Whether something came about in time."""
    try:
        async with asyncio.timeout(seconds):
            await work
    except TimeoutError:
        return False
    return True
