"""What a race's script does and looks at, in the page's own numbers.

Prices and sizes are the page's: where the family trades the mirror image at five times the size,
they are turned and multiplied on the way in, and turned back on the way out.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from dryfill.sim.oracles import Watch
from dryfill.sim.oracles.port import PortEvent, Sent, WatchedPort
from dryfill.trading.desk import Desk
from dryfill.trading.order import Buy, OrderSpec, Sell
from dryfill.trading.orders import tags
from dryfill.trading.orders.brackets.bracket import Bracket
from dryfill.trading.orders.handle import CancelResult, Order


class RaceTrader:
    """The hands and the eyes of a race's script."""

    def __init__(
        self,
        world: Any,
        watching: Watch,
        how: Any,
        moment: Callable[[float], int],
        mirror: Decimal,
        start_ns: int,
    ) -> None:
        self.world = world
        self.watching = watching
        self.exact = not how.seed
        self.summed = how.summed
        self.side = -1 if how.mirrored else 1
        self.sent: list[Sent] = []
        self._start_ns = start_ns
        self._how = how
        self._moment = moment
        self._mirror = mirror
        self._before()

    def begin(self, desk: Desk) -> None:
        self.desk = desk
        self.manager = desk.manager

    def _before(self) -> None:
        port = WatchedPort(self.world.broker, lambda: self.world.loop.now_ns, self._heard)
        self.world.broker = port

    def _heard(self, event: PortEvent) -> None:
        if isinstance(event, Sent):
            self.sent.append(event)

    # --- hands ------------------------------------------------------------------------------------

    async def at(self, ms: float) -> None:
        """Wait until a moment of the page; at once where it has passed."""
        await asyncio.sleep(
            max(self._start_ns + self._moment(ms) - self.world.loop.now_ns, 0) / 1e9
        )

    async def rest(self, seconds: float = 40) -> None:
        """Wait until all has come to rest."""
        await asyncio.sleep(seconds)

    def seconds(self, ms: float) -> float:
        """A span from the start of the page, in seconds of this run."""
        return self._moment(ms) / 1e9

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
        given = Decimal(price)
        return self._mirror - given if self._how.mirrored else given

    def qty(self, contracts: int) -> int:
        return contracts * self._how.size

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
    def held(self) -> Fraction:
        """Contracts held at the broker, signed, in the page's numbers."""
        held = self.world.account.holding(self.desk.instrument).qty
        return Fraction(self.side * held, self._how.size)

    @property
    def working(self) -> dict[str, Fraction]:
        """Contracts that work at the broker, by what the order is for, "" for plain ones and
        "foreign" for what is not ours."""
        found: Counter[str] = Counter()
        for order in self.world.desk.open_orders(None):
            found[duty_of(self.world.desk.known_as(order.order_id))] += order.leaves_qty
        return {duty: Fraction(qty, self._how.size) for duty, qty in found.items()}

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
        qty = sum(
            record.cum_qty
            for record in self.world.desk.orders.values()
            if duty_of(record.known_as) == duty
        )
        return Fraction(qty, self._how.size)

    def incidents(self, kind: str) -> int:
        return sum(incident.kind == kind for incident in self.manager.view.incidents)

    def placed(self, duty: str) -> list[Sent]:
        """Orders of a duty that left for the broker, each attempt."""
        return [
            sent
            for sent in self.sent
            if sent.request is not None and duty_of(sent.request.cl_ord_id) == duty
        ]

    def placed_ms(self, duty: str) -> list[float]:
        """When they left, in ms from the start of this run."""
        return [self.ms(sent) for sent in self.placed(duty)]

    def ms(self, sent: Sent) -> float:
        return (sent.time_ns - self._start_ns) / 1e6

    def asked(self, do: str, duty: str = "") -> list[Sent]:
        """Changes, cancels or looks that left for the broker."""
        return [s for s in self.sent if s.do == do and (not duty or self._duty(s) == duty)]

    def _duty(self, sent: Sent) -> str:
        record = self.world.desk.orders.get(int(sent.order_id or 0))
        return "" if record is None else duty_of(record.known_as)


def duty_of(tag_text: str) -> str:
    tag = tags.parse(tag_text)
    return "foreign" if tag is None else tag.duty


async def _awaited(work: Awaitable[Any]) -> Any:
    return await work
