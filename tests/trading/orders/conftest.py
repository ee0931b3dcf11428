"""A broker that does what a script says, and the language the scripts are written in.

One line is one thing that happens; times pass only in `wait`:

    do …                        the trader: place, bracket, modify, cancel, flatten, protect, close
    > place 1#1 buy 2 market    the manager must send exactly this now, and nothing else
    x fill 1#1 2 @ 20000        it happens at the exchange; the event is on its way
    < told                      the oldest event on its way arrives
    < fill 1#1 2 @ 20000        both at once; `< again`: the last event once more
    < ack 1#1                   the request in flight for this order is answered: done
    < refuse 1#1 TOO_LATE       … refused; `< lost 1#1`: no answer
    < found 1#1                 … a look: the order as it is; `< none 1#1`: no such order
    wait 0.25                   seconds of the manager's clock
    = position 2                what must be true now; see `Stage.check`
"""

import asyncio
from collections import deque
from decimal import Decimal

import pytest
from msgspec import structs

from dryfill.sim.loop_run import run_virtual
from dryfill.trading import instruments
from dryfill.trading.broker import Ack, Offers
from dryfill.trading.errors import OutcomeUnknown, Refused
from dryfill.trading.order import Buy, ExecutionReport, OrderState, Sell
from dryfill.trading.orders.manager import OrderManager
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.price import Ticks
from dryfill.trading.words import (
    ExecType,
    OrdStatus,
    OrdType,
    Reason,
    TimeInForce,
    TradingStatus,
)

MNQ = instruments.find("MNQ")
OFFERS = Offers(
    ord_types=frozenset(OrdType),
    tifs=frozenset(TimeInForce),
    modify_in_place=True,
    native_brackets=False,
    lossless_stream=True,
)
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
        self.tagged = tagged  # False: events carry the broker's id alone
        self.sent = deque()  # what the manager sent and the script has not named yet
        self.in_flight = {}
        self.truth = {}
        self.on_its_way = deque()
        self.fills = 0

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
            time_ns=0,
        )
        words = [request.side.name.lower(), str(request.order_qty)]
        words += [request.ord_type.name.lower()] if request.ord_type is not OrdType.LIMIT else []
        words += [f"limit {request.price}"] if request.price is not None else []
        words += [str(request.stop_px)] if request.stop_px is not None else []
        return self._call("place", tag, " ".join(words), urgency)

    def modify(self, instrument, order_id, change, *, urgency=0, deadline_s=None):
        given = structs.asdict(change).items()
        words = " ".join(f"{name} {value}" for name, value in given if value is not None)
        return self._call("modify", self._tag(order_id), words, urgency)

    def cancel(self, instrument, order_id, *, urgency=1, deadline_s=None):
        return self._call("cancel", self._tag(order_id), "", urgency)

    def order(self, instrument, *, order_id=None, cl_ord_id=None):
        return self._call("look", cl_ord_id, "", 0)

    def _tag(self, order_id):
        return next(tag for tag, state in self.truth.items() if state.order_id == order_id)

    def _call(self, kind, tag, words, urgency):
        assert tag not in self.in_flight, f"two requests in flight for {tag}"
        future = asyncio.get_running_loop().create_future()
        self.in_flight[tag] = (kind, future)
        self.sent.append(f"{kind} {tag} {words}".strip())
        self.urgency = urgency
        return future

    def tell(self):
        self.told = self.on_its_way.popleft()
        self.sink(self.told)

    def answer(self, how, tag, reason=Reason.NONE):
        kind, future = self.in_flight.pop(tag)
        if how == "ack":
            future.set_result(Ack(self.truth[tag].order_id) if kind == "place" else None)
        elif how == "refuse":
            future.set_exception(Refused(f"no: {Reason(reason).name}", reason=reason))
        elif how == "found":
            future.set_result(self.truth[tag])
        elif how == "none":
            future.set_result(None)
        else:
            future.set_exception(OutcomeUnknown("no answer"))

    def happen(self, what, tag, words):
        """Change the truth and put the report of it on its way."""
        state, fill = self.truth[tag], {}
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
            exec_type = ExecType.TRADE
            fill = {"last_qty": qty, "last_px": px, "exec_id": f"x{self.fills}"}
        elif what in _ENDS:
            exec_type, status = _ENDS[what]
            reason = Reason[words[0]] if words else Reason.NONE
            state = structs.replace(state, ord_status=status, leaves_qty=0, reason=reason)
        else:
            exec_type = ExecType[what.upper()]
            status = OrdStatus.PARTIALLY_FILLED if state.cum_qty else OrdStatus.NEW
            numbers = dict(zip(words[::2], words[1::2], strict=True))
            changes = {k: int(v) if k == "order_qty" else Decimal(v) for k, v in numbers.items()}
            state = structs.replace(state, ord_status=status, **changes)
        self.truth[tag] = state
        told = state if self.tagged else structs.replace(state, cl_ord_id="")
        self.on_its_way.append(ExecutionReport(exec_type=exec_type, order=told, **fill))


class Listener:
    """Keeps what it is told, as one line each."""

    def __init__(self):
        self.lines = []

    def on_report(self, order, report):
        self.lines.append(f"{report.exec_type.name} {order.cl_ord_id}")

    def on_fill(self, order, fill):
        self.lines.append(f"fill {fill.qty} @ {fill.px}")

    def on_position(self, position):
        self.lines.append(f"position {position.qty}")

    def on_incident(self, incident):
        self.lines.append(f"incident {incident.kind}")


class Stage:
    """One manager, one scripted broker, and what the trader holds."""

    def __init__(self, settings=None, offers=OFFERS, *, tagged=True):
        self.broker = ScriptedBroker(offers, tagged=tagged)
        self.listener = Listener()
        self.manager = OrderManager(
            self.broker, self.listener, now_ns=lambda: 0, settings=settings or OrderSettings()
        )
        self.orders = {}
        self.brackets = {}
        self.tasks = {}

    def order(self, tag):
        for bracket in self.brackets.values():
            for order in bracket.orders():
                self.orders[order.cl_ord_id] = order
        return self.orders[tag]

    async def play(self, script):
        for number, raw in enumerate(script.splitlines(), 1):
            line = raw.partition("--")[0].strip()
            if not line:
                continue
            try:
                await self.line(line)
            except AssertionError as error:
                raise AssertionError(f"line {number}: {line}\n{error}") from error
        assert not self.broker.sent, f"sent and not in the script: {list(self.broker.sent)}"

    async def line(self, line):
        mark, *words = line.split()
        if mark == ">":
            assert self.broker.sent, "nothing was sent"
            sent = self.broker.sent.popleft()
            assert sent == " ".join(words), f"sent instead: {sent}"
            return
        if mark != "=":
            assert not self.broker.sent, f"sent before: {list(self.broker.sent)}"
        if mark == "wait":
            await asyncio.sleep(float(words[0]))
        elif mark == "do":
            self.do(*words)
        elif mark == "=":
            self.check(*words)
        else:
            self.hear(mark, *words)
        await settle()

    def hear(self, mark, what, *words):
        if what == "told":
            self.broker.tell()
        elif what == "again":
            self.broker.sink(self.broker.told)
        elif what in ("ack", "lost", "found", "none"):
            self.broker.answer(what, words[0])
        elif what == "refuse":
            self.broker.answer(what, words[0], Reason[words[1]])
        elif what == "status":
            self.manager.on_status(MNQ, TradingStatus[words[0]])
        else:
            self.broker.happen(what, words[0], words[1:])
            if mark == "<":
                self.broker.tell()

    def do(self, what, *words):
        if what in ("place", "bracket"):
            side, qty, *rest = words
            numbers = dict(zip(rest[::2], rest[1::2], strict=True))
            levels = {k: level(numbers.pop(k)) for k in ("loss", "target") if k in numbers}
            if "trail" in numbers:
                numbers["trail"] = Ticks(int(numbers["trail"]))
            spec = {"buy": Buy, "sell": Sell}[side](int(qty), **numbers)
            if what == "place":
                order = self.manager.place(MNQ, spec)
                self.orders[order.cl_ord_id] = order
                self.run(f"place {order.cl_ord_id}", order.accepted())
            else:
                bracket = self.manager.bracket(
                    MNQ, spec, stop=levels["loss"], target=levels.get("target")
                )
                self.brackets[bracket.intent] = bracket
        elif what == "modify":
            tag, *rest = words
            changes = dict(zip(rest[::2], rest[1::2], strict=True))
            if "qty" in changes:
                changes["qty"] = int(changes["qty"])
            self.run(f"modify {tag}", self.manager.modify_and_wait(self.order(tag), **changes))
        elif what == "cancel":
            self.run(f"cancel {words[0]}", self.manager.cancel(self.order(words[0])))
        elif what == "flatten":
            self.run(" ".join(("flatten", *words)), self.manager.flatten(MNQ))
        elif what == "protect":
            timeout = float(words[1]) if len(words) > 1 else None
            bracket = self.brackets[words[0]]
            self.run(f"protect {words[0]}", bracket.protected(timeout))
        elif what == "give_up":  # the caller goes away
            self.tasks[" ".join(words)].cancel()
        elif what == "last_call":
            self.manager.last_call()
        else:
            assert what == "close", what
            self.manager.close()

    def run(self, name, coro):
        self.tasks[name] = asyncio.ensure_future(coro)

    def check(self, what, *words):
        said = " ".join(words)
        if what == "position":
            found = str(self.manager.held(MNQ))
        elif what == "status":
            said, found = words[1], self.order(words[0]).status.name
        elif what == "working":
            found = " ".join(o.cl_ord_id for o in self.manager.orders_of(MNQ))
        elif what == "incidents":
            found = " ".join(i.kind for i in self.manager.incidents)
        elif what == "timers":
            found = str(self.manager.timers)
        elif what == "fills":
            said, found = words[1], str(len(self.order(words[0]).fills))
        elif what == "heard":
            found = self.listener.lines[-1]
        elif what == "waiting":
            found = " ".join(name for name, task in self.tasks.items() if not task.done())
        else:
            assert what == "got", what
            name, _, said = said.partition(" -> ")
            task = self.tasks[name]
            assert task.done(), f"{name} still waits"
            error = task.exception()
            found = f"{type(error).__name__}" if error else str(task.result())
        assert found == said, f"found: {found}"


def level(text):
    return Ticks(int(text[:-1])) if text.endswith("t") else text


async def settle():
    """Let everything run that can run without time passing."""
    for _ in range(8):
        await asyncio.sleep(0)


@pytest.fixture
def play():
    """Play a script on a manager, `then` call something with the stage; returns the stage."""

    def run(script, settings=None, offers=OFFERS, *, tagged=True, then=None):
        async def main():
            stage = Stage(settings, offers, tagged=tagged)
            await stage.play(script)
            if then is not None:
                then(stage)
            return stage

        return run_virtual(main(), origin_ns=0)

    return run


@pytest.fixture
def mnq():
    return MNQ


@pytest.fixture
def stage_kind():
    return Stage


@pytest.fixture
def offers():
    return OFFERS
