"""Changing and cancelling orders that work: the latest wish wins, and a cancel tells the truth."""

from collections.abc import Callable

from ..errors import RefusedByUs, UsageError
from ..order import Trail
from ..price import PriceLike
from ..words import Reason
from .admission import Admission
from .agreement import Wish
from .drafts import changed
from .handle import CancelResult, Order, until_changed
from .owners import Owners
from .sending.outbox import Outbox


class Changing:
    """Carries a trader's changes to the order, or to the owner that answers for it. `admit_change`
    asks the risk gate."""

    def __init__(
        self,
        owners: Owners,
        outbox: Outbox,
        admission: Admission,
        admit_change: Callable[[Order, Wish], None],
    ) -> None:
        self._owners = owners
        self._outbox = outbox
        self._admission = admission
        self._admit_change = admit_change

    def modify(
        self,
        order: Order,
        *,
        qty: int | None = None,
        limit: PriceLike | None = None,
        stop: PriceLike | None = None,
        trail: Trail | None = None,
        market: PriceLike | None = None,
    ) -> None:
        """Change a working order; what is left out stays. `qty` is the new total, fills included;
        `market` as in `place`.

        Of several changes under way the latest wins. A bracket's stop or target can be moved; its
        size follows what is held. At a broker that changes no order in place another order takes a
        leg's place, and any other order cannot be changed. Raises `UsageError` for a change that
        the order has no room for, and `RefusedByUs` for an order that is over, being cancelled, or
        cannot be changed.
        """
        self._admission.check_change(order)
        wish = changed(order, qty=qty, limit=limit, stop=stop, trail=trail, market=market)
        owner = self._owners.of(order)
        if qty is not None and owner is not None and owner.sizes(order):
            raise UsageError(
                f"the size of {order.describe()} follows what {owner!r} holds; change its price"
            )
        self._admit_change(order, wish)
        order.core.refusal = ""
        if owner is None or not owner.move(order, wish):
            self._check_in_place(order)
            order.core.want(wish)
        self._outbox.advance(order)

    def _check_in_place(self, order: Order) -> None:
        if not self._outbox.in_place:
            raise RefusedByUs(
                f"this broker changes no order in place, and {order.describe()} stands alone or is "
                f"linked; cancel it, and place another when the cancel says what was filled",
                reason=Reason.NOT_SUPPORTED,
            )

    async def modify_and_wait(
        self,
        order: Order,
        *,
        qty: int | None = None,
        limit: PriceLike | None = None,
        stop: PriceLike | None = None,
        trail: Trail | None = None,
        market: PriceLike | None = None,
    ) -> None:
        """As `modify`, and wait until the broker agreed, the order is over, or a later change took
        this one's place. Raises `Refused` when the broker said no; the order is as it was then."""
        self.modify(order, qty=qty, limit=limit, stop=stop, trail=trail, market=market)
        await until_changed(order, sized=qty is not None)

    async def cancel(self, order: Order) -> CancelResult:
        """Take an order away and tell the truth about it: what was filled, and whether it is gone.

        A cancel given up by its caller goes on; an order not yet sent or answered is cancelled as
        soon as its id is known. One that was given up as stuck is tried anew.
        """
        self.start_cancel(order)
        return await self.cancel_result(order)

    def start_cancel(self, order: Order) -> None:
        """As `cancel`, without a wait for the outcome."""
        if not order.working:
            return
        self._admission.check_open()
        owner = self._owners.of(order)
        if owner is not None:
            owner.drop(order)
        self._outbox.cancel(order)

    async def cancel_result(self, order: Order) -> CancelResult:
        """Wait for the outcome of a cancel that was started."""
        await order.changed.until(lambda: not order.working or order.core.stuck)
        return CancelResult.of(order)
