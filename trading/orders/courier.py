"""The thin shell: carries the commands of order cores to the broker and their answers back.

No tasks: a command is a Future with a callback, a pause is one timer for each order. What the
broker raises is sorted here, and only here, into refused and unknown.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from ..broker import Ack, Broker, Urgency
from ..errors import DryfillError, Refused
from ..words import Reason
from .handle import Order
from .order_core import Command, Do
from .timers import Timers

_CLOSING = (".stop", ".exit")  # roles whose orders reduce risk
_REASONS = frozenset(Reason)


class Courier:
    """Sends what `core.next_command()` asks for, one command for each order at a time.

    `changed(order)` is called after every answer; `failed(order, text)` when a broker raised
    something that is none of its three endings.
    """

    def __init__(
        self,
        broker: Broker,
        timers: Timers,
        changed: Callable[[Order], None],
        failed: Callable[[Order, str], None],
    ) -> None:
        self._broker = broker
        self._timers = timers
        self._changed = changed
        self._failed = failed
        self._pauses: dict[str, tuple[Do, int]] = {}
        self._stopped = False

    def advance(self, order: Order) -> None:
        """Send the order's next command, now or after its pause."""
        self._advance(order, due=None)

    def hurry(self, order: Order) -> None:
        """As `advance`, and end the pause that the order is in."""
        self._advance(order, due=self._end_pause(order))

    def stop(self) -> None:
        """Send nothing more."""
        self._stopped = True
        self._pauses.clear()

    def _advance(self, order: Order, due: Do | None) -> None:
        command = None if self._stopped else order.core.next_command()
        waiting = self._pauses.get(order.cl_ord_id)
        if command is not None and waiting is not None and waiting[0] is command.do:
            return  # it is on its way already, after a pause
        if waiting is not None:
            self._end_pause(order)
        if command is None:
            return
        if command.delay_s > 0 and command.do is not due:
            number = self._timers.later(command.delay_s, lambda: self._pause_over(order))
            self._pauses[order.cl_ord_id] = (command.do, number)
            return
        self._send(order, command)

    def _pause_over(self, order: Order) -> None:
        do, _ = self._pauses.pop(order.cl_ord_id)
        self._advance(order, due=do)

    def _end_pause(self, order: Order) -> Do | None:
        waiting = self._pauses.pop(order.cl_ord_id, None)
        if waiting is None:
            return None
        self._timers.cancel(waiting[1])
        return waiting[0]

    def _send(self, order: Order, command: Command) -> None:
        now_s = asyncio.get_running_loop().time()
        order.core.sent(command, now_s)
        future = self._call(order, command)
        future.add_done_callback(lambda done: self._answered(order, command.do, now_s, done))

    def _call(self, order: Order, command: Command) -> "asyncio.Future[Any]":
        core, broker, instrument = order.core, self._broker, order.instrument
        closing = order.cl_ord_id.rpartition("#")[0].endswith(_CLOSING)
        urgency = Urgency.RISK_REDUCING if closing else Urgency.ORDINARY
        if command.do is Do.PLACE:
            return broker.place(core.request, urgency=urgency)
        if command.do is Do.LOOK:
            return broker.order(instrument, cl_ord_id=order.cl_ord_id)
        assert core.order_id is not None, f"{command.do} needs the broker's id: {order!r}"
        if command.do is Do.MODIFY:
            assert command.change is not None
            return broker.modify(instrument, core.order_id, command.change, urgency=urgency)
        return broker.cancel(instrument, core.order_id)

    def _answered(self, order: Order, do: Do, began_s: float, done: "asyncio.Future[Any]") -> None:
        core = order.core
        error = asyncio.CancelledError() if done.cancelled() else done.exception()
        if error is None:
            self._take(order, do, began_s, done.result())
        elif do is Do.LOOK:
            core.look_failed()
        elif isinstance(error, Refused):
            # A number that is no reason of ours must not lose the refusal.
            reason = Reason(error.reason) if error.reason in _REASONS else Reason.NONE
            core.refused(do, reason, str(error))
        else:
            core.unknown(asyncio.get_running_loop().time())
        if error is not None and not isinstance(error, DryfillError):
            self._failed(order, f"{do.value} ended in {error!r}")
        self._changed(order)
        self.advance(order)

    def _take(self, order: Order, do: Do, began_s: float, result: object) -> None:
        core = order.core
        if do is Do.PLACE:
            assert isinstance(result, Ack)
            core.acked(result.order_id)
        elif do is Do.MODIFY:
            core.modified()
        elif do is Do.CANCEL:
            core.cancel_taken()
        else:
            core.looked(result, began_s)  # type: ignore[arg-type]  # the port: OrderState | None
