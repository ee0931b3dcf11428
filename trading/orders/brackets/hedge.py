"""A stop in doubt gets one substitute: the only time that two orders work for one intent (INV-08).

A stop that was sent and neither answered nor told of may be working, or may never have arrived.
Proof takes longer than a position may be bare. So `hedge_s` after it was sent a substitute goes out
under the next attempt's tag, and an incident says so. Whichever of the two is confirmed first is
the stop, and the other one goes as soon as it can; where the doubtful one is proved lost, the
substitute is the stop. Should both fill, the excess is given back as any other, but not in a
flatten: that asks the broker what was filled, and while it does the answer is waited for, a fifth
as long again at most.
"""

from collections.abc import Callable

from ..exits.closing import Sender
from ..handle import Order
from ..settings import OrderSettings
from .leg import Leg

_ASKING = 1.2
"""How much longer a stop may be in doubt while a flatten asks what is held."""


class Hedge:
    """When a stop leg may have a second order; `again` is called when that may have become so."""

    def __init__(self, sender: Sender, settings: OrderSettings, again: Callable[[], None]) -> None:
        self._sender = sender
        self._settings = settings
        self._again = again
        self._timer: int | None = None

    def at_ease(self, standing: list[Order]) -> bool:
        """Whether nothing is in doubt, and nothing timed: as nearly always."""
        for order in standing:
            if not order.core.accepted:
                return False
        return self._timer is None

    def due(self, leg: Leg, standing: list[Order]) -> bool:
        """Whether a substitute may go out beside what stands: a single order, in doubt for long
        enough. Never a third, but for the one whose place it takes."""
        order = self.alone(leg, standing)
        return order is not None and self._rest_s(order) == 0

    def alone(self, leg: Leg, standing: list[Order]) -> Order | None:
        """The only order of those that stand, the one whose place it takes apart."""
        if leg.replaced is not None:
            standing = [order for order in standing if order is not leg.replaced]
        return standing[0] if len(standing) == 1 else None

    def say(self, doubtful: Order, substitute: Order) -> None:
        """Declare a substitute."""
        self._sender.incident(
            "stop_hedged",
            f"{doubtful.describe()}: nobody said within {self._settings.hedge_s:g} s whether it "
            f"works; {substitute.cl_ord_id} stands in for it",
        )

    def watch(self, leg: Leg, standing: list[Order]) -> None:
        """See to it that a stop that becomes doubtful is looked at in time."""
        order = self.alone(leg, standing)
        rest_s = None if order is None else self._rest_s(order)
        if not rest_s:
            self.stop()
        elif self._timer is None:
            self._timer = self._sender.later(rest_s, self._ring)

    def stop(self) -> None:
        """Forget the timer."""
        if self._timer is not None:
            self._sender.never(self._timer)
            self._timer = None

    def _rest_s(self, order: Order) -> float | None:
        """How long until an order is in doubt for too long, 0 when it is; None for one that is
        confirmed."""
        core, most_s = order.core, self._settings.hedge_s
        if core.accepted or core.terminal:
            return None
        if core.sent_s is None:
            return most_s  # the way is shut: its time has not begun
        if self._sender.asking(order.instrument):
            most_s *= _ASKING
        rest_s = core.sent_s + most_s - self._sender.now_s()
        return rest_s if rest_s > 1e-9 else 0.0  # a clock of floats rings a little early

    def _ring(self) -> None:
        self._timer = None
        self._again()
