"""What is true of a run, at the broker and of what left for it, in the page's own numbers.

Where the family trades the mirror image at five times the size, sizes and prices are turned back.
"""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ...scenarios.scenario import Ending
from ...trading.desk import Desk
from ...trading.order import ExecutionReport
from ...trading.orders import tags
from ..oracles.port import Delivered, PortEvent, Sent, WatchedPort
from ..oracles.watched import World
from .family import Variation

FOREIGN = "foreign"


class Eyes:
    """Looks on from before a run begins. `start_ns`: where the page begins; `sent`: every request
    that left; `reports`: the last that the client was told of each order, by the broker's id."""

    def __init__(self, world: World, how: Variation, mirror: Decimal, start_ns: int) -> None:
        self.sent: list[Sent] = []
        self.reports: dict[str, ExecutionReport] = {}
        self.on_report: Callable[[], None] = lambda: None
        self.managers: list[Any] = []
        self.side = -1 if how.mirrored else 1
        self._world = world
        self._how = how
        self._mirror = mirror
        self._start_ns = start_ns
        self.restarted()
        self._opened_before = world.opened
        world.opened = self._opened

    def restarted(self) -> None:
        """Stand before the world's new port."""
        world = self._world
        port = WatchedPort(world.broker, lambda: world.loop.now_ns, self._heard)
        world.broker = port

    def _opened(self, desk: Desk) -> None:
        self._opened_before(desk)
        self.managers.append(desk.manager)

    def _heard(self, event: PortEvent) -> None:
        if isinstance(event, Sent):
            self.sent.append(event)
        elif isinstance(event, Delivered) and isinstance(event.event, ExecutionReport):
            self.reports[event.event.order.order_id] = event.event
            self.on_report()

    # --- the page's numbers -----------------------------------------------------------------------

    def px(self, price: Decimal) -> Decimal:
        """A price of the page, as it is here; and the other way round."""
        return self._mirror - price if self._how.mirrored else price

    def qty(self, contracts: int) -> int:
        """Contracts of the page, as they are here."""
        return contracts * self._how.size

    def of_page(self, contracts: int) -> Fraction:
        """Contracts that are here, on the page."""
        return Fraction(contracts, self._how.size)

    def since_start(self, at_ns: int) -> int:
        """A time of the run in ns from where the page begins."""
        return at_ns - self._start_ns

    # --- the broker's truth -----------------------------------------------------------------------

    @property
    def held(self) -> Fraction:
        """Contracts held at the broker, signed."""
        qty = self._world.account.holding(self._world.setup.instrument).qty
        return self.side * self.of_page(qty)

    def working(self, role: str = "") -> Fraction:
        """Contracts that work at the broker; without a role, of all orders that are ours."""
        open_orders = self._world.desk.open_orders(None)
        return self.of_page(
            sum(order.leaves_qty for order in open_orders if self._is(order.order_id, role))
        )

    @property
    def by_duty(self) -> dict[str, Fraction]:
        """Contracts that work at the broker, by what the order is for, "" for plain ones and
        "foreign" for what is not ours."""
        found: Counter[str] = Counter()
        for order in self._world.desk.open_orders(None):
            found[duty_of(self._world.desk.known_as(order.order_id))] += order.leaves_qty
        return {duty: self.of_page(qty) for duty, qty in found.items()}

    @property
    def ending(self) -> Ending:
        """How the account stands: flat, and nothing of ours works; protected by stops for exactly
        what is held, and targets for it or none; bare, where stops for less work; or working, where
        something else of ours does."""
        held = self.held
        stops = targets = others = Fraction(0)
        for order in self._world.desk.open_orders(None):
            tag = tags.parse(self._world.desk.known_as(order.order_id))
            if tag is None:
                continue
            qty = self.of_page(order.leaves_qty)
            closes = self.side * order.side.sign * held < 0 and not tag.opens
            if not closes:
                others += qty
            elif order.stop_px is not None:
                stops += qty
            else:
                targets += qty
        if not held:
            return "working" if others else "flat"
        if stops < abs(held):
            return "bare"
        exact = stops == abs(held) and targets in (0, abs(held)) and not others
        return "protected" if exact else "working"

    def prices(self, role: str) -> list[Decimal]:
        """Where orders of a role work: their triggers, or their limits."""
        found = []
        for order in self._world.desk.open_orders(None):
            px = order.stop_px if order.stop_px is not None else order.price
            if px is not None and self._is(order.order_id, role):
                found.append(self.px(px))
        return found

    def filled(self, role: str) -> Fraction:
        """Contracts that orders of a role filled."""
        records = self._world.desk.orders.values()
        return self.of_page(sum(r.cum_qty for r in records if has_role(r.known_as, role)))

    def incidents(self, kind: str) -> int:
        """Incidents of a kind, in all lives of the program."""
        found = [i for manager in self.managers for i in manager.view.incidents]
        return sum(incident.kind == kind for incident in found)

    # --- what left --------------------------------------------------------------------------------

    def placed(self, role: str = "") -> list[Sent]:
        """Orders of a role that left for the broker, each attempt."""
        return [
            sent
            for sent in self.sent
            if sent.request is not None and has_role(sent.request.cl_ord_id, role)
        ]

    def asked(self, do: str, role: str = "") -> list[Sent]:
        """Changes or cancels of a role that left for the broker."""
        return [s for s in self.sent if s.do == do and (not role or self._is(s.order_id, role))]

    def moved_to(self, role: str) -> list[Decimal]:
        """The prices to which orders of a role were moved, in order."""
        changes = [sent.change for sent in self.asked("modify", role)]
        prices = [c.price if c.stop_px is None else c.stop_px for c in changes if c is not None]
        return [self.px(price) for price in prices if price is not None]

    # --- what the client was told -----------------------------------------------------------------

    def told(self, role: str) -> list[ExecutionReport]:
        """The last report of each order of a role that reached the client."""
        return [report for key, report in self.reports.items() if self._is(key, role)]

    def _is(self, order_id: str, role: str) -> bool:
        return has_role(self._world.desk.known_as(order_id), role)


def has_role(tag_text: str, role: str) -> bool:
    """Whether an order has a role: "stop", "target2", "target" for each of them, "order" for one of
    nothing, "foreign" for one that is not ours, "" for any that is."""
    tag = tags.parse(tag_text)
    if tag is None or role == FOREIGN:
        return tag is None and role == FOREIGN
    return role in ("", tag.role or "order", tag.duty or "order")


def duty_of(tag_text: str) -> str:
    """What an order is for, by its tag: "" for a plain one, "foreign" for one that is not ours."""
    tag = tags.parse(tag_text)
    return FOREIGN if tag is None else tag.duty
