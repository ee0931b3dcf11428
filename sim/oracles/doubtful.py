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
from .knowable import SLOW_NS, Moment
from .port import Answered, Sent

GIVES_BACK = ("exit", "taken exit")
"""Kinds of doubt about what was closed too much: a stop that is there after all makes it more."""

PROTECTS = (*GIVES_BACK, "taken stop", "stops", "changes")
"""Kinds of doubt about what is bare; "stops": a stop and its substitute are in doubt; "changes": so
are a change of a stop and the one that went after it, a second later, or the stop that took its
place, half a second later: to each its own time is given, and together they take too long."""

CLOSES = (*PROTECTS, "stop", "target")
"""The same once a stop was refused, and what is bare is to be closed."""

_DUTIES = ("exit", "stop", "target")
_CLOSES_ALL = ("exit", "stop")


class Doubts:
    """The closing orders and stops of each contract that were sent and may be there or not."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[str, str, int]] = {}  # symbol, duty, since, by tag
        self._orders: dict[str, Order] = {}
        self._ended: dict[tuple[str, str], Moment] = {}  # by symbol and kind, the last one last
        self._last: dict[tuple[str, tuple[str, ...]], Moment | None] = {}  # of them, as asked for
        self._taken: dict[str, tuple[str, str]] = {}  # symbol, kind: acknowledged, and no more
        self._rejected: dict[str, Moment] = {}  # before the acknowledgement came
        self._changes: dict[str, list[Sent]] = {}  # of a stop, without an answer, by its tag

    def sent(self, event: Sent, order: Order | None) -> None:
        """An order leaves; `order`: the manager's, where it has it by then."""
        request = event.request
        tag = None if request is None else tags.parse(request.cl_ord_id)
        if request is None or tag is None or tag.duty not in _DUTIES or order is None:
            return
        self._open[request.cl_ord_id] = (request.instrument.symbol, tag.duty, event.time_ns)
        self._orders[request.cl_ord_id] = order

    def changes(self, event: Sent, tag_text: str) -> None:
        """A change of an order leaves."""
        tag = tags.parse(tag_text)
        if tag is not None and tag.duty == "stop":
            self._changes.setdefault(tag_text, []).append(event)

    def _changed(self, event: Answered) -> None:
        """A change was answered: nothing that was sent before it is waited for any more."""
        for tag_text, open_changes in list(self._changes.items()):
            if event.sent in open_changes:
                symbol = _symbol(event.sent)
                if self._two_changes(symbol):
                    self._end(symbol, "changes", _told(event.time_ns))
                del self._changes[tag_text]

    def answered(self, event: Answered, heard: bool) -> None:
        """A request got its answer; `heard`: the broker told of an order before."""
        if event.sent.change is not None and not isinstance(event.error, OutcomeUnknown):
            self._changed(event)
        request = event.sent.request
        if request is None or isinstance(event.error, OutcomeUnknown):
            return
        tag = request.cl_ord_id
        symbol, duty, _ = self._open.get(tag, ("", "", 0))
        if event.error is None and duty in _CLOSES_ALL:
            if tag in self._rejected:
                self._end(symbol, f"taken {duty}", self._rejected[tag])
            elif not heard:
                self._taken[tag] = symbol, f"taken {duty}"
        self._rejected.pop(tag, None)
        self._settle(tag, event.time_ns)

    def reopened(self, now_ns: int) -> None:
        """Another life of the client begins: what the dead manager did not know it never will, and
        the new one is judged by what it can find out itself, from now on."""
        for tag in list(self._open):
            self._settle(tag, now_ns)
        for symbol, kind in self._taken.values():
            self._end(symbol, kind, _told(now_ns))
        self._open.clear()
        self._orders.clear()
        self._taken.clear()
        self._rejected.clear()
        self._changes.clear()

    def heard(self, tag: str, moment: Moment, *, rejected: bool) -> None:
        """An order came to something at the broker, or to nothing."""
        if rejected and tag in self._open:
            self._rejected[tag] = moment
        taken = self._taken.pop(tag, None)
        if taken is not None:
            symbol, kind = taken
            self._end(symbol, kind, moment)

    def look(self, now_ns: int) -> None:
        """See which of them the manager knows of by now."""
        if not self._orders:  # mostly, and asked at every step
            return
        for tag, order in list(self._orders.items()):
            if order.core.accepted or order.core.terminal or order.cl_ord_id != tag:
                self._settle(tag, now_ns)

    def about(self, symbol: str, kinds: tuple[str, ...]) -> bool:
        """Whether there is a doubt of these kinds about a contract."""
        stops = 0
        for of, duty, _ in self._open.values():
            if of == symbol:
                if duty in kinds:
                    return True
                stops += duty == "stop"
        if stops > 1 and "stops" in kinds:
            return True
        if self._taken and any(of == symbol and kind in kinds for of, kind in self._taken.values()):
            return True
        return bool(self._changes) and "changes" in kinds and self._two_changes(symbol)

    def given_back(self, symbol: str) -> int:
        """Contracts, signed, that the closing orders in doubt in a contract trade where they are
        there."""
        exits = [tag for tag, (of, duty, _) in self._open.items() if (of, duty) == (symbol, "exit")]
        orders = [self._orders[tag] for tag in exits if tag in self._orders]
        return sum(order.side.sign * order.core.request.order_qty for order in orders)

    def ended(self, symbol: str, kinds: tuple[str, ...]) -> Moment | None:
        """What ended the last doubt of these kinds about a contract; None: there was none."""
        if (symbol, kinds) not in self._last:
            ended = [at for (of, kind), at in self._ended.items() if of == symbol and kind in kinds]
            self._last[symbol, kinds] = ended[-1] if ended else None
        return self._last[symbol, kinds]

    def newly_ended(
        self, symbol: str, kinds: tuple[str, ...], seen: dict[str, Moment], now_ns: int
    ) -> Moment | None:
        """As `ended`, where that is another than was `seen` of the contract; it is seen then."""
        self.look(now_ns)
        ended = self.ended(symbol, kinds)
        if ended is None or ended is seen.get(symbol):
            return None
        seen[symbol] = ended
        return ended

    def _two_changes(self, symbol: str) -> bool:
        changes = [sent for sent in self._changes.values() if _symbol(sent[0]) == symbol]
        if not changes:
            return False
        if any(sent[-1].time_ns - sent[0].time_ns >= SLOW_NS for sent in changes):
            return True
        first_ns = min(sent[0].time_ns for sent in changes)
        stops = [since for of, duty, since in self._open.values() if (of, duty) == (symbol, "stop")]
        return any(since_ns - first_ns >= SLOW_NS // 2 for since_ns in stops)

    def _end(self, symbol: str, kind: str, moment: Moment) -> None:
        self._ended.pop((symbol, kind), None)  # the last one last
        self._ended[symbol, kind] = moment
        self._last.clear()

    def _settle(self, tag: str, now_ns: int) -> None:
        self._orders.pop(tag, None)
        symbol, duty, since_ns = self._open.get(tag, ("", "", now_ns))
        two = self.about(symbol, ("stops",))
        changed = duty == "stop" and self._two_changes(symbol)
        self._open.pop(tag, None)
        if now_ns - since_ns > SLOW_NS:
            told = _told(now_ns)
            self._end(symbol, duty, told)
            if two and duty == "stop":
                self._end(symbol, "stops", told)
            if changed:
                self._end(symbol, "changes", told)


def _symbol(event: Sent) -> str:
    return "" if event.instrument is None else event.instrument.symbol


def _told(now_ns: int) -> Moment:
    """Something of which the client is told now."""
    told = Moment(now_ns, now_ns)
    told.known_ns = now_ns
    return told
