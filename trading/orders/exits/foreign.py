"""Orders on the account that are not ours, taken away because the trader said so (INV-21)."""

from asyncio import Future
from collections.abc import Callable
from functools import partial

from ...broker import Broker, Urgency
from ...order import OrderState
from ..sending.backoff import doubled
from ..sending.outbox import Outbox
from ..settings import OrderSettings


class ForeignOrders:
    """Asks what works, cancels what is not ours, and looks again until nothing of it is left.

    `done`: whether it is through; `left`: what still worked then, as often as was tried. `through`
    is called at the end.
    """

    def __init__(
        self, broker: Broker, outbox: Outbox, settings: OrderSettings, through: Callable[[], None]
    ) -> None:
        self.done = False
        self.left: list[OrderState] = []
        self._broker = broker
        self._outbox = outbox
        self._settings = settings
        self._through = through
        self._looks = 0
        self._unanswered = 0
        self._look()

    def give_up(self) -> None:
        """Nothing more is sent: what is left is left."""
        if not self.done:
            self._end()

    def _look(self) -> None:
        self._looks += 1
        future = self._broker.open_orders(
            urgency=Urgency.RISK_REDUCING, deadline_s=self._settings.read_deadline_s
        )
        future.add_done_callback(self._seen)

    def _seen(self, done: "Future[list[OrderState]]") -> None:
        failed = done.cancelled() or done.exception() is not None
        if self.done:
            return
        if failed:
            self._again()  # a question without an answer proves nothing
            return
        orders = self._outbox.orders
        self.left = [s for s in done.result() if orders.find(s.cl_ord_id, s.order_id) is None]
        if not self.left:
            self._end()
            return
        self._unanswered = len(self.left)
        for state in self.left:
            future = self._broker.cancel(
                state.instrument, state.order_id, deadline_s=self._settings.cancel_deadline_s
            )
            future.add_done_callback(partial(self._answered, state))

    def _answered(self, state: OrderState, done: "Future[None]") -> None:
        error = None if done.cancelled() else done.exception()
        if error is not None:
            text = f"order {state.order_id} of somebody else's: {error}"
            self._outbox.incident("foreign_cancel", text)
        self._unanswered -= 1
        if not self._unanswered and not self.done:
            self._again()

    def _again(self) -> None:
        """Look once more, after a pause: only what is not shown any more is gone."""
        settings = self._settings
        if self._looks >= settings.cancel_tries:
            text = ", ".join(state.order_id for state in self.left) or "nobody says which"
            self._outbox.incident("foreign_left", f"orders that are not ours may work on: {text}")
            self._end()
            return
        pause_s = doubled(settings.retry_s, settings.retry_most_s, self._looks)
        self._outbox.later(pause_s, self._look)

    def _end(self) -> None:
        self.done = True
        self._through()
