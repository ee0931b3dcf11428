"""A broker that does what a script says: the test decides when each answer and each event comes.

`tests/trading/orders/conftest.py` says how scripts are written.
"""

import asyncio
from collections import deque
from decimal import Decimal

from msgspec import structs

from dryfill.trading import instruments
from dryfill.trading.broker import Ack, Offers
from dryfill.trading.errors import NotSent, OutcomeUnknown, Refused
from dryfill.trading.order import Execution, ExecutionReport, OrderState, PositionState
from dryfill.trading.words import ExecType, OrdStatus, OrdType, Reason, Side, TimeInForce

MNQ = instruments.find("MNQ")
OFFERS = Offers(
    ord_types=frozenset(OrdType),
    tifs=frozenset(TimeInForce),
    modify_in_place=True,
    native_brackets=False,
    lossless_stream=True,
)
LOSSY = structs.replace(OFFERS, lossless_stream=False)
NATIVE = structs.replace(OFFERS, native_brackets=True, auto_oco=True, attached_ticks_least=4)
ASKS = ("fills", "open", "orders", "positions")
_ENDS = {
    "canceled": (ExecType.CANCELED, OrdStatus.CANCELED),
    "rejected": (ExecType.REJECTED, OrdStatus.REJECTED),
    "expired": (ExecType.EXPIRED, OrdStatus.EXPIRED),
}


class ScriptedBroker:
    """The broker port; the test decides when each answer and each event comes."""

    account_name = "SCRIPT"

    def __init__(self, offers=OFFERS, *, tagged=True):
        self.offers = offers
        self.tagged = tagged  # False: events and fills carry the broker's id alone
        self.sent = deque()  # what the manager sent and the script has not named yet
        self.in_flight = {}
        self.overdue = {}  # requests that were made again before they were answered
        self.settled = []  # tags of which one such was answered
        self.truth = {}
        self.on_its_way = deque()
        self.fills = 0
        self.trades = []
        self.hidden = None  # a fill that no question shows, but the position does
        self.time_ns = 10**9
        self.since_ns = {}
        self.snapshots = {}

    def listen(self, sink):
        self.sink = sink

    def place(self, request, *, urgency=0, deadline_s=None):
        tag = request.cl_ord_id
        self.truth[tag] = OrderState(
            instrument=request.instrument,
            order_id=str(100 + len(self.truth)),
            cl_ord_id=tag,
            side=request.side,
            ord_type=request.ord_type,
            ord_status=OrdStatus.PENDING_NEW,
            order_qty=request.order_qty,
            cum_qty=0,
            leaves_qty=request.order_qty,
            price=request.price,
            stop_px=request.stop_px,
            avg_px=None,
            time_ns=self.time_ns,
        )
        words = [request.side.name.lower(), str(request.order_qty)]
        words += [request.ord_type.name.lower()] if request.ord_type is not OrdType.LIMIT else []
        words += [f"limit {request.price}"] if request.price is not None else []
        words += [str(request.stop_px)] if request.stop_px is not None else []
        if request.attached is not None:
            ticks = request.attached.stop, request.attached.target
            words.append(f"attached {' '.join(str(t.n) for t in ticks if t is not None)}")
        return self._call("place", tag, " ".join(words), urgency, deadline_s)

    def modify(self, instrument, order_id, change, *, urgency=0, deadline_s=None):
        given = structs.asdict(change).items()
        words = " ".join(f"{name} {value}" for name, value in given if value is not None)
        return self._call("modify", self._tag(order_id), words, urgency, deadline_s)

    def cancel(self, instrument, order_id, *, urgency=1, deadline_s=None):
        return self._call("cancel", self._tag(order_id), "", urgency, deadline_s)

    def order(self, instrument, *, order_id=None, cl_ord_id=None, urgency=0, deadline_s=None):
        known = (tag for tag, state in self.truth.items() if state.order_id == order_id)
        tag = cl_ord_id or next(known, order_id)
        return self._call("look", tag, "", urgency, deadline_s)

    def executions_since(self, time_ns, *, urgency=0, deadline_s=None):
        return self._ask("fills", urgency, deadline_s, time_ns)

    def open_orders(self, instrument=None, *, urgency=0, deadline_s=None):
        return self._ask("open", urgency, deadline_s)

    def orders_since(self, time_ns, *, urgency=0, deadline_s=None):
        return self._ask("orders", urgency, deadline_s, time_ns)

    def positions(self, *, urgency=0, deadline_s=None):
        return self._ask("positions", urgency, deadline_s)

    def _ask(self, name, urgency, deadline_s, since_ns=0):
        self.since_ns[name] = since_ns
        return self._call("ask", name, "", urgency, deadline_s)

    def show(self, name):
        """What a question is answered with now."""
        if name == "fills":
            found = [t for t in self.trades if t.time_ns >= self.since_ns[name]]
            return found if self.tagged else [structs.replace(t, cl_ord_id="") for t in found]
        if name == "positions":
            hidden = [self.hidden] if self.hidden else []
            held = [t for t in [*self.trades, *hidden] if not t.voided]
            net = sum(t.side.sign * t.qty for t in held)
            return [PositionState(instrument=MNQ, qty=net, avg_px=None, time_ns=0)] if net else []
        states = self.truth.values()
        if name == "open":
            hidden = OrdStatus.SUSPENDED
            return [s for s in states if not (s.ord_status.terminal or s.ord_status is hidden)]
        return [s for s in states if s.time_ns >= self.since_ns.get(name, 0)]

    def answer_all(self, late=None):
        """Answer all questions in flight; `late`: one alone, the oldest of a round broken off
        first."""
        if late is not None:
            overdue = self.overdue.get(late)
            _, future = overdue.pop(0) if overdue else self.in_flight.pop(late)
            future.set_result(self.show(late))
            return
        for name in [name for name in ASKS if name in self.in_flight]:
            _, future = self.in_flight.pop(name)
            future.set_result(
                self.snapshots.pop(name) if name in self.snapshots else self.show(name)
            )

    def _tag(self, order_id):
        return next(tag for tag, state in self.truth.items() if state.order_id == order_id)

    def _call(self, kind, tag, words, urgency, deadline_s=None):
        earlier, asked = self.in_flight.get(tag, ("", None))
        # What is safe to repeat may be, and what an event told of is not waited for.
        overdue = earlier in ("cancel", "look") and kind in (earlier, "look")
        told = earlier in ("place", "modify") or (tag in self.settled and earlier == "cancel")
        assert earlier in ("", "ask", "look") or overdue or told, f"two in flight for {tag}"
        if earlier == "ask" or overdue or told:
            self.overdue.setdefault(tag, []).append((earlier, asked))
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        if deadline_s is not None:
            timer = loop.call_later(deadline_s, self._late, tag, future)
            future.add_done_callback(lambda _: timer.cancel())
        self.in_flight[tag] = (kind, future)
        self.sent.append(f"{kind} {tag} {words}".strip())
        self.urgency = urgency
        return future

    def _late(self, tag, future):
        if self.in_flight.get(tag, ("", None))[1] is future:
            self.answer("lost", tag)
        elif not future.done():
            future.set_exception(OutcomeUnknown("no answer"))

    def tell(self):
        self.told = self.on_its_way.popleft()
        self.sink(self.told)

    def answer(self, how, tag, reason=Reason.NONE, *, late=False):
        kind, future = self.overdue[tag].pop(0) if late else self.in_flight.pop(tag)
        if late:
            self.settled.append(tag)
        if how == "ack":
            future.set_result(Ack(self.truth[tag].order_id) if kind == "place" else None)
        elif how == "refuse":
            future.set_exception(Refused(f"no: {Reason(reason).name}", reason=reason))
        elif how == "found":
            future.set_result(self.truth[tag])
        elif how == "none":
            future.set_result(None)
        elif how == "unsent":
            future.set_exception(NotSent("nobody there", retry_after_s=reason or None))
        elif how == "limited":
            future.set_exception(NotSent("429", retry_after_s=reason or None, limited=True))
        else:
            future.set_exception(OutcomeUnknown("no answer"))

    def happen(self, what, tag, words):
        """Change the truth and put the report of it on its way."""
        state, fill = structs.replace(self.truth[tag], time_ns=self.time_ns), {}
        if what == "fill":
            qty, px = int(words[0]), Decimal(words[2])
            cum_qty = state.cum_qty + qty
            worth = (state.avg_px or Decimal(0)) * state.cum_qty + px * qty
            done = cum_qty == state.order_qty
            state = structs.replace(
                state,
                cum_qty=cum_qty,
                leaves_qty=state.order_qty - cum_qty,
                avg_px=worth / cum_qty,
                ord_status=OrdStatus.FILLED if done else OrdStatus.PARTIALLY_FILLED,
            )
            self.fills += 1
            self.trades.append(self._trade(state, qty, px))
            exec_type = ExecType.TRADE
            fill = {"last_qty": qty, "last_px": px, "exec_id": f"x{self.fills}"}
        elif what == "void":
            exec_type = ExecType.TRADE_CANCEL
            state, fill = self._take_back(state, words)
        elif what in _ENDS:
            exec_type, status = _ENDS[what]
            reason = Reason[words[0]] if words else Reason.NONE
            state = structs.replace(state, ord_status=status, leaves_qty=0, reason=reason)
        else:
            exec_type = ExecType[what.upper()]
            status = OrdStatus.PARTIALLY_FILLED if state.cum_qty else OrdStatus.NEW
            if exec_type is ExecType.SUSPENDED:
                status = OrdStatus.SUSPENDED
            numbers = dict(zip(words[::2], words[1::2], strict=True))
            changes = {k: int(v) if k == "order_qty" else Decimal(v) for k, v in numbers.items()}
            state = structs.replace(state, ord_status=status, **changes)
            state = structs.replace(state, leaves_qty=state.order_qty - state.cum_qty)
        self.truth[tag] = state
        told = state if self.tagged else structs.replace(state, cl_ord_id="")
        self.on_its_way.append(ExecutionReport(exec_type=exec_type, order=told, **fill))

    def _take_back(self, state, words):
        """The venue takes a fill of an order back: the last one, or the one that is named."""
        mine = [t for t in self.trades if t.order_id == state.order_id and not t.voided]
        trade = next(t for t in reversed(mine) if not words or t.exec_id == words[0])
        self.trades[self.trades.index(trade)] = structs.replace(trade, voided=True)
        works = OrdStatus.PARTIALLY_FILLED if state.cum_qty > trade.qty else OrdStatus.NEW
        left = structs.replace(
            state,
            order_qty=state.order_qty - trade.qty,
            cum_qty=state.cum_qty - trade.qty,
            ord_status=state.ord_status if state.ord_status.terminal else works,
        )
        return left, {"last_qty": trade.qty, "last_px": trade.px, "exec_id": trade.exec_id}

    def unname(self):
        """The oldest event on its way tells of a fill, and not of which."""
        told = structs.replace(self.on_its_way.popleft(), exec_id=None, last_qty=0, last_px=None)
        self.on_its_way.appendleft(told)

    def drop(self):
        """The oldest event on its way is lost."""
        self.on_its_way.popleft()

    def swap(self):
        """The newest event on its way comes first."""
        self.on_its_way.rotate(1)

    def forget(self):
        """The newest fill is shown to nobody any more."""
        self.hidden = self.trades.pop()

    def holds(self, qty):
        """The stream tells what is held."""
        self.sink(PositionState(instrument=MNQ, qty=qty, avg_px=None, time_ns=self.time_ns))

    def unhand(self):
        """What somebody else traded last is taken back, unheard."""
        trade = next(t for t in reversed(self.trades) if t.order_id.startswith("hand-"))
        self.trades[self.trades.index(trade)] = structs.replace(trade, voided=True)

    def rests(self, order_id, side, qty, limit):
        """Somebody else has an order on the account."""
        self.truth[order_id] = OrderState(
            instrument=MNQ,
            order_id=order_id,
            cl_ord_id="",
            side=Side[side.upper()],
            ord_type=OrdType.LIMIT,
            ord_status=OrdStatus.NEW,
            order_qty=qty,
            cum_qty=0,
            leaves_qty=qty,
            price=Decimal(limit),
            stop_px=None,
            avg_px=None,
            time_ns=self.time_ns,
        )

    def attach(self, tag, side, qty, kind, px=None):
        """The broker makes an order for the entry of `tag`'s bracket, and tells it under its id
        alone; the script, and the manager, know it as `tag`. Without a price it is suspended."""
        intent = tag.partition(".")[0]
        parent = [t for t in self.truth if t.startswith(f"{intent}.entry#")][-1]
        stops = kind == "stop"
        self.truth[tag] = OrderState(
            instrument=MNQ,
            order_id=str(100 + len(self.truth)),
            cl_ord_id="",
            side=Side[side.upper()],
            ord_type=OrdType.STOP if stops else OrdType.LIMIT,
            ord_status=OrdStatus.PENDING_NEW,
            order_qty=int(qty),
            cum_qty=0,
            leaves_qty=int(qty),
            price=None if stops or px is None else Decimal(px),
            stop_px=Decimal(px) if stops and px is not None else None,
            avg_px=None,
            time_ns=self.time_ns,
            parent_id=self.truth[parent].order_id,
        )
        self.happen("suspended" if px is None else "new", tag, ())

    def by_hand(self, side, qty, px):
        """Somebody else trades on the account; no event tells of it."""
        self.fills += 1
        self.trades.append(
            Execution(
                exec_id=f"x{self.fills}",
                instrument=MNQ,
                order_id=f"hand-{self.fills}",
                cl_ord_id="",
                side=Side[side.upper()],
                qty=qty,
                px=Decimal(px),
                time_ns=self.time_ns,
            )
        )

    def _trade(self, state, qty, px):
        return Execution(
            exec_id=f"x{self.fills}",
            instrument=state.instrument,
            order_id=state.order_id,
            cl_ord_id=state.cl_ord_id if self.tagged else "",
            side=state.side,
            qty=qty,
            px=px,
            time_ns=self.time_ns,
        )
