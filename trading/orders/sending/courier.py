"""The thin shell: carries the commands of order cores to the broker and their answers back.

No tasks: a command is a Future with a callback, a pause is one timer for each order. What the
broker raises is sorted here, and only here, into refused, never sent and unknown.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from ...broker import Ack, Broker, Urgency
from ...errors import DryfillError, NotSent, Refused
from ...order import OrderState
from ...words import Reason
from ..commands import CANCEL, LOOK, MODIFY, PLACE, Command, Do
from ..handle import Order
from ..observing import Failed, Observers
from ..order_core import OrderCore
from ..settings import OrderSettings
from .blocked import Blocked
from .duplicates import Duplicates
from .path import Path
from .repeats import Repeats, Sent
from .timers import Timers
from .urgency import urgency_of

_REASONS = frozenset(Reason)


class Sorter(Protocol):
    """Who is told what became of commands.

    `answered`: after every answer, once the core knows; `found` is how a look-up found the order.
    `resent`: it goes out under a new tag; `tag` reached nobody. `unknown`: nobody answers what
    became of it. `failed`: the broker raised something that is none of its three endings.
    `unsent`: an order was cancelled before it was sent; it is over. `last_ns`: the broker's time of
    the newest that he told of.
    """

    last_ns: int

    def answered(self, order: Order, found: OrderState | None) -> None: ...
    def resent(self, order: Order, tag: str) -> None: ...
    def unknown(self, order: Order) -> None: ...
    def failed(self, order: Order, text: str) -> None: ...
    def unsent(self, order: Order) -> None: ...


class Courier:
    """Sends what `core.next_command()` asks for, one command for each order at a time."""

    def __init__(
        self,
        broker: Broker,
        timers: Timers,
        blocked: Blocked,
        path: Path,
        settings: OrderSettings,
        sorter: Sorter,
        observers: Observers,
        failed: Failed,
        now_ns: Callable[[], int],
    ) -> None:
        self._broker = broker
        self._timers = timers
        self._blocked = blocked
        self._path = path
        self._settings = settings
        self._sorter = sorter
        self._observers = observers
        self._failed = failed
        self._pauses: dict[str, tuple[Do, int]] = {}
        self._held: dict[str, tuple[Order, Urgency]] = {}  # of these, for the way to be free again
        self._repeats = Repeats(timers)
        self._duplicates = Duplicates(now_ns, settings)
        self._stopped = False

    def advance(self, order: Order, due: Do | None = None) -> None:
        """Send the order's next command, now or after its pause; `due` without one."""
        core = order.core
        wished = core.wish is core.agreement.now and core.accepted and core.flight is None
        if wished and core.doubted is None and not self._pauses:
            return  # it is as it should be and nothing is put off, as after most events
        command = None if self._stopped else core.next_command()
        calm = core.flight is None and core.wish.working
        if command is None and not self._pauses and (calm or not _is_urged(core)):
            return  # nothing to send
        self._advance(order, command, due)

    def hurry(self, order: Order) -> None:
        """As `advance`, and end the pause that the order is in."""
        self.advance(order, due=self._end_pause(order))

    def over(self, order: Order) -> None:
        """An order has ended: no answer about it is waited for."""
        if self._repeats.newest_of:
            self._repeats.over(order)
        if self._duplicates.refusals:
            self._duplicates.over(order)

    def stop(self) -> None:
        """Send nothing more."""
        self._stopped = True
        self._pauses.clear()
        self._held.clear()

    def _advance(self, order: Order, command: Command | None, due: Do | None) -> None:
        waiting = self._pauses.get(order.cl_ord_id)
        if command is not None and waiting is not None and waiting[0] is command.do:
            return  # it is on its way already, after a pause
        if waiting is not None:
            self._end_pause(order)
        if command is None:
            if _is_urged(order.core):
                self._look_soon(order)
            if order.core.taken_back and not order.ended:
                order.ended = True
                # Not at once: whoever took it away may be in the middle of something.
                asyncio.get_running_loop().call_soon(self._taken_back, order)
            return
        if command.delay_s > 0 and command.do is not due:
            waited_s = 0.0
            if command.since_s is not None:
                waited_s = self._timers.now_s() - command.since_s
            if command.delay_s > waited_s:
                self._pause(order, command.do, command.delay_s - waited_s)
                return
        urgency, probe = urgency_of(order, command.do), None
        if command.do is not LOOK:  # these have pauses of their own, and prove more than a probe
            wait_s = self._path.wait_s(urgency)
            if wait_s > 0:
                self._pause(order, command.do, wait_s)
                self._held[order.cl_ord_id] = (order, urgency)
                return
            probe = self._path.going(urgency)
        self._send(order, command, urgency, probe)

    def _look_soon(self, order: Order) -> None:
        """An order that is not wanted any more, or not as it was sent, while something of it is not
        answered yet: it may be working, and can be neither cancelled nor changed before its id is
        known, nor cancelled or changed again in the middle of a change.
        Where the answer takes its time, a look tells the id, and what is wished now overtakes the
        change: of two requests that come to nothing in turn there is time for a third (INV-02)."""
        core, settings = order.core, self._settings
        sent = None if core.flight is None else self._repeats.newest(order, core.flight)
        changes = core.flight is MODIFY
        if sent is None or (sent.timer is not None and not changes):
            return
        within_s = settings.told_within_s
        if changes:
            within_s = settings.cancel_again_s if core.wish.working else settings.retry_s
        if sent.within_s is not None and sent.within_s <= within_s:
            return  # it is not waited for for longer as it is
        waited_s = self._timers.now_s() - sent.began_s
        self._timers.cancel(sent.timer)
        sent.timer = self._timers.later(max(within_s - waited_s, 0.0), lambda: self._overdue(sent))
        sent.within_s = within_s

    def _taken_back(self, order: Order) -> None:
        if self._stopped:
            return
        try:
            self._sorter.unsent(order)
        except Exception as error:  # noqa: BLE001  isolated here (DESIGN 3)
            self._failed(error, "an order taken back", order.cl_ord_id)

    def _pause(self, order: Order, do: Do, delay_s: float) -> None:
        tag = order.cl_ord_id
        number = self._blocked.later(delay_s, lambda: self._pause_over(order), order, do, tag)
        self._pauses[tag] = (do, number)

    def _pause_over(self, order: Order) -> None:
        do, _ = self._pauses.pop(order.cl_ord_id)
        self._held.pop(order.cl_ord_id, None)
        self.advance(order, due=do)

    def _end_pause(self, order: Order) -> Do | None:
        waiting = self._pauses.pop(order.cl_ord_id, None)
        if waiting is None:
            return None
        self._held.pop(order.cl_ord_id, None)
        self._timers.cancel(waiting[1])
        return waiting[0]

    def _send(self, order: Order, command: Command, urgency: Urgency, probe: float | None) -> None:
        now_s = self._timers.now_s()
        if order.core.flight is LOOK:
            self._repeats.overtaken(order)
        order.core.sent(command, now_s)
        self._observers.on_command(order, command)
        sent = Sent(order, command.do, urgency, now_s, probe=probe)
        if command.do is PLACE:
            sent.since_ns = self._duplicates.since_ns(self._sorter.last_ns)
        self._repeats.sent(sent)
        patience_s = order.core.patience_s
        if patience_s is not None:
            sent.within_s = patience_s
            sent.timer = self._timers.later(patience_s, lambda: self._overdue(sent))
        try:
            future = self._call(order, command, urgency)
        except Exception as error:  # noqa: BLE001  a port may not raise here: it may have gone
            future = asyncio.get_running_loop().create_future()
            future.set_exception(error)
        future.add_done_callback(lambda done: self._ended(sent, done))

    def _overdue(self, sent: Sent) -> None:
        """The answer is still to come, and nothing waits for it any more."""
        if not self._repeats.awaited(sent):
            return
        sent.late = True
        sent.order.core.overdue()
        if sent.do is PLACE:  # it may arrive for as long as its answer may take
            sent.order.core.doubt.deadline_s += self._settings.order_deadline_s
        self.advance(sent.order, due=sent.do)

    def _call(self, order: Order, command: Command, urgency: Urgency) -> "asyncio.Future[Any]":
        core, broker, settings = order.core, self._broker, self._settings
        instrument = order.instrument
        if command.do is PLACE:
            deadline_s = settings.order_deadline_s
            return broker.place(core.request, urgency=urgency, deadline_s=deadline_s)
        if command.do is LOOK:
            deadline_s = settings.read_deadline_s
            known_by = {"cl_ord_id": order.cl_ord_id}
            if core.adopted:
                known_by = {"order_id": core.order_id or ""}
            return broker.order(instrument, **known_by, urgency=urgency, deadline_s=deadline_s)
        order_id = core.order_id
        assert order_id is not None, f"{command.do} needs the broker's id: {order!r}"
        if command.do is CANCEL:
            deadline_s = settings.cancel_deadline_s
            return broker.cancel(instrument, order_id, urgency=urgency, deadline_s=deadline_s)
        change, deadline_s = command.change, settings.order_deadline_s
        assert change is not None
        return broker.modify(instrument, order_id, change, urgency=urgency, deadline_s=deadline_s)

    def _ended(self, sent: Sent, done: "asyncio.Future[Any]") -> None:
        error = asyncio.CancelledError() if done.cancelled() else done.exception()
        try:
            self._answered(sent, error, done.result() if error is None else None)
        except Exception as fault:  # noqa: BLE001  isolated here (DESIGN 3)
            self._failed(fault, f"the answer to a {sent.do.value}", sent.order.cl_ord_id)

    def _answered(self, sent: Sent, error: BaseException | None, result: object) -> None:
        order, do, tag = sent.order, sent.do, sent.order.cl_ord_id
        core, now_s = order.core, self._timers.now_s()
        found = None
        if not self._repeats.counts(sent, error):
            self._observers.on_answer(order, do, error, now_s - sent.began_s)
            if do is PLACE and core.doubtful:  # nobody answers it any more: it is there or not
                core.doubt.deadline_s = min(core.doubt.deadline_s, now_s)
            self._path_ended(sent, error, now_s)
            self.advance(order)
            return
        if error is None:
            found = self._take(sent, result)
        elif isinstance(error, NotSent):
            core.not_sent(do, error, self._path.draw(), now_s)
        elif do is LOOK:
            core.look_failed()
        elif isinstance(error, Refused):
            # A number that is no reason of ours must not lose the refusal.
            reason = Reason(error.reason) if error.reason in _REASONS else Reason.NONE
            if reason is Reason.DUPLICATE_TAG and do is PLACE and not core.terminal:
                self._duplicates.refused(order, error, sent.since_ns)
                core.unknown(now_s)
            else:
                core.refused(do, reason, str(error), now_s)
        else:
            core.unknown(now_s)
        if error is not None and not isinstance(error, DryfillError):
            self._sorter.failed(order, f"{do.value} ended in {error!r}")
        self._observers.on_answer(order, do, error, now_s - sent.began_s)
        if do is LOOK and core.doubt.failures == self._settings.breaker_tries:
            self._sorter.unknown(order)
        if order.cl_ord_id != tag:
            self._sorter.resent(order, tag)
            self._observers.on_resent(order, tag)
            self._observers.on_intent(order)
        self._sorter.answered(order, found)
        self.advance(order)
        self._path_ended(sent, error, now_s)

    def _take(self, sent: Sent, result: object) -> OrderState | None:
        core = sent.order.core
        if sent.do is PLACE:
            assert isinstance(result, Ack)
            core.acked(result.order_id)
        elif sent.do is MODIFY:
            core.modified()
        elif sent.do is CANCEL:
            core.cancel_taken()
        else:
            assert result is None or isinstance(result, OrderState)
            refusal = self._duplicates.found(sent.order, result)
            if refusal is not None:
                now_s = self._timers.now_s()
                core.refused(PLACE, Reason.DUPLICATE_TAG, str(refusal), now_s)
                return None
            core.looked(result, sent.began_s)
            return result
        return None

    def _path_ended(self, sent: Sent, error: BaseException | None, now_s: float) -> None:
        """Let the breakers know; where the way is free again, what waited for it goes now."""
        if sent.do is LOOK:
            self.asked(error)
            return
        if sent.probe is not None:
            self._path.landed(sent.urgency, sent.probe)
        if _is_answer(error):
            self._blocked.free()
        if not self._path.ended(sent.urgency, error, now_s):
            return
        for order, waits_for in list(self._held.values()):
            if waits_for is sent.urgency:
                self.hurry(order)

    def asked(self, error: BaseException | None) -> None:
        """A question ended. Whoever is answered knows that the way is free: what reached nobody may
        go again, and one command may try, where he was silent to commands as well."""
        answered = _is_answer(error)
        if answered:
            self._blocked.free()
        if self._path.asked(self._timers.now_s(), answered=answered):
            held = [o for o, waits_for in self._held.values() if waits_for is Urgency.RISK_REDUCING]
            if held:
                self.hurry(held[0])


def _is_urged(core: OrderCore) -> bool:
    """Whether the answer to what is in flight is waited for by a command that can take something
    away: a cancel, or the change of an order that was never heard of (INV-04: of a group's), or of
    the size of one that protects or closes, and is being moved."""
    wish, flight = core.wish, core.flight
    if not wish.working:
        return True
    if flight is PLACE:
        return wish != core.agreement.now
    change = core.agreement.under_way
    return change is not None and not core.is_entry and change.order_qty != wish.order_qty


def _is_answer(error: BaseException | None) -> bool:
    return error is None or (isinstance(error, Refused) and not isinstance(error, NotSent))
