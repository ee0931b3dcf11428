"""Putting a fallback in the place of an owner that failed, without asking that owner for much."""

from ...errors import GuardFailed
from .. import tags
from ..brackets.bracket import Bracket
from ..handle import Order
from ..owners import Owner, Owners
from ..sending.outbox import Outbox
from ..settings import OrderSettings
from .fallback import Fallback


class FallingBack:
    """Begins fallbacks. One that fails itself is not replaced: an incident says what is left."""

    def __init__(self, owners: Owners, outbox: Outbox, settings: OrderSettings) -> None:
        self._owners = owners
        self._outbox = outbox
        self._settings = settings

    def begin(self, intent: str, story: str) -> None:
        """An owner failed; nothing happens where there is none such (any more)."""
        owner = self._owners.get(intent)
        if owner is None or self._outbox.closed:
            return
        if isinstance(owner, Fallback):
            self._owners.replace(owner, None)
            text = f"the fallback of {intent} failed too; look at its orders by hand: {story}"
            self._outbox.incident("fallback_failed", text, intent)
            return
        orders = self._orders(owner)
        self._end(owner, story)
        if not orders:
            self._owners.replace(owner, None)
            return
        sender = self._outbox.on_behalf(intent)
        taken = owner.taken if isinstance(owner, Bracket) else 0
        fallback = Fallback(
            intent, orders[0].instrument, orders, sender, self._settings, taken=taken
        )
        self._owners.replace(owner, fallback)
        self._outbox.keep(fallback)
        self._outbox.incident("fallback", f"{intent} failed; {fallback.plan()}", intent)
        self._owners.settle(fallback)

    def _orders(self, owner: Owner) -> list[Order]:
        """All that the owner sent, by its own word and by the table's, oldest first."""
        try:
            said = owner.orders()
        except Exception as error:  # noqa: BLE001  it failed already; the table still knows
            self._outbox.supervision.told(error, f"orders() of {owner.intent}", owner.intent)
            said = []
        known = {order.cl_ord_id: order for order in said}
        for order in self._outbox.orders.all():
            tag = tags.parse(order.cl_ord_id)
            if tag is not None and tag.role and tag.intent == owner.intent:
                known.setdefault(order.cl_ord_id, order)
        return list(known.values())

    def _end(self, owner: Owner, story: str) -> None:
        try:
            owner.stop_timers()
        except Exception as error:  # noqa: BLE001  what a timer left does is guarded as well
            self._outbox.supervision.told(error, f"stop_timers() of {owner.intent}", owner.intent)
        owner.changed.spoil(GuardFailed(f"{owner.intent} failed: {story}"))
