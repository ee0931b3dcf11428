"""Knowable time: from when a client can be judged for not having acted (fault-model 2).

What happens at the broker is a `Moment`. It is known once its report was delivered, or once a read
answered that covers it; and a client that does not look is judged all the same, as if it had known
after T_look. One that did look, in time, and got no answer, or one that lags behind, could not know
either: it has until it must look again, soon where it was told nothing, T_look where it cannot tell
that an answer was old; an answer that does not tell of it gives nothing. And T_ask after it first
asked it is judged, whatever it asks and is told. From there on only reachable time counts: while
the path to the broker is down or the market takes no orders, clocks stand still.
"""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable

from ...matching.reports import Report
from ...trading.order import Execution, OrderState
from ...trading.words import ExecType, OrdStatus
from ..desk.orders import OrderRecord

SLOW_NS = 10**9
"""An answer that takes longer is none: time in which others do is not reachable (fault-model 2)."""

_STEP_NS = 10_000_000
"""What a slow machine may take for a step of a program, which in virtual time takes none: whoever
asks again a second after he was not answered asks a little later than that on a real clock."""

_STAMP_NS = 100
"""To how much a broker's word on a time is cut off on the wire (gateway-protocol 2)."""


class Moment:
    """A change at the broker. `known_ns`: when the client was told of it, None while it was not;
    `look_ns`: when it must have looked, questions under way apart; `since_ns`: when it first asked;
    `fill`: contracts that were filled; `waits`: whether the order is kept back (SUSPENDED)."""

    __slots__ = (
        "_asked",
        "at_ns",
        "cum_qty",
        "fill",
        "known_ns",
        "look_ns",
        "since_ns",
        "terminal",
        "waits",
    )

    def __init__(
        self,
        at_ns: int,
        look_ns: int,
        cum_qty: int = 0,
        terminal: bool = False,
        fill: int = 0,
        waits: bool = False,
    ) -> None:
        self.waits = waits
        self.at_ns = at_ns
        self.fill = fill
        self.look_ns = look_ns
        self.cum_qty = cum_qty
        self.terminal = terminal
        self.known_ns: int | None = None
        self.since_ns: int | None = None
        self._asked: list[tuple[object, int]] = []

    @property
    def due_ns(self) -> int:
        """When the client must have looked, or its questions be answered."""
        if not self._asked:  # mostly
            return self.look_ns
        return max([due_ns for _, due_ns in self._asked])

    @property
    def asked_by_ns(self) -> int:
        """Until when a question comes in time."""
        return self.due_ns + _STEP_NS

    def ask(self, question: object, sent_ns: int, due_ns: int) -> None:
        """A question about it is under way."""
        self.since_ns = sent_ns if self.since_ns is None else self.since_ns
        self._asked.append((question, max(due_ns, self.look_ns)))

    def end(self, question: object) -> bool:
        """It is no more, whatever came of it; whether there was such a question."""
        left = [asked for asked in self._asked if asked[0] is not question]
        found, self._asked = len(left) < len(self._asked), left
        return found

    def shown_by(self, state: OrderState) -> bool:
        """Whether a state of the order has this change in it. A child that is brought may work in
        the same instant, and that it waits tells nothing of that."""
        done = state.ord_status.terminal or not self.terminal
        begun = self.waits or state.ord_status is not OrdStatus.SUSPENDED
        new = state.time_ns > self.at_ns - _STAMP_NS and state.cum_qty >= self.cum_qty
        return new and done and begun


Covered = Callable[[str, Moment], bool]
"""Whether the answer to a question would show a change of the order with this id."""


class Knowledge:
    """What the client was told, order by order. `untold`: what it was not, by the order's id.
    `look_ns`: T_look; `again_ns`: the same for a client that was not answered; `ask_ns`: T_ask,
    reachable time."""

    def __init__(self, look_ns: int, again_ns: int, ask_ns: int, reachable: "Reachable") -> None:
        self._look_ns = look_ns
        self._again_ns = again_ns
        self._ask_ns = ask_ns
        self._reachable = reachable
        self.untold: dict[str, list[Moment]] = {}

    def reported(self, record: OrderRecord, report: Report) -> Moment:
        """An order changed at the broker, by a report."""
        status = record.status
        fill = report.last_qty if report.exec_type is ExecType.TRADE else 0
        waits = status is OrdStatus.SUSPENDED
        number, at_ns = str(record.number), report.time_ns
        return self.happened(number, at_ns, record.cum_qty, status.terminal, fill, waits)

    def happened(
        self,
        order_id: str,
        at_ns: int,
        cum_qty: int,
        terminal: bool,
        fill: int = 0,
        waits: bool = False,
    ) -> Moment:
        """An order changed at the broker."""
        moment = Moment(at_ns, at_ns + self._look_ns, cum_qty, terminal, fill, waits)
        # One that T_look has overtaken is known for all purposes, and need not be kept.
        recent = [m for m in self.untold.get(order_id, ()) if at_ns <= m.asked_by_ns]
        self.untold[order_id] = [*recent, moment]
        return moment

    def denied(self, record: OrderRecord) -> int:
        """Contracts that were filled by the broker's word after he had said that it was cancelled,
        and of which the client cannot know yet."""
        if record.status is not OrdStatus.CANCELED:
            return 0
        untold = self.untold.get(str(record.number), ())
        return sum(moment.fill for moment in untold if moment.terminal)

    def told_at(self, at_ns: int) -> Moment:
        """Something the client did itself, or was told at once."""
        moment = Moment(at_ns, at_ns)
        moment.known_ns = at_ns
        return moment

    def told(self, state: OrderState, now_ns: int) -> None:
        """The client was shown an order's state, by a report or by a read."""
        if state.order_id in self.untold:
            self._learn(state.order_id, now_ns, lambda moment: moment.shown_by(state))

    def told_fill(self, fill: Execution, now_ns: int) -> None:
        """The client was shown a fill, and with it what had been filled before."""
        if fill.order_id in self.untold:
            told_ns = fill.time_ns + _STAMP_NS
            self._learn(fill.order_id, now_ns, lambda moment: told_ns > moment.at_ns)

    def asked(self, question: object, sent_ns: int, due_ns: int, covered: Covered) -> None:
        """A question left, whose answer would tell of what is `covered`, and is due by then."""
        if not self.untold:
            return
        for order_id, moments in list(self.untold.items()):
            for moment in moments:
                asked = moment.at_ns <= sent_ns <= moment.asked_by_ns
                if asked and covered(order_id, moment):
                    moment.ask(question, sent_ns, due_ns)
            left = [moment for moment in moments if sent_ns <= moment.asked_by_ns]
            if left:
                self.untold[order_id] = left
            else:
                del self.untold[order_id]  # overtaken

    def asked_in_vain(self, question: object, now_ns: int) -> None:
        """Nobody answered it."""
        self._ended(question, now_ns + self._again_ns, lambda *_: True)

    def answered(self, question: object, now_ns: int, told: Covered) -> None:
        """It was answered, and what it showed was taken in: what it tells of and is not known even
        so happened later than what the answer shows."""
        self._ended(question, now_ns + self._look_ns, told)

    def _ended(self, question: object, look_ns: int, told: Covered) -> None:
        for order_id, moments in self.untold.items():
            for moment in moments:
                if moment.end(question) and told(order_id, moment):
                    moment.look_ns = max(moment.look_ns, look_ns)

    def from_ns(self, moment: Moment) -> int:
        """The first moment at which the client could know."""
        due_ns = moment.due_ns
        if moment.since_ns is not None and due_ns > moment.since_ns + self._ask_ns:
            due_ns = min(due_ns, self._reachable.after(moment.since_ns, self._ask_ns))
        return due_ns if moment.known_ns is None else min(moment.known_ns, due_ns)

    def _learn(self, order_id: str, now_ns: int, shown: Callable[[Moment], bool]) -> None:
        left = []
        for moment in self.untold.pop(order_id):
            if shown(moment):
                moment.known_ns = now_ns
            else:
                left.append(moment)
        if left:
            self.untold[order_id] = left


class Reachable:
    """Reachable time: that in which order entry would have answered within a second.

    All but the spans that were marked: outages, halts and closed hours, and from the sending to the
    answer of a request that reached nobody, with the time for which it was told to wait. One slow
    or lost request leaves time reachable: another would have been answered, and a protective stop
    has its substitute (INV-08) just for that. Where that one reached nobody either, it was not.
    """

    def __init__(self) -> None:
        # Spans that neither overlap nor touch, in order, and how much is down before each: an
        # outage is asked about at every step, and thousands of requests may have failed in it.
        self._downs: list[int] = []
        self._ups: list[int] = []
        self._before: list[int] = []

    def unreachable(self, from_ns: int, to_ns: int) -> None:
        """Mark a span in which order entry does not answer or takes nothing; spans may overlap."""
        if to_ns <= from_ns:
            return
        downs, ups, before = self._downs, self._ups, self._before
        first, last = bisect_left(ups, from_ns), bisect_right(downs, to_ns)
        if first < last:  # these become one with it
            from_ns, to_ns = min(from_ns, downs[first]), max(to_ns, ups[last - 1])
        downs[first:last], ups[first:last] = [from_ns], [to_ns]
        spent_ns = before[first - 1] + ups[first - 1] - downs[first - 1] if first else 0
        del before[first:]
        for down_ns, up_ns in zip(downs[first:], ups[first:], strict=True):
            before.append(spent_ns)
            spent_ns += up_ns - down_ns

    def between(self, from_ns: int, to_ns: int) -> int:
        """Reachable nanoseconds from one moment to another; 0 where the second is the earlier."""
        if to_ns <= from_ns:
            return 0
        return to_ns - from_ns - (self._down_by(to_ns) - self._down_by(from_ns))

    def after(self, from_ns: int, span_ns: int) -> int:
        """When so much reachable time will have passed since a moment."""
        at_ns = from_ns
        for place in range(bisect_right(self._ups, from_ns), len(self._ups)):
            down_ns, up_ns = self._downs[place], self._ups[place]
            if down_ns >= at_ns + span_ns:
                break
            span_ns -= max(down_ns - at_ns, 0)
            at_ns = up_ns
        return at_ns + span_ns

    def _down_by(self, at_ns: int) -> int:
        """How much of the time before a moment was not reachable."""
        place = bisect_right(self._downs, at_ns) - 1
        if place < 0:
            return 0
        down_ns, up_ns = self._downs[place], self._ups[place]
        return self._before[place] + min(at_ns, up_ns) - down_ns


class Stopwatch:
    """Times one condition that may hold for `bound_ns` of reachable time once it could be known:
    once all that made it true could."""

    __slots__ = ("_bound_ns", "_knowledge", "_reachable", "_said", "early_ns", "since")

    def __init__(self, knowledge: Knowledge, reachable: Reachable, bound_ns: int) -> None:
        self._bound_ns = bound_ns
        self.since: tuple[Moment, ...] = ()
        self.early_ns = 0  # it cannot have held for too long before: none is known before it is
        self._knowledge = knowledge
        self._reachable = reachable
        self._said = False

    def hold(self, true: bool, *moments: Moment) -> bool:
        """The condition holds or not, by all of the `moments`; whether it begins to hold now."""
        if not true:
            self.since = ()
            return False
        if self.since:
            return False
        self._begin(moments)
        return True

    def restart(self, moment: Moment) -> None:
        """Time it from `moment` on, where it was known before."""
        if self.since:
            said = self._said
            self._begin((*self.since, moment))
            self._said = said

    def _begin(self, moments: tuple[Moment, ...]) -> None:
        self.since, self._said = moments, False
        self.early_ns = max([moment.at_ns for moment in moments], default=0) + self._bound_ns

    def overrun(self, now_ns: int) -> bool:
        """Whether the condition has held for too long; says so once."""
        if now_ns <= self.early_ns or not self.since or self._said:  # mostly, at every step
            return False
        from_ns = max([self._knowledge.from_ns(moment) for moment in self.since])
        self._said = self._reachable.between(from_ns, now_ns) > self._bound_ns
        return self._said


class Backlog:
    """Contracts that should not be: bare, or covered twice. Each is timed from the change that
    brought it, and the oldest go first, so that one change that nobody knows of yet is not judged
    by the age of another that was mended meanwhile."""

    def __init__(self, knowledge: Knowledge, reachable: Reachable, bound_ns: int) -> None:
        self._knowledge = knowledge
        self._reachable = reachable
        self._bound_ns = bound_ns
        self._parts: deque[tuple[int, Stopwatch]] = deque()
        self._early_ns = 0  # none can have been there for too long before
        self.amount = 0

    def set(self, amount: int, *moments: Moment) -> bool:
        """There are so many now, by all of the `moments`; whether these are more than before."""
        more = amount - self.amount
        if not more:
            return False
        if more > 0:
            self._push(more, moments, self._bound_ns)
        else:
            self._take(-more)
        self.amount = amount
        return more > 0

    def _take(self, fewer: int) -> None:
        """So many less, the oldest first."""
        while fewer:
            qty, stopwatch = self._parts.popleft()
            if qty > fewer:
                self._parts.appendleft((qty - fewer, stopwatch))
            fewer -= min(qty, fewer)
        self._early_ns = min([each.early_ns for _, each in self._parts], default=0)

    def restart(self, moment: Moment, bound_ns: int) -> None:
        """Time all there are by another bound, from `moment` on where they were known before."""
        parts = [(qty, stopwatch.since) for qty, stopwatch in self._parts]
        self._parts.clear()
        for qty, since in parts:
            self._push(qty, (*since, moment), bound_ns)

    def overrun(self, now_ns: int) -> bool:
        """Whether some have been there for too long; says so once."""
        if now_ns <= self._early_ns or not self._parts:  # mostly, and asked at every step
            return False
        found = [stopwatch.overrun(now_ns) for _, stopwatch in self._parts]
        return any(found)

    def _push(self, qty: int, moments: tuple[Moment, ...], bound_ns: int) -> None:
        stopwatch = Stopwatch(self._knowledge, self._reachable, bound_ns)
        stopwatch.hold(True, *moments)
        if not self._parts or stopwatch.early_ns < self._early_ns:
            self._early_ns = stopwatch.early_ns
        self._parts.append((qty, stopwatch))
