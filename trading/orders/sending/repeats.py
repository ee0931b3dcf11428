"""Which answers count: the first to a command that was made again, and none that was told before.

A cancel and a look-up may be repeated without harm, so neither is waited for as long as an order
is. The first definite answer to any of them is the answer; those that come after it say nothing new
(fault-model, INV-24). Nor does the answer to an order or a change that an event has told of.
"""

from msgspec import Struct

from ...broker import Urgency
from ...errors import Refused
from ..commands import CANCEL, LOOK, MODIFY, PLACE, Do
from ..handle import Order
from .timers import Timers

_SAFE = (CANCEL, LOOK)
_TIMED = (*_SAFE, MODIFY, PLACE)


class Sent(Struct, eq=False):
    """A command on its way. `late`: its answer is not waited for any more; `timer` rings then,
    `within_s` after it left, sooner where the order is not wanted any more. `first_s`: when the
    first of those that it repeats was sent; `since_ns`: of an order, see `Duplicates`; `probe`:
    when it went, where the way was shut."""

    order: Order
    do: Do
    urgency: Urgency
    began_s: float
    first_s: float = 0.0
    late: bool = False
    since_ns: int = 0
    timer: int | None = None
    within_s: float | None = None
    probe: float | None = None


class Repeats:
    """The newest command of each kind, of each order, that is not answered yet."""

    def __init__(self, timers: Timers) -> None:
        self._timers = timers
        self.newest_of: dict[tuple[str, Do], Sent] = {}  # by tag and kind

    def sent(self, sent: Sent) -> None:
        """A command leaves."""
        key = (sent.order.cl_ord_id, sent.do)
        sent.first_s = sent.began_s
        if key in self.newest_of:
            sent.first_s = self.newest_of[key].first_s
        self.newest_of[key] = sent

    def newest(self, order: Order, do: Do) -> Sent | None:
        """The command of this kind that an order waits for; None where it does not."""
        sent = self.newest_of.get((order.cl_ord_id, do))
        return sent if sent is not None and self.awaited(sent) else None

    def counts(self, sent: Sent, error: BaseException | None) -> bool:
        """Whether an answer is taken in; then those to what it repeats, or repeats it, are not."""
        key = (sent.order.cl_ord_id, sent.do)
        newest = self.newest_of.get(key)
        awaited = newest is sent and not sent.late and sent.order.core.flight is sent.do
        told = not awaited and sent.do not in _SAFE and not self._still_tells(sent, error)
        late = sent.late and sent.do is not PLACE
        if told or (late and not self._still_says(sent, newest, error)):
            if newest is sent:
                self._timers.cancel(sent.timer)
                del self.newest_of[key]
            return False
        if sent.do is PLACE and sent.order.core.flight is LOOK:
            self.overtaken(sent.order)
        if newest is not None:
            newest.late = True
            self._timers.cancel(newest.timer)
            del self.newest_of[key]
        return True

    def awaited(self, sent: Sent) -> bool:
        """Whether an order waits for the answer to just this command."""
        newest = self.newest_of.get((sent.order.cl_ord_id, sent.do))
        return newest is sent and not sent.late and sent.order.core.flight is sent.do

    def overtaken(self, order: Order) -> None:
        """A cancel goes, or a late answer comes, while a look is under way: what that shows may be
        older."""
        sent = self.newest_of.pop((order.cl_ord_id, LOOK), None)
        if sent is not None:
            sent.late = True
            self._timers.cancel(sent.timer)

    def over(self, order: Order) -> None:
        """An order has ended: whatever of it is not answered, nobody waits for that."""
        tag = order.cl_ord_id
        for do in _TIMED:
            sent = self.newest_of.get((tag, do))
            if sent is not None:
                self._timers.cancel(sent.timer)

    def _still_tells(self, sent: Sent, error: BaseException | None) -> bool:
        """Whether a late answer to an order tells what no look has found out yet; that it reached
        nobody is as good an answer as any. A look that is under way was asked in its place."""
        core = sent.order.core
        definite = error is None or isinstance(error, Refused)
        free = core.flight in (None, LOOK)
        known = core.accepted or core.terminal
        return sent.do is PLACE and sent.late and definite and free and not known

    def _still_says(self, sent: Sent, newest: Sent | None, error: BaseException | None) -> bool:
        definite = error is None or isinstance(error, Refused)
        asked = newest is not None and sent.began_s >= newest.first_s
        free = sent.order.core.flight in (None, sent.do)
        return sent.do in _SAFE and definite and asked and free
