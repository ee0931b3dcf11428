"""A tiny truthful exchange behind a wire whose messages move only when they are told to."""

import asyncio
from collections import Counter, deque
from decimal import Decimal

import pytest
from msgspec import structs

from dryfill.trading.broker import Ack, Offers
from dryfill.trading.errors import Refused
from dryfill.trading.order import Execution, ExecutionReport, OrderState, PositionState
from dryfill.trading.orders import tags
from dryfill.trading.words import ExecType, OrdStatus, OrdType, Reason, Side, TimeInForce

OFFERS = Offers(
    ord_types=frozenset(OrdType),
    tifs=frozenset(TimeInForce),
    modify_in_place=True,
    native_brackets=False,
    lossless_stream=True,
)
WRONG_SIDE = {
    Side.SELL: Reason.SELL_STOP_NOT_BELOW_LAST,
    Side.BUY: Reason.BUY_STOP_NOT_ABOVE_LAST,
}


class TinyExchange:
    """Orders and fills, and three legs of a wire that move only when told."""

    account_name = "TINY"
    offers = OFFERS

    def __init__(self, seen):
        self.seen = seen  # how often each premise came true
        self.truth = {}
        self.position = 0
        self.requests = []
        self.asked_anew = 0  # by flattens
        self.answers = deque()
        self.events = deque()
        self.fills = 0
        self.trades = []
        self.groups = {}  # groups by intent: their closing orders are no flatten's
        self.sent_s = {}
        self.looks = Counter()  # at each order
        self.changed_at = {}  # how many looks there had been when a change of it was sent

    def listen(self, sink):
        self.sink = sink

    # --- the port: everything is a request on its way ----------------------------------------

    def place(self, request, *, urgency=0, deadline_s=None):
        self.sent_s[request.cl_ord_id] = asyncio.get_running_loop().time()
        return self._request("place", request.cl_ord_id, request)

    def modify(self, instrument, order_id, change, *, urgency=0, deadline_s=None):
        return self._request("modify", order_id, change)

    def cancel(self, instrument, order_id, *, urgency=0, deadline_s=None):
        return self._request("cancel", order_id, None)

    def order(self, instrument, *, order_id=None, cl_ord_id=None, urgency=0, deadline_s=None):
        return self._request("look", cl_ord_id, None)

    def executions_since(self, time_ns, *, urgency=0, deadline_s=None):
        return self._request("ask", "fills", None)

    def open_orders(self, instrument=None, *, urgency=0, deadline_s=None):
        return self._request("ask", "open", None)

    def orders_since(self, time_ns, *, urgency=0, deadline_s=None):
        return self._request("ask", "orders", None)

    def positions(self, *, urgency=0, deadline_s=None):
        return self._request("ask", "positions", None)

    def follow(self, manager):
        """Know when a flatten asks what is held: it asks anew, once, whatever was asked before it
        began, for that may not show what it must know. Where it has nothing to ask, or is answered
        with what another asks in the same instant, nothing may be asked twice."""
        ask_first = manager._outbox.ask_first

        def counted(then):
            before = len(self.requests)
            self.asked_anew += 1
            asks = ask_first(then)
            self.asked_anew -= len(self.requests) == before
            assert asks or len(self.requests) == before
            return asks

        manager._outbox.ask_first = counted

    def _request(self, kind, tag, what):
        what = self.asked_anew if kind == "ask" else what
        same = [(k, t, w if k == "ask" else what) for k, t, w, _ in self.requests]
        twice = (kind, tag, what) in same and kind not in ("cancel", "look")
        if kind == "modify":
            # One without an answer may go again where a look showed that it is not made.
            again = twice and self.looks[tag] > self.changed_at[tag]
            self.seen["a change sent again after a look"] += again
            twice = twice and not again
            self.changed_at[tag] = self.looks[tag]
        assert not twice, "sent twice at once"
        future = asyncio.get_running_loop().create_future()
        self.requests.append((kind, tag, what, future))
        return future

    # --- the legs ------------------------------------------------------------------------------

    def arrive(self, n, refuse):
        """A request reaches the exchange; `refuse` picks a reason to say no, 0 for none."""
        kind, tag, what, future = self.requests.pop(n % len(self.requests))
        if kind == "place":
            self._place(tag, what, future, refuse)
        elif kind == "ask":
            self.seen["asked for everything"] += 1
            self._answer(future, self._show(tag), tag)
        elif kind == "look":
            self.looks[tag] += 1
            self._answer(future, self.truth.get(tag), tag)
        else:
            state = self.truth[tag]
            if state.ord_status.terminal:
                self.seen[f"{kind} came too late"] += 1
                self._answer(future, Refused("too late", reason=Reason.TOO_LATE), tag)
            elif refuse:
                self.seen[f"{kind} refused"] += 1
                reason = Reason.MARKET_CLOSED if refuse == 1 else Reason.NONE
                if refuse == 3 and kind == "modify" and tags.parse(tag).role == "stop":
                    reason = WRONG_SIDE[state.side]
                    self.seen["the market passed a moved stop"] += 1
                self._answer(future, Refused("no", reason=reason), tag)
            else:
                self._change(state, what)
                self._answer(future, None, tag)

    def answer(self):
        future, result, _ = self.answers.popleft()
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)

    def hear(self):
        report = self.events.popleft()
        answering = any(tag == report.order.cl_ord_id for _, _, tag in self.answers)
        self.seen["an event before its answer"] += answering
        self.sink(report)

    def _show(self, name):
        """What is true as a question arrives."""
        if name == "fills":
            return list(self.trades)
        if name == "positions":
            held = self.trades[0].instrument if self.position else None
            row = {"qty": self.position, "avg_px": None, "time_ns": 0}
            return [PositionState(instrument=held, **row)] if held else []
        return self.working if name == "open" else list(self.truth.values())

    # --- the market ----------------------------------------------------------------------------

    @property
    def working(self):
        return [s for s in self.truth.values() if not s.ord_status.terminal]

    def fill(self, state, qty, px):
        """The market trades with an order."""
        tag = tags.parse(state.cl_ord_id)
        before = self.position
        if tag.role == "stop" and state.cum_qty == 0:
            self._report(state, ExecType.TRIGGERED)
        qty = min(qty, state.leaves_qty)
        cum_qty = state.cum_qty + qty
        worth = (state.avg_px or Decimal(0)) * state.cum_qty + px * qty
        self.fills += 1
        self.position += state.side.sign * qty
        done = cum_qty == state.order_qty
        state = self._set(
            state,
            cum_qty=cum_qty,
            leaves_qty=state.order_qty - cum_qty,
            avg_px=worth / cum_qty,
            ord_status=OrdStatus.FILLED if done else OrdStatus.PARTIALLY_FILLED,
        )
        self.trades.append(
            Execution(
                exec_id=f"x{self.fills}",
                instrument=state.instrument,
                order_id=state.order_id,
                cl_ord_id=state.cl_ord_id,
                side=state.side,
                qty=qty,
                px=px,
                time_ns=0,
            )
        )
        self._report(state, ExecType.TRADE, last_qty=qty, last_px=px, exec_id=f"x{self.fills}")
        self.seen["a partial fill"] += not done
        flattens = not self.is_bracket(tag.intent) and tag.intent not in self.groups
        if tag.role == "exit" and flattens and not self.voids_untold:
            # INV-22: a flatten's order neither grows the position nor turns it over.
            assert before * self.position >= 0, f"flipped: {before} to {self.position}"
            assert abs(self.position) < abs(before), f"grew: {before} to {self.position}"
        if self.is_bracket(tag.intent) and self.net(tag.intent) < 0 and tag.role != "exit":
            self.seen["both legs filled"] += 1

    def venue_voids(self, n):
        """A fill is taken back: what is open of its order stays open."""
        stand = [t for t in self.trades if not t.voided]
        if not stand:
            return
        trade = stand[n % len(stand)]
        self.trades[self.trades.index(trade)] = structs.replace(trade, voided=True)
        self.position -= trade.side.sign * trade.qty
        state = self.truth[trade.cl_ord_id]
        cum_qty = state.cum_qty - trade.qty
        works = OrdStatus.PARTIALLY_FILLED if cum_qty else OrdStatus.NEW
        worth = (state.avg_px or Decimal(0)) * state.cum_qty - trade.px * trade.qty
        state = self._set(
            state,
            order_qty=state.order_qty - trade.qty,
            cum_qty=cum_qty,
            avg_px=worth / cum_qty if cum_qty else None,
            ord_status=state.ord_status if state.ord_status.terminal else works,
        )
        self.seen["a fill of an order that was over was taken back"] += state.ord_status.terminal
        self.seen["a fill of an order at work was taken back"] += not state.ord_status.terminal
        fill = {"last_qty": trade.qty, "last_px": trade.px, "exec_id": trade.exec_id}
        self._report(state, ExecType.TRADE_CANCEL, **fill)

    def voided(self, tag):
        """Contracts of an order that were taken back."""
        return sum(t.qty for t in self.trades if t.voided and t.cl_ord_id == tag)

    @property
    def voids_untold(self):
        """Whether a fill was taken back of which the manager was not told."""
        return any(report.exec_type is ExecType.TRADE_CANCEL for report in self.events)

    def venue_cancels(self, state):
        self.seen["a cancel nobody asked for"] += 1
        self._end(state, OrdStatus.CANCELED, ExecType.CANCELED)

    def is_bracket(self, intent):
        return f"{intent}.entry#1" in self.truth

    def net(self, intent):
        """Contracts a bracket holds, by the exchange's fills."""
        side = self.truth[f"{intent}.entry#1"].side
        parsed = [(tags.parse(s.cl_ord_id), s) for s in self.truth.values()]
        return sum(side.sign * s.side.sign * s.cum_qty for t, s in parsed if t.intent == intent)

    def _place(self, tag, request, future, refuse):
        role = tags.parse(tag).duty
        state = OrderState(
            instrument=request.instrument,
            order_id=tag,
            cl_ord_id=tag,
            side=request.side,
            ord_type=request.ord_type,
            ord_status=OrdStatus.NEW,
            order_qty=request.order_qty,
            cum_qty=0,
            leaves_qty=request.order_qty,
            price=request.price,
            stop_px=request.stop_px,
            avg_px=None,
            time_ns=0,
        )
        if refuse:
            reason = {1: Reason.MARKET_CLOSED, 2: Reason.NO_LAST_PRICE}.get(refuse)
            reason = reason or (WRONG_SIDE[request.side] if role == "stop" else Reason.NONE)
            self.seen[f"{role or 'order'} refused"] += 1
            self._end(structs.replace(state, reason=reason), OrdStatus.REJECTED, ExecType.REJECTED)
            self._answer(future, Refused("no", reason=reason), tag)
            return
        if role in ("stop", "target"):
            rivals = [tags.parse(s.cl_ord_id) for s in self.working]
            mine = tags.parse(tag)
            twin = [t for t in rivals if (t.intent, t.role) == (mine.intent, mine.role)]
            # A stop in doubt for a second has one substitute beside it.
            hedged = role == "stop" and len(twin) == 1 and self._apart_s(tag, str(twin[0])) > 0.999
            assert hedged or not twin, f"{tag} beside {twin}"
            self.seen["a stop beside its substitute"] += hedged
        self.truth[tag] = state
        self._report(state, ExecType.NEW)
        self._answer(future, Ack(tag), tag)

    def _apart_s(self, *tagged):
        return abs(self.sent_s[tagged[0]] - self.sent_s[tagged[1]])

    def _change(self, state, change):
        if change is None:
            self._end(state, OrdStatus.CANCELED, ExecType.CANCELED)
            return
        given = structs.asdict(change).items()
        state = self._set(state, **{k: v for k, v in given if v is not None and k != "trail"})
        if state.order_qty <= state.cum_qty:
            self._end(state, OrdStatus.CANCELED, ExecType.CANCELED)
            return
        state = self._set(state, leaves_qty=state.order_qty - state.cum_qty)
        self._report(state, ExecType.REPLACED)

    def _set(self, state, **changes):
        self.truth[state.cl_ord_id] = structs.replace(state, **changes)
        return self.truth[state.cl_ord_id]

    def _end(self, state, status, exec_type):
        self._report(self._set(state, ord_status=status, leaves_qty=0), exec_type)

    def _report(self, state, exec_type, **fill):
        self.events.append(ExecutionReport(exec_type=exec_type, order=state, **fill))

    def _answer(self, future, result, tag):
        self.answers.append((future, result, tag))


class Ear:
    """What the listener is told: ends of orders, and fills."""

    def __init__(self):
        self.ends = Counter()
        self.filled = Counter()

    def on_report(self, order, report):
        status = report.order.ord_status
        # A fill that is told after the end of its order corrects it; it is no second end (INV-05).
        corrects = report.exec_type is ExecType.TRADE and status is not OrdStatus.FILLED
        if report.exec_type is ExecType.TRADE_CANCEL:
            corrects = True
            self.filled[order.cl_ord_id] = sum(fill.qty for fill in order.fills)
        self.ends[order.cl_ord_id] += status.terminal and not corrects

    def on_fill(self, order, fill):
        self.filled[order.cl_ord_id] += fill.qty

    def on_position(self, position):
        pass

    def on_incident(self, incident):
        assert incident.kind not in ("protocol", "broker_error"), incident.text


@pytest.fixture
def exchange_kind():
    return TinyExchange


@pytest.fixture
def ear_kind():
    return Ear
