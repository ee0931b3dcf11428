"""Closing orders of which nobody knows what became of them, and what must not be judged meanwhile.

While a closing order may have been filled, a second one may not be sent (INV-08), and how long that
takes to know is INV-09's. So what it would close is judged from the moment on at which it is known.
A stop in doubt is another matter: a substitute may go out for it, and is expected to. A stop or a
closing order that was acknowledged and is not in the broker's books yet is taken for working by
everybody, until it is known to be rejected after all.
"""

from ...trading.errors import OutcomeUnknown
from ...trading.orders import tags
from ...trading.orders.handle import Order
from .knowable import Moment
from .port import Answered, Sent

_DUTIES = ("exit", "stop", "target")
_CLOSES_ALL = ("exit", "stop")
_DOUBTFUL_NS = 10**9  # what is answered within this was never in doubt


class Doubts:
    """The closing orders and stops of each contract that were sent and may be there or not."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[str, str, int]] = {}  # symbol, duty, since, by tag
        self._orders: dict[str, Order] = {}
        self._ended: dict[str, Moment] = {}
        self._taken: dict[str, str] = {}  # symbols, by tag of what is acknowledged and no more

    def sent(self, event: Sent, order: Order | None) -> None:
        """An order leaves; `order`: the manager's, where it has it by then."""
        request = event.request
        tag = None if request is None else tags.parse(request.cl_ord_id)
        if request is None or tag is None or tag.duty not in _DUTIES or order is None:
            return
        self._open[request.cl_ord_id] = (request.instrument.symbol, tag.duty, event.time_ns)
        self._orders[request.cl_ord_id] = order

    def answered(self, event: Answered, heard: bool) -> None:
        """An order got its answer; `heard`: the broker told of it before."""
        request = event.sent.request
        if request is None or isinstance(event.error, OutcomeUnknown):
            return
        tag = request.cl_ord_id
        if event.error is None and not heard and self._open.get(tag, ("", ""))[1] in _CLOSES_ALL:
            self._taken[tag] = request.instrument.symbol
        self._settle(tag, event.time_ns)

    def reopened(self) -> None:
        """Another life of the client begins: what the dead manager did not know it never will, and
        the new one is judged by what it can find out itself."""
        self._open.clear()
        self._orders.clear()
        self._taken.clear()

    def heard(self, tag: str, moment: Moment) -> None:
        """An order came to something at the broker."""
        symbol = self._taken.pop(tag, None)
        if symbol is not None:
            self._ended[symbol] = moment

    def look(self, now_ns: int) -> None:
        """See which of them the manager knows of by now."""
        for tag, order in list(self._orders.items()):
            if order.core.accepted or order.core.terminal or order.cl_ord_id != tag:
                self._settle(tag, now_ns)

    def about(self, symbol: str, *duties: str) -> bool:
        """Whether an order of these duties is in doubt, a stop and its substitute are, or a stop or
        a closing order is acknowledged and no more."""
        stops = sum(s == symbol and duty == "stop" for s, duty, _ in self._open.values())
        if symbol in self._taken.values() or stops > 1:
            return True
        return any(s == symbol and duty in duties for s, duty, _ in self._open.values())

    def ended(self, symbol: str) -> Moment | None:
        """What ended the last doubt about a closing order of a contract; None: there was none."""
        return self._ended.get(symbol)

    def _settle(self, tag: str, now_ns: int) -> None:
        self._orders.pop(tag, None)
        found = self._open.pop(tag, None)
        if found is not None and now_ns - found[2] > _DOUBTFUL_NS:
            self._ended[found[0]] = told = Moment(now_ns, now_ns)
            told.known_ns = now_ns
