"""A trader's minute under a plan that was drawn, judged by every oracle.

One after the other it opens brackets, long and short, moves their stops and closes
them, while the plan of a seed strikes; then it flattens until it is flat, and waits until
all has come to rest. Nothing here waits for the end of the data: that ends the client, and a
flatten that meets it proves nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from functools import cache
from random import Random
from typing import Any

import numpy as np

from dryfill.matching.rules import Rules
from dryfill.scenarios.plan import Plan
from dryfill.scenarios.plan_text import plan_to_toml
from dryfill.sim.backtest import World
from dryfill.sim.desk.fees import fee_schedule
from dryfill.sim.faults.draw import Profile, draw_plan
from dryfill.sim.oracles import Bounds, Findings, Watch, watch
from dryfill.sim.oracles.plan_outages import settles_s
from dryfill.sim.setup import Setup
from dryfill.sim.wire.latency import latency_profile
from dryfill.trading import instruments
from dryfill.trading.calendar import calendar
from dryfill.trading.errors import DryfillError
from dryfill.trading.order import Buy, Sell
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.price import Ticks
from dryfill.trading.tape import QuoteRows, Tape, TradeRows, make_tape

T0 = 1_709_564_400_000_000_000  # 2024-03-04 15:00 UTC
MINUTE_S = 60.0
_STEP_NS = 50_000_000
_STEPS = 3000
_LATEST_NS = 4 * 3600 * 10**9  # the last row: no run waits for so long


def run(
    seed: int,
    profile: Profile,
    *,
    latency: str = "25ms",
    in_place: bool = True,
    world_of: Callable[[Setup], Any] = World,
) -> Findings:
    """Play a seed and judge it; `in_place`: the broker changes orders as they are. Raises with the
    seed, the plan that fired and what replays it.

    In a rehearsal (`world_of`) the plan may keep the session from standing at all, which is as it
    should be: then nothing was judged.
    """
    plan = draw_plan(seed, profile)
    world = world_of(_setup(seed, plan, latency, in_place))
    quiet_s = settles_s(plan) + 2 * world.setup.settings.reconcile_s + 1
    watching = watch(world, Bounds(quiet_s=quiet_s, rate_most=_RATE_MOST))
    trader = _Trader(watching, Random(f"drawn {seed}"), quiet_s)
    try:
        try:
            record = world.run(trader.trade)
        except DryfillError:
            if trader.began:
                raise
            return watching.report()
        watching.check()
        found = watching.report()
        assert found.quiet, "the run never came to rest"
        assert not record.open_position, f"{record.open_position} held at the end"
    except BaseException as error:
        error.add_note(_note(seed, profile, plan, world, watching))
        raise
    return found


_RATE_MOST = 400
"""A session that keeps the budget of 200 in a minute stands between this port and a server, and
makes what is not urgent wait (INV-16 is its oracle's); here only a storm would be wrong."""


class _Trader:
    """What the trader does in the minute; dice of his own, so that a plan may lose a fault and he
    does the same."""

    def __init__(self, watching: Watch, dice: Random, quiet_s: float) -> None:
        self._watching = watching
        self._dice = dice
        self._quiet_s = quiet_s
        self.began = False

    async def trade(self, desk: Any) -> list[str]:
        self.began = True
        until_ns = T0 + round(MINUTE_S * 1e9)
        while desk.now_ns < until_ns:
            await self._one(desk)
        for _ in range(10):  # other hands may trade on after a flatten, and be told of late
            await self._leave(desk)
            await self._rest()
            if not desk.position:
                break
        return []

    async def _one(self, desk: Any) -> None:
        """One bracket, until it is over; one at a time, because oracles judge a net position."""
        dice = self._dice
        entry = dice.choice((Buy, Sell))(dice.randint(1, 3))
        patience_s, moves = dice.choice((2, 20)), dice.random() < 0.5
        try:
            bracket = await desk.bracket(entry, stop=Ticks(8), target=Ticks(8))
            if await _within(patience_s, bracket.closed()):
                if not bracket.entry.cum_qty:
                    await asyncio.sleep(1)  # it did not get there
                return
            if moves:
                await _within(5, bracket.move_stop(Ticks(6)))
                if await _within(15, bracket.closed()):
                    return
        except DryfillError:  # refused, by the broker or by us
            await asyncio.sleep(1)
        await self._watching.flatten(desk, reason="time is up")

    async def _rest(self) -> None:
        before = self._watching.quiet
        for _ in range(20):  # an outage may be long, and nobody rests in it
            await asyncio.sleep(self._quiet_s)
            if self._watching.quiet > before:
                break

    async def _leave(self, desk: Any) -> None:
        for _ in range(20):
            result = await self._watching.flatten(desk, reason="the minute is over")
            if result.ok:
                return
            await asyncio.sleep(30)


async def _within(seconds: float, work: Awaitable[None]) -> bool:
    """Whether something came about in time."""
    try:
        async with asyncio.timeout(seconds):
            await work
    except TimeoutError:
        return False
    return True


def _setup(seed: int, plan: Plan, latency: str, in_place: bool) -> Setup:
    tape = _market()
    return Setup(
        instrument=instruments.find("MNQ"),
        tape=tape,
        start_ns=tape.start_ns,
        calendar=calendar("always"),
        rules=Rules(protection=24),
        latency=latency_profile(latency),
        fees=fee_schedule(None),
        cash=Decimal(50_000),
        seed=seed,
        settings=OrderSettings(
            reconcile_s=20, reconcile_lossless_s=20
        ),  # so that such rounds come, and rest is near
        plan=plan if plan.faults else None,
        modify_in_place=in_place,
    )


@cache
def _market() -> Tape:
    """A random walk of MNQ for two and a half minutes; then it stands."""
    dice, mid, quotes, trades = Random("drawn market"), 80_000, [], []
    for step in range(_STEPS):
        mid += dice.choice((-2, -1, 0, 0, 1, 2))
        at_ns = T0 + step * _STEP_NS
        quotes.append((2 * step, at_ns, mid, dice.randint(1, 4), mid + 1, dice.randint(1, 4)))
        trades.append((2 * step + 1, at_ns + 10_000_000, mid + dice.randint(0, 1), 2, 0))
    quotes.append((2 * _STEPS, T0 + (_STEPS + 1) * _STEP_NS, mid, 100, mid + 1, 100))
    quotes.append((2 * _STEPS + 1, T0 + _LATEST_NS, mid, 100, mid + 1, 100))
    columns = [
        [np.array(column, np.int64) for column in zip(*rows, strict=True)]
        for rows in (quotes, trades)
    ]
    return make_tape(QuoteRows(*columns[0]), TradeRows(*columns[1]))


def _note(seed: int, profile: str, plan: Plan, world: Any, watching: Watch) -> str:
    fired = plan if world.faults is None else world.faults.log.fired_plan()
    return "\n".join(
        (
            f"{profile}, seed {seed}; what of the plan fired:",
            plan_to_toml(fired),
            "what happened:",
            *watching.trace,
            "replay with:",
            f"DRAWN_SEED={seed} python -m pytest "
            f"tests/trading/orders/world/test_drawn_plans.py -k {profile}",
        )
    )
