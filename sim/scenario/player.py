"""Plays the steps of a scenario at a trader's desk.

A step begins at its moment, and never before the one before has begun; its act goes on beside the
next ones. A program that has crashed goes on, in its next life, with the steps that had not begun.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ...scenarios.acts import (
    Act,
    BracketAct,
    Cancel,
    CancelAll,
    ClosePosition,
    Flatten,
    Modify,
    MoveStop,
    Oco,
    Place,
    Protect,
    Unprotect,
    WindDown,
)
from ...scenarios.happenings import Heard, Reached
from ...scenarios.references import meant
from ...scenarios.scenario import Step
from ...scenarios.sentence import Level
from ...trading.desk import Desk
from ...trading.errors import DryfillError
from ...trading.order import Buy, OrderSpec, Sell
from ...trading.orders.brackets.bracket import Bracket
from ...trading.orders.exits.flatten_core import FlattenResult
from ...trading.orders.groups.group import Group
from ...trading.orders.guards.guard import Guard
from ...trading.orders.handle import Order
from ...trading.price import Ticks
from ...trading.words import Side
from ..oracles import Watch
from ..oracles.watched import World
from .eyes import Eyes
from .family import Member


@dataclass
class Begun:
    """A step that has begun, in the `life`-th life of the program. `handle`: what it sent;
    `result`: what it came to; `error`: in what it failed; `end_ns`: when it was done."""

    step: Step
    number: int
    task: "asyncio.Task[None] | None" = None
    handle: Any = None
    result: Any = None
    error: Exception | None = None
    life: int = 1
    end_ns: int | None = None

    @property
    def reads(self) -> str:
        """What it came to, in words."""
        if self.error is not None:
            return f"{type(self.error).__name__}: {self.error}"
        return _words(self.handle if self.result is None else self.result)


class Player:
    """Plays a scenario's steps. `begun`: those that have, in order."""

    def __init__(
        self, steps: tuple[Step, ...], world: World, watching: Watch, eyes: Eyes, run: Member
    ) -> None:
        self.begun: list[Begun] = []
        self._steps = steps
        self._world = world
        self._watching = watching
        self._eyes = eyes
        self._run = run
        self._life = 0
        self._begun_ns = 0  # of the page: when the last step began by what is written
        self._changed = asyncio.Event()
        self._eyes.on_report = self._changed.set

    async def play(self, desk: Desk) -> None:
        """Begin every step that has not begun; returns when all are done."""
        self._desk = desk
        self._life += 1
        while len(self.begun) < len(self._steps):
            step = self._steps[len(self.begun)]
            result = await self._moment(step)
            begun = self._begin(step)
            if begun.step.act is None:
                begun.result = result
        for each in self.begun:
            await self._finished(each)

    async def until(self, page_ns: int) -> None:
        """Wait for a moment of the page; at once where it has passed."""
        at_ns = self._run.moment(page_ns)
        await asyncio.sleep(max(at_ns - self._eyes.since_start(self._world.loop.now_ns), 0) / 1e9)

    # --- when -------------------------------------------------------------------------------------

    async def _moment(self, step: Step) -> Any:
        """Wait for the step's moment; what was waited for."""
        if step.at is not None:
            self._begun_ns = max(step.at, self._begun_ns)
            await self.until(step.at)
        elif step.after is not None:
            await asyncio.sleep(self._span_s(step.after))
        elif step.when is not None:
            return await self._happened(step)
        elif self.begun:
            await self._finished(self.begun[-1])
        return None

    async def _happened(self, step: Step) -> Any:
        awaited = step.awaits
        if isinstance(awaited, Heard):
            await self._heard(awaited)
            return None
        assert isinstance(awaited, Reached)
        begun = self._meant(len(self.begun), awaited.of, awaited.standing)
        return await _reached(await self._handle(begun), awaited.standing)

    async def _heard(self, awaited: Heard) -> None:
        while not self._told(awaited):
            self._changed.clear()
            await self._changed.wait()

    def _told(self, awaited: Heard) -> bool:
        reports = self._eyes.told(awaited.role)
        if awaited.told == "filled":
            filled = sum(report.order.cum_qty for report in reports)
            return filled >= self._eyes.qty(awaited.qty)
        over = [report.order.ord_status.terminal for report in reports]
        return bool(over) and (all(over) if awaited.told == "over" else not all(over))

    def _span_s(self, ns: int) -> float:
        """A span from the step's moment on the page, in seconds of this run."""
        return (self._run.moment(self._begun_ns + ns) - self._run.moment(self._begun_ns)) / 1e9

    # --- doing ------------------------------------------------------------------------------------

    def _begin(self, step: Step) -> Begun:
        """Start a step's act beside this."""
        number = len(self.begun) + 1
        begun = Begun(step, number, life=self._life)
        begun.task = self._world.process.spawn(self._done(begun), f"step {number}")
        self.begun.append(begun)
        return begun

    async def _done(self, begun: Begun) -> None:
        act, patience = begun.step.does, begun.step.patience
        try:
            if act is not None:
                async with asyncio.timeout(None if patience is None else self._span_s(patience)):
                    begun.result = await self._act(act, begun)
        except (DryfillError, TimeoutError) as error:
            begun.error = error
        begun.end_ns = self._eyes.since_start(self._world.loop.now_ns)

    async def _finished(self, begun: Begun) -> None:
        """Wait until a step is done; one of a life that has ended is."""
        task = begun.task
        if task is not None and not task.done() and begun.life == self._life:
            await asyncio.wait([task])

    async def _act(self, act: Act, begun: Begun) -> Any:
        result: Any = await _ACTS[type(act)](self, act, begun)
        return result

    async def _place(self, act: Place, begun: Begun) -> None:
        desk, spec = self._desk, self._spec(act)
        market = desk.prices.trigger(desk.instrument, spec.side)
        begun.handle = desk.manager.place(desk.instrument, spec, market=market)
        await begun.handle.accepted()

    async def _bracket(self, act: BracketAct, begun: Begun) -> None:
        targets = [self._level(level) for level in act.targets]
        timeout = None if act.timeout_ns is None else self._span_s(act.timeout_ns)
        begun.handle = await self._desk.bracket(
            self._spec(act.entry),
            stop=self._level(act.stop),
            target=targets if len(targets) > 1 else targets[0] if targets else None,
            break_even=act.break_even,
            trail=act.trail,
            entry_timeout=timeout,
        )

    async def _oco(self, act: Oco, begun: Begun) -> None:
        begun.handle = await self._desk.oco(*(self._spec(order) for order in act.orders))

    async def _protect(self, act: Protect, begun: Begun) -> None:
        stop, target = (
            None if level is None else self._level(level) for level in (act.stop, act.target)
        )
        begun.handle = await self._desk.protect(stop=stop, target=target)

    async def _unprotect(self, act: Unprotect, begun: Begun) -> None:
        begun.handle = self._desk.unprotect()

    async def _modify(self, act: Modify, begun: Begun) -> None:
        order = await self._order(act.of, begun)
        await self._desk.modify(
            order,
            qty=None if act.qty is None else self._eyes.qty(act.qty),
            limit=None if act.limit is None else self._eyes.px(act.limit),
            stop=None if act.stop is None else self._eyes.px(act.stop),
        )

    async def _move_stop(self, act: MoveStop, begun: Begun) -> None:
        bracket = await self._handle(self._meant(begun.number - 1, act.of, "moved"))
        await self._watching.move_stop(bracket, self._eyes.px(act.price))

    async def _cancel(self, act: Cancel, begun: Begun) -> Any:
        return await self._watching.cancel(self._desk, await self._order(act.of, begun))

    async def _cancel_all(self, act: CancelAll, begun: Begun) -> Any:
        return await self._desk.cancel_all(keep_protection=act.keep_protection)

    async def _close(self, act: ClosePosition, begun: Begun) -> Any:
        qty = None if act.qty is None else self._eyes.qty(act.qty)
        limit = None if act.limit is None else self._eyes.px(act.limit)
        begun.handle = self._desk.close_position(qty, limit=limit)
        return await begun.handle.done()

    async def _flatten(self, act: Flatten, begun: Begun) -> Any:
        return await self._watching.flatten(self._desk)

    async def _wind_down(self, act: WindDown, begun: Begun) -> Any:
        within_s = None if act.within_ns is None else act.within_ns / 1e9
        return await self._desk.manager.wind_down(within_s)

    # --- how --------------------------------------------------------------------------------------

    def _spec(self, order: Place) -> OrderSpec:
        buys = (order.side is Side.BUY) == (self._eyes.side > 0)
        limit, stop = (
            None if px is None else self._eyes.px(px) for px in (order.limit, order.stop)
        )
        make: Callable[..., OrderSpec] = Buy if buys else Sell
        return make(self._eyes.qty(order.qty), limit=limit, stop=stop, tif=order.tif)

    def _level(self, level: Level) -> Ticks | Decimal:
        return level if isinstance(level, Ticks) else self._eyes.px(level)

    def _meant(self, before: int, name: str, what: str) -> Begun:
        """The step of a name, or the last one before a place with which this can be done."""
        place = meant(self._steps, before, name, what)
        assert place is not None, "the scenario was checked"
        return self.begun[place]

    async def _handle(self, begun: Begun) -> Any:
        """What a step sent, once it has: a bracket's entry must be answered before it is held."""
        if begun.handle is None:
            await self._finished(begun)
        if begun.handle is None:
            raise begun.error or asyncio.CancelledError
        return begun.handle

    async def _order(self, name: str, begun: Begun) -> Order:
        handle = await self._handle(self._meant(begun.number - 1, name, "changed"))
        return handle.entry if isinstance(handle, Bracket) else handle


_ACTS: dict[type, Callable[..., Awaitable[Any]]] = {
    Place: Player._place,
    BracketAct: Player._bracket,
    Oco: Player._oco,
    Protect: Player._protect,
    Unprotect: Player._unprotect,
    Modify: Player._modify,
    MoveStop: Player._move_stop,
    Cancel: Player._cancel,
    CancelAll: Player._cancel_all,
    ClosePosition: Player._close,
    Flatten: Player._flatten,
    WindDown: Player._wind_down,
}


async def _reached(handle: Any, standing: str) -> Any:
    """Wait until what was sent stands so; what it came to."""
    if standing == "answered":
        order = handle.entry if isinstance(handle, Bracket) else handle
        return await order.answered()
    if standing == "protected":
        return await handle.protected()
    if standing == "closed":
        return await handle.closed()
    return await (handle.ended() if isinstance(handle, Guard) else handle.done())


def _words(result: Any) -> str:
    """What came of a step, as a check reads it."""
    if isinstance(result, Order):
        return result.status.name.lower().replace("_", " ")
    if isinstance(result, Group):
        return str(result.outcome)
    if isinstance(result, FlattenResult):
        if not result.ok:
            return f"not flat: {result.position} held"
        return "flat" if result.confirmed else "flat, not confirmed"
    if isinstance(result, list):  # what winding down left
        return ", ".join(incident.kind for incident in result) or "nothing left"
    return str(result)
