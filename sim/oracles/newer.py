"""INV-17: newer news wins, and what comes late undoes nothing."""

from decimal import Decimal

from msgspec import Struct

from ...trading.order import OrderState
from ...trading.orders.handle import Order
from ...trading.orders.order_core import OrderCore
from .oracle import Oracle
from .port import Answered, Delivered
from .scene import Scene


class _Old(Struct):
    """The answer to a question showed an order as it was before: with the numbers `shown`, when the
    manager had newer ones, and wished to keep them. `heard_ns`: it takes it in after us."""

    order: Order
    shown: tuple[int, Decimal | None, Decimal | None]
    heard_ns: int


class NewerWins(Oracle):
    """INV-17: for the manager an order never goes back, from ended to working, or to fewer filled
    but for what the venue took back; and what a question shows of it that is older than what the
    stream told does not bring its old size and prices back. Premise: news that was older than what
    the manager had been told."""

    name = "INV-17"

    def __init__(self, scene: Scene) -> None:
        self.premise = 0
        self._scene = scene
        self._newest_ns: dict[str, int] = {}
        self._told_ns: dict[str, int] = {}  # of what the stream told: no answer has to be taken in
        self._stood: dict[str, tuple[bool, int]] = {}
        self.timed = self._old = list[_Old]()

    def on_report(self, event: Delivered) -> None:
        state = event.report.order
        order_id, at_ns = state.order_id, state.time_ns
        if at_ns < self._newest_ns.get(order_id, 0):
            self.premise += 1
        else:
            self._newest_ns[order_id] = at_ns
        if at_ns > self._told_ns.get(order_id, 0):
            self._told_ns[order_id] = at_ns
        self._look(self._scene.subject)

    def on_outcome(self, event: Answered) -> None:
        self._look(self._scene.subject)

    def on_answer(self, event: Answered) -> None:
        newest, told = self._newest_ns, self._told_ns
        for state in self._scene.shown:  # of all orders, mostly, again and again
            order_id, at_ns = state.order_id, state.time_ns
            if at_ns < newest.get(order_id, 0):
                self.premise += 1
            else:
                newest[order_id] = at_ns
            if at_ns < told.get(order_id, 0):
                self._was(state, event.time_ns)
        self._look(self._scene.subject)

    def _look(self, order: Order | None) -> None:
        if order is None:
            return
        stands = not order.working, order.cum_qty
        stood = self._stood.get(order.cl_ord_id, (False, 0))
        self._stood[order.cl_ord_id] = stands
        fewer = stood[1] - stands[1]
        if stands[0] < stood[0] or fewer > self._scene.voids.of(order.order_id):
            self._scene.violate(
                self.name,
                f"{order.describe()} was {_words(stood)} for the manager and is {_words(stands)}",
            )

    def on_step(self, now_ns: int) -> None:
        due = [old for old in self._old if old.heard_ns < now_ns]
        self._old[:] = [old for old in self._old if old.heard_ns >= now_ns]
        for old in due:
            if old.order.working and _numbers(old.order.core) == old.shown:
                self._scene.violate(
                    self.name,
                    f"an old answer brought the numbers {_told(old.shown)} of "
                    f"{old.order.describe()} back",
                )

    def _was(self, state: OrderState, now_ns: int) -> None:
        """The manager is shown, and takes in after us, how an order was some time ago."""
        order = self._scene.order(state.cl_ord_id or self._scene.tag_of(state.order_id))
        if order is None or not order.working or order.core.request.trail is not None:
            return  # the trigger of a trailing stop moves by itself
        core, shown = order.core, (state.order_qty, state.price, state.stop_px)
        under_way = core.agreement.under_way
        if shown not in (
            _numbers(core),
            core.wish.told,
            None if under_way is None else under_way.told,
        ):
            self._old.append(_Old(order, shown, now_ns))


def _numbers(core: OrderCore) -> tuple[int, Decimal | None, Decimal | None]:
    return core.order_qty, core.price, core.stop_px


def _told(numbers: tuple[int, Decimal | None, Decimal | None]) -> str:
    return " ".join(str(each) for each in numbers if each is not None)


def _words(stands: tuple[bool, int]) -> str:
    return f"{'over' if stands[0] else 'working'} with {stands[1]} filled"
