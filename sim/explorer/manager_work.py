"""The order manager's own workload: a trader's minute, drawn by a seed.

One after the other it takes the steps of `work_steps`: brackets, long and short, at market and at a
limit, and where all is asked for pairs of exits, resting orders and guarded positions, too. It
moves and cancels and closes, while a plan strikes. Then it flattens until it is flat, and waits
until all has come to rest. Nothing here waits for the end of the data: that ends the client, and a
flatten that meets it proves nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from decimal import Decimal

from ...scenarios.plan_run import Played, Work
from ...trading.desk import Desk
from ...trading.errors import DryfillError, Refused
from ...trading.order import Buy, OrderSpec, Sell
from ...trading.orders.brackets.bracket import Bracket
from ...trading.price import Ticks
from ..oracles import Watch
from .work_steps import LEAVING, STAYING, Step, stays, step_of, steps_of

WORK_S = 60.0
"""For how long new steps begin. A third of it costs six tenths of a seed, and finds no more for the
same CPU time: of twelve broken managers 44 seeds in 97 s, and 45 in 102 s with the whole minute."""

_LEAVES, _RESTS, _ROUNDS = 20, 20, 10

_FAR = 500
"""Ticks that the market of the workload does not come to."""


class ManagerWork:
    """What the trader does. `only`: the steps that are played; none: all that begin within the
    minute. `began`: whether it ever came to trade. `on_step` hears of each step that begins."""

    def __init__(
        self,
        watching: Watch,
        seed: int,
        quiet_s: float,
        work: Work = "brackets",
        only: Sequence[Played] = (),
    ) -> None:
        self.began = False
        self.on_step: Callable[[int], None] = lambda number: None
        self._watching = watching
        self._seed = seed
        self._quiet_s = quiet_s
        self._work: Work = work
        self._only = only
        self._plays = {
            "bracket": self._bracket,
            "exits": self._exits,
            "orders": self._orders,
            "guard": self._guard,
            "stay": self._stay,
        }

    async def trade(self, desk: Desk) -> list[str]:
        """The first life: work for a minute, then leave."""
        self.began = True
        with suppress(Refused):  # data of trades alone has none: then no entry rests
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
        loop = asyncio.get_running_loop()
        until_s = loop.time() + WORK_S  # the wall clock may jump
        for step in steps_of(self._seed, self._work):
            if loop.time() >= until_s:
                break
            await self._play(desk, step)
        if stays(self._seed, self._work):
            await self._play(desk, step_of(self._seed, STAYING, self._work))

    async def _some(self, desk: Desk) -> None:
        """The steps that are left, each when it began among all, or when the last is over: the
        market is then as it was."""
        loop = asyncio.get_running_loop()
        for number, at_ns in self._only:
            await asyncio.sleep(max(at_ns / 1e9 - loop.time(), 0))
            await self._play(desk, step_of(self._seed, number, self._work))

    async def _play(self, desk: Desk, step: Step) -> None:
        """One step, until it is over; one at a time, because oracles judge a net position."""
        self.on_step(step.number)
        try:
            if await self._plays[step.does](desk, step):
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

    # --- what is done in a step; True: it left nothing behind ------------------------------------

    async def _bracket(self, desk: Desk, step: Step) -> bool:
        if step.patience_s < 1:  # given up while it is on its way (F34)
            await _within(step.patience_s, _open(desk, step))
            return False
        bracket = await _open(desk, step)
        if await _within(step.patience_s, bracket.closed()):
            if not bracket.entry.cum_qty:
                await asyncio.sleep(1)  # it did not get there
            return True
        if not step.moves:
            return False
        await _within(5, self._watching.move_stop(bracket, Ticks(6)))
        return await _within(15, bracket.closed())

    async def _exits(self, desk: Desk, step: Step) -> bool:
        """What an entry filled is closed by one of two orders, of which one is meant, or by the one
        that is left of them."""
        entry = await desk.place(_entry(desk, step))
        await _within(2, entry.done())
        price = entry.avg_px
        if entry.working or price is None:
            return False
        sign, side, tick = entry.side.sign, Sell if step.long else Buy, desk.instrument.tick
        far = 2 * tick if step.moves else 6 * tick
        near = desk.instrument.price(price, rounding="nearest")
        exits = (
            side(entry.cum_qty, limit=near + sign * far),
            side(entry.cum_qty, stop=near - sign * far),
        )
        group = await desk.oco(*exits)
        taken = group.members[0]
        if step.drops and taken is not None:
            await self._watching.cancel(desk, taken)
        outcome = await self._watching.done(group, step.patience_s)
        return not outcome.unresolved and group.finished and not desk.position

    async def _orders(self, desk: Desk, step: Step) -> bool:
        """Orders rest in the market; one is changed, some are cancelled, and then all."""
        best, tick = _best(desk, step), desk.instrument.tick
        if best is None:
            return False
        side, away = (Buy, -tick) if step.long else (Sell, tick)
        orders = [
            await desk.place(side(1, limit=best + away * (1 + n))) for n in range(2 * step.qty)
        ]
        if step.moves:
            with suppress(DryfillError):  # too late, or not answered: the order goes its way
                await _within(5, desk.modify(orders[-1], limit=best + 3 * away))
        await asyncio.sleep(min(step.patience_s, 2))
        await self._watching.cancel(desk, orders[0])
        return (await self._watching.cancel_all(desk)).ok and not desk.position

    async def _guard(self, desk: Desk, step: Step) -> bool:
        """What is held is guarded, a part of it closed, and the rest left to the guard."""
        entry = await desk.place(_entry(desk, step))
        await _within(2, entry.done())
        if not desk.position:
            return False
        guard = await desk.protect(stop=Ticks(6), target=Ticks(6))
        if step.moves and step.qty > 1:
            await _within(5, desk.close_position(1).done())
        await _within(step.patience_s, guard.ended())
        return False

    async def _stay(self, desk: Desk, step: Step) -> bool:
        """Something is held and protected while nothing happens (INV-07)."""
        await desk.bracket(_entry(desk, step), stop=Ticks(_FAR), target=Ticks(_FAR))
        await self._rest()
        return False


async def _open(desk: Desk, step: Step) -> Bracket:
    """A bracket with the levels that were drawn."""
    entry = _entry(desk, step)
    if step.levels == "split" and step.qty > 1:
        return await desk.bracket(
            entry, stop=Ticks(8), target=[Ticks(4), Ticks(8)], break_even=Ticks(3)
        )
    if step.levels == "close" and entry.limit is not None:
        # What lies less than a tick away is at the entry itself once it is on the grid (INV-15).
        at = desk.instrument.price(entry.limit, rounding="nearest")
        return await desk.bracket(entry, stop=at, target=at)
    return await desk.bracket(entry, stop=Ticks(8), target=Ticks(8))


def _entry(desk: Desk, step: Step) -> OrderSpec:
    side, best = Buy if step.long else Sell, _best(desk, step)
    return side(step.qty, limit=best) if step.rests and best is not None else side(step.qty)


def _best(desk: Desk, step: Step) -> Decimal | None:
    """The best price at which an order of the step's side rests."""
    quote = desk.quote
    return None if quote is None else quote.bid if step.long else quote.ask


async def _within(seconds: float, work: Awaitable[object]) -> bool:
    """Whether something came about in time."""
    try:
        async with asyncio.timeout(seconds):
            await work
    except TimeoutError:
        return False
    return True
