"""What the trader may send now, whatever a risk gate says of it."""

from ..broker import Urgency
from ..errors import RefusedByUs
from ..instrument import Instrument
from ..order import OrderSpec
from .exits.flattens import Flattens
from .handle import Order
from .recovery.life import Life
from .recovery.watch import Watch
from .risk.locks import Locks
from .risk.switch import KillSwitch
from .sending.outbox import Outbox
from .view import View


class Admission:
    """Refuses what must not be sent: nothing at all once the manager is closed, no order while its
    instrument is flattened, and none that opens where the switch is pulled, the instrument is
    locked, the stream is down or had a gap, the broker does not answer, or the manager is
    `winding_down`."""

    def __init__(
        self,
        view: View,
        flattens: Flattens,
        watch: Watch,
        outbox: Outbox,
        switch: KillSwitch,
        life: Life,
        locks: Locks,
    ) -> None:
        self.winding_down = False
        self._view = view
        self._flattens = flattens
        self._watch = watch
        self._outbox = outbox
        self._switch = switch
        self._life = life
        self._locks = locks

    def check(self, instrument: Instrument, spec: OrderSpec) -> bool:
        """Whether an order may open something. Raises `RefusedByUs` for one that may not be sent
        now."""
        self.check_open()
        if self._flattens.under_way(instrument) is not None:
            raise RefusedByUs(
                f"{instrument.symbol} is being flattened; no entries until it is done"
            )
        held = self._view.held(instrument)
        if self._switch.killed is not None:
            self._switch.check(spec, held, self._view.orders_of(instrument))
        if held * spec.side.sign < 0 and spec.qty <= abs(held):
            return False  # it reduces what is held
        self._locks.check(instrument)
        if self.winding_down:
            raise RefusedByUs("the order manager is closing; no entries any more")
        if self._life.refusal:
            raise RefusedByUs(self._life.refusal)
        if not self._watch.up:
            raise RefusedByUs("the event stream is down; no entries until it is back and complete")
        if self._watch.behind:
            raise RefusedByUs(
                "the event stream had a gap; no entries until orders, fills and positions have "
                "been asked for again"
            )
        if self._outbox.path.wait_s(Urgency.ORDINARY) > 0:
            raise RefusedByUs("the broker does not answer; no entries until a trial gets through")
        return True

    def check_change(self, order: Order) -> None:
        """Raise `RefusedByUs` for a change of an order that may not be made now."""
        self.check_open()
        self._switch.check_change(order)

    def check_open(self) -> None:
        """Raise `RefusedByUs` once the manager is closed."""
        if self._outbox.closed:
            raise RefusedByUs("the order manager is closed; it sends nothing any more")
