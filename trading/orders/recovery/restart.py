"""A new life of the manager: what the journal knew and what the broker says, made one.

The broker's truth holds. Working orders are taken from it first, then fills and positions; what we
knew only explains them, and where it does not, a typed difference says so (RS-45). Orders under
tags of ours are taken over; all others are left alone. Owners come last, when their orders are
known, so that nothing is sent that is there already.
"""

from collections.abc import Callable

import msgspec

from ...errors import DryfillError
from ...order import Execution, ExecutionReport, OrderRequest, OrderState, PositionState
from .. import tags
from ..commands import Command, Do
from ..exits.flatten import Flatten
from ..exits.flattens import Flattens
from ..handle import Changed, Order
from ..intake import Intake
from ..journal.codec import Find
from ..journal.kinds import Kinds, rebuilt
from ..journal.restore import Restored
from ..order_core import OrderCore
from ..owners import Owner, Owners, Past
from ..registry import Told
from ..risk.switch import KillKept, KillSwitch
from ..sending.outbox import Outbox
from ..settings import OrderSettings
from .lost_plans import without_plan
from .round import Round

_NO_OWNERS = (Flatten.kind, KillSwitch.kind)


class Restart:
    """Merges the first full round after a start; `through` then.

    `number(intent)` gives the number of an intent of this manager's, None for anybody else's;
    `count(n)` sees to it that no later intent has that number.
    """

    flattens: Flattens
    ask: Callable[[], None]
    killed: Callable[[str], object]
    kinds: Kinds

    def __init__(
        self,
        restored: Restored,
        outbox: Outbox,
        intake: Intake,
        owners: Owners,
        settings: OrderSettings,
        find: Find,
        number: Callable[[str], int | None],
        count: Callable[[int], None],
    ) -> None:
        self.through = False
        self.changed = Changed()
        self._restored = restored
        self._outbox = outbox
        self._intake = intake
        self._owners = owners
        self._settings = settings
        self._find = find
        self._number = number
        self._count = count
        self._newest_ns = 0  # as far as the broker's clock is known
        self._since_ns = 0  # what is older is history
        self._intents: dict[str, dict[str, list[Order]]] = {}  # orders by intent and role
        for intent in (*restored.owners, *(o.cl_ord_id for o in restored.orders.values())):
            self._counted(intent)
        for order in restored.orders.values():
            self._file(order)

    def merge(self, this: Round) -> None:
        """Take the broker's answers in, and put everything under guard again."""
        states: dict[str, OrderState] = {}
        for state in (*this.answers["orders"], *this.answers["open"]):
            states[state.order_id] = state  # asked for later, known later
        fills = this.fills(self._outbox.ledger.knows)
        times_ns = [state.time_ns for state in states.values()] + [fill.time_ns for fill in fills]
        newest_ns = max(times_ns, default=0)
        newest_ns = max(newest_ns, self._intake.last_ns)
        self._newest_ns = newest_ns
        self._since_ns = newest_ns - round(self._settings.overlap_s * 1e9)
        for state in states.values():
            self._state(this, state)
        children = {key: state for key, state in states.items() if self._is_child(state)}
        for fill in fills:
            if fill.order_id not in children:
                self._fill(fill)
        self._rebuild(this.answers["positions"])
        self._take_in(children, fills)
        self._guard()
        for order in self._outbox.orders.working():
            self._outbox.advance(order)
        self.through = True
        self.changed.tell()

    # --- orders and fills -------------------------------------------------------------------------

    def _state(self, this: Round, state: OrderState) -> None:
        """The broker has an order so."""
        order = self._known(state.cl_ord_id, state.order_id)
        tag = tags.parse(state.cl_ord_id)
        number = None if tag is None else self._number(tag.intent)
        if order is not None:
            self._compare(order, state)
        elif number is not None and self._is_ours(state, number):
            order = self._adopt(state)
        if number is not None:
            self._count(number)
        if order is None or not order.core.doubt.resumed:
            return  # somebody else's, or long forgotten, or news came meanwhile
        order.core.looked(state, this.began_s)
        self._intake.answered(order, state)

    def _known(self, tag: str, order_id: str) -> Order | None:
        """An order that was kept, however old, or that came since."""
        return self._restored.orders.get(tag) or self._outbox.orders.find(tag, order_id)

    def _is_ours(self, state: OrderState, number: int) -> bool:
        """Whether an unknown order under a tag of ours is to be answered for: all that work, and
        those that ended lately and were not written down."""
        tag = tags.parse(state.cl_ord_id)
        assert tag is not None, "it has a number"
        if not state.ord_status.terminal or tag.intent in self._restored.owners:
            return True
        late = state.time_ns >= self._since_ns
        return late and (number > self._restored.intents or tag.intent in self._intents)

    def _adopt(self, state: OrderState) -> Order:
        """Take over an order of ours that the journal does not know."""
        request = OrderRequest(
            cl_ord_id=state.cl_ord_id,
            instrument=state.instrument,
            side=state.side,
            ord_type=state.ord_type,
            order_qty=state.order_qty,
            price=state.price,
            stop_px=state.stop_px,
        )
        core, now_s = OrderCore(request, self._settings), self._outbox.now_s()
        core.sent(Command(Do.PLACE), now_s)
        core.unknown(now_s)
        core.doubt.resume()
        order = Order(core)
        self._outbox.orders.add(order)
        self._outbox.observers.on_intent(order)
        self._file(order)
        self._found(order, state)
        return order

    def _found(self, order: Order, state: OrderState) -> None:
        self._outbox.differences.note(
            "order_found",
            state.instrument.symbol,
            tag=order.cl_ord_id,
            ours="nothing",
            theirs=f"{state.ord_status.name} {state.cum_qty}/{state.order_qty}",
        )

    def _compare(self, order: Order, state: OrderState) -> None:
        """Say what changed while nobody lived."""
        core, symbol = order.core, order.instrument.symbol
        note = self._outbox.differences.note
        if state.cum_qty > core.cum_qty:
            ours, theirs = f"{core.cum_qty} filled", f"{state.cum_qty} filled"
            note("filled_unheard", symbol, tag=order.cl_ord_id, ours=ours, theirs=theirs)
        now = core.agreement.now
        known, told = (now.order_qty, now.stop_px), (state.order_qty, state.stop_px)
        if core.accepted and core.request.stop_px is not None and known != told:
            ours, theirs = (f"{qty} @ {px}" for qty, px in (known, told))
            note("order_differs", symbol, tag=order.cl_ord_id, ours=ours, theirs=theirs)

    def _fill(self, fill: Execution) -> None:
        """A fill of then: told where it is of an order of ours, else only booked."""
        order = self._known(fill.cl_ord_id, fill.order_id)
        if order is not None and order.core.told.knows(fill.exec_id) and not fill.voided:
            return
        if self._outbox.orders.find(fill.cl_ord_id, fill.order_id) is not None:
            self._intake.fill(fill)
        elif fill.voided:
            self._intake.voids.of_nobody(fill)
        elif self._outbox.ledger.book(fill, None):
            self._outbox.observers.on_strange_fill(fill)
        self._intake.last_ns = max(self._intake.last_ns, fill.time_ns)

    def _is_child(self, state: OrderState) -> bool:
        """Whether the broker made it for an order of ours, and nobody wrote that down."""
        find = self._outbox.orders.find
        known = self._known(state.cl_ord_id, state.order_id) is not None
        return not known and state.parent_id is not None and find("", state.parent_id) is not None

    def _take_in(self, children: dict[str, OrderState], fills: list[Execution]) -> None:
        """Give children to their brackets, all of them before anything follows from one."""
        held: list[Told] = []
        for state in children.values():
            order = self._intake.adopt(state)
            if order is not None:
                held += self._outbox.orders.learn_id(order)
                self._outbox.noted(order)
                self._found(order, state)
        for fill in fills:
            if fill.order_id in children:
                self._fill(fill)
        for told in held:
            if isinstance(told, ExecutionReport):
                self._intake.report(told)
            else:
                self._intake.fill(told)

    # --- owners -----------------------------------------------------------------------------------

    def _rebuild(self, positions: list[PositionState]) -> None:
        """Owners of then answer for their orders again."""
        for intent, kept in self._restored.owners.items():
            if kept.kind in _NO_OWNERS:
                continue
            try:
                owner = rebuilt(kept, self._past(intent), self.kinds)
            except (DryfillError, IndexError) as error:
                text = f"{kept.kind} {intent} of an earlier life is not guarded: {error!r}"
                self._outbox.incident("owner_lost", text)
            else:
                self._add(owner)
        held = {position.instrument.symbol: position.qty for position in positions}
        for intent in self._intents:
            past = self._past(intent)
            if intent not in self._restored.owners and self._lately(past):
                self._close_what_has_no_plan(past, held)

    def _guard(self) -> None:
        """Flattens of then go on, and every owner acts."""
        for intent, kept in self._restored.owners.items():
            if kept.kind == Flatten.kind:
                self.flattens.resume(kept, self._past(intent))
        for kept in self._restored.owners.values():
            if kept.kind == KillSwitch.kind:  # after the flattens that it began
                self.killed(msgspec.msgpack.decode(kept.body, type=KillKept).reason)
        for owner in self._owners.all():
            flatten = self.flattens.under_way(owner.instrument)
            if flatten is not None and not flatten.waiting:
                self._owners.touch(owner)
                owner.release()
            self._owners.settle(owner)

    def _add(self, owner: Owner) -> None:
        self._owners.add(owner)
        for order in owner.orders():
            tag = tags.parse(order.cl_ord_id)
            if tag is not None and not tag.role:
                self._owners.link(order, owner)

    def _close_what_has_no_plan(self, past: Past, held: dict[str, int]) -> None:
        symbol = past.of("entry")[-1].instrument.symbol
        bracket = without_plan(past, held.get(symbol, 0))
        if bracket is not None:
            self._owners.add(bracket)
            self._outbox.keep(bracket)
            text = f"{bracket!r} has no plan in the journal: its orders go, what it holds is closed"
            self._outbox.incident("plan_lost", text)

    def _lately(self, past: Past) -> bool:
        """Whether an entry of it was still news when the last life ended."""
        return any(order.core.time_ns >= self._since_ns for order in past.of("entry"))

    def _past(self, intent: str) -> Past:
        orders = self._intents.get(intent, {})
        return Past(
            intent=intent,
            orders=orders,
            alone=self._alone,
            find=self._find,
            sender=self._outbox.on_behalf(intent),
            settings=self._settings,
            again=self._owners.settle,
            ask=self.ask,
            last_ns=self._newest_ns,
        )

    def _alone(self, intent: str) -> Order | None:
        orders = self._intents.get(intent, {}).get("", [])
        return orders[-1] if orders else None

    def _file(self, order: Order) -> None:
        tag = tags.parse(order.cl_ord_id)
        if tag is not None:
            found = self._intents.setdefault(tag.intent, {}).setdefault(tag.role, [])
            found.append(order)
            found.sort(key=_attempt)

    def _counted(self, text: str) -> None:
        tag = tags.parse(text)
        number = self._number(text if tag is None else tag.intent)
        if number is not None:
            self._count(number)


def _attempt(order: Order) -> int:
    tag = tags.parse(order.cl_ord_id)
    return 0 if tag is None else tag.attempt
