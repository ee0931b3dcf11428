"""What a race's script does and looks at, in the page's own numbers.

Prices and sizes are the page's: where the family trades the mirror image at five times the size,
they are turned and multiplied on the way in, and turned back on the way out.
"""

import asyncio
from collections.abc import Awaitable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from dryfill.sim.oracles import Watch
from dryfill.sim.oracles.port import Sent
from dryfill.sim.scenario.eyes import Eyes, duty_of
from dryfill.sim.scenario.family import Member
from dryfill.trading.desk import Desk
from dryfill.trading.order import Buy, OrderSpec, Sell
from dryfill.trading.orders.brackets.bracket import Bracket
from dryfill.trading.orders.handle import CancelResult, Order


class RaceTrader:
    """The hands and the eyes of a race's script."""

    def __init__(
        self, world: Any, watching: Watch, made: Member, mirror: Decimal, start_ns: int
    ) -> None:
        self.world = world
        self.watching = watching
        self.exact = not made.how.seed
        self.summed = made.how.summed
        self.eyes = Eyes(world, made.how, mirror, start_ns)
        self.side = self.eyes.side
        self._start_ns = start_ns
        self._how = made.how
        self._moment = made.moment

    def begin(self, desk: Desk) -> None:
        self.desk = desk
        self.manager = desk.manager

    # --- hands ------------------------------------------------------------------------------------

    async def at(self, ms: float) -> None:
        """Wait until a moment of the page; at once where it has passed."""
        at_ns = self._start_ns + self._moment(round(ms * 1e6))
        await asyncio.sleep(max(at_ns - self.world.loop.now_ns, 0) / 1e9)

    async def rest(self, seconds: float = 40) -> None:
        """Wait until all has come to rest."""
        await asyncio.sleep(seconds)

    def seconds(self, ms: float) -> float:
        """A span from the start of the page, in seconds of this run."""
        return self._moment(round(ms * 1e6)) / 1e9

    def buy(self, qty: int, **prices: Any) -> OrderSpec:
        return self._spec(Buy, Sell, qty, prices)

    def sell(self, qty: int, **prices: Any) -> OrderSpec:
        return self._spec(Sell, Buy, qty, prices)

    async def bracket(self, entry: OrderSpec, **levels: Any) -> Bracket:
        """As `desk.bracket`; prices as text are the page's."""
        for name in ("stop", "target"):
            if name in levels:
                levels[name] = self._level(levels[name])
        return await self.desk.bracket(entry, **levels)

    def px(self, price: str) -> Decimal:
        """A price of the page, as it is here; and the other way round."""
        return self.eyes.px(Decimal(price))

    def qty(self, contracts: int) -> int:
        return self.eyes.qty(contracts)

    def start(self, work: Awaitable[Any]) -> "asyncio.Task[Any]":
        """Do something beside the script, as another task of the strategy's would."""
        return self.world.process.spawn(_awaited(work), "beside")

    async def cancel(self, order: Order) -> CancelResult:
        return await self.watching.cancel(self.desk, order)

    async def flatten(self) -> Any:
        return await self.watching.flatten(self.desk)

    def _spec(self, kind: Any, mirrored: Any, qty: int, prices: dict[str, Any]) -> OrderSpec:
        turned = {
            name: self._level(value) if name in ("limit", "stop") else value
            for name, value in prices.items()
        }
        made: OrderSpec = (mirrored if self._how.mirrored else kind)(self.qty(qty), **turned)
        return made

    def _level(self, level: Any) -> Any:
        if isinstance(level, str):
            return self.px(level)
        if isinstance(level, list):
            return [self._level(each) for each in level]
        if isinstance(level, tuple):
            return (self.qty(level[0]), self._level(level[1]))
        return level

    # --- eyes: the broker's truth -----------------------------------------------------------------

    @property
    def now_ms(self) -> float:
        return (self.world.loop.now_ns - self._start_ns) / 1e6

    @property
    def sent(self) -> list[Sent]:
        """Every request that left."""
        return self.eyes.sent

    @property
    def held(self) -> Fraction:
        """Contracts held at the broker, signed, in the page's numbers."""
        return self.eyes.held

    @property
    def working(self) -> dict[str, Fraction]:
        """Contracts that work at the broker, by what the order is for, "" for plain ones and
        "foreign" for what is not ours."""
        return self.eyes.by_duty

    @property
    def protected(self) -> bool:
        """Nothing but stops for what is held, and targets for no more than that."""
        held, works = abs(self.held), self.working
        return works.get("stop", 0) == held and works.get("target", 0) in (0, held)

    @property
    def flat(self) -> bool:
        """Nothing is held and nothing of ours works."""
        return not self.held and not [duty for duty in self.working if duty != "foreign"]

    def prices(self) -> dict[str, Decimal]:
        """Where one order of each duty works: its trigger, or its limit."""
        found = {}
        for order in self.world.desk.open_orders(None):
            px = order.stop_px if order.stop_px is not None else order.price
            found[duty_of(self.world.desk.known_as(order.order_id))] = self.px(str(px))
        return found

    def stops(self) -> list[Decimal]:
        """Where stops work, in the page's prices."""
        orders = self.world.desk.open_orders(None)
        return [self.px(str(o.stop_px)) for o in orders if o.stop_px is not None]

    def filled(self, duty: str) -> Fraction:
        """Contracts that orders of a duty filled."""
        return self.eyes.filled(duty or "order")

    def incidents(self, kind: str) -> int:
        return self.eyes.incidents(kind)

    def placed(self, duty: str) -> list[Sent]:
        """Orders of a duty that left for the broker, each attempt."""
        return self.eyes.placed(duty or "order")

    def placed_ms(self, duty: str) -> list[float]:
        """When they left, in ms from the start of this run."""
        return [self.ms(sent) for sent in self.placed(duty)]

    def ms(self, sent: Sent) -> float:
        return (sent.time_ns - self._start_ns) / 1e6

    def asked(self, do: str, duty: str = "") -> list[Sent]:
        """Changes, cancels or looks that left for the broker."""
        if duty:
            return self.eyes.asked(do, duty)
        return [sent for sent in self.sent if sent.do == do]


async def _awaited(work: Awaitable[Any]) -> Any:
    return await work
