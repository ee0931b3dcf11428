"""Cancel-all as an epoch: what was sent before the call goes, what comes after it stays.

Each order is cancelled by itself, however the others fare: one that is not answered yet as soon as
its id is known, one that was filled meanwhile says so, one whose cancel gets no answer is looked up
and tried on. An answer to a cancel is no proof; only the broker's word on the order is.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial

from msgspec import Struct

from .. import tags
from ..handle import CancelResult, Order


class CancelAllResult(Struct, frozen=True):
    """What became of each order, oldest first."""

    results: dict[Order, CancelResult] = {}

    @property
    def ok(self) -> bool:
        """Whether every order is certain to do nothing more."""
        return all(result.ok for result in self.results.values())

    @property
    def unknown(self) -> list[Order]:
        """Orders that may still be working; they are looked up and cancelled on."""
        return [order for order, result in self.results.items() if not result.ok]

    def __str__(self) -> str:
        """How many ended how, in order of appearance."""
        counts = Counter(result.state for result in self.results.values())
        return ", ".join(f"{count} {state}" for state, count in counts.items()) or "no orders"


class CancelAll:
    """A cancel of many orders under way. `orders` are those of its epoch, oldest first."""

    def __init__(self, orders: Iterable[Order], cancel: Callable[[Order], None]) -> None:
        self.orders = list(orders)
        # What may open goes first: should calls run short, protection is the last to be gone.
        for opens in (True, False):
            for order in self.orders:
                if order.core.is_entry is opens:
                    cancel(order)

    async def finished(self, timeout: float | None = None) -> CancelAllResult:
        """Wait until each order is over, or was tried as often as the settings allow, at most
        `timeout` seconds; what is not known by then is tried on."""
        try:
            async with asyncio.timeout(timeout):
                for order in self.orders:
                    await order.changed.until(partial(_settled, order))
        except TimeoutError:
            pass
        return CancelAllResult({order: CancelResult.of(order) for order in self.orders})


def epoch(orders: Iterable[Order], *, keep_protection: bool) -> list[Order]:
    """Of the orders that work now those that a cancel-all takes away. Closing orders at market go
    on: they only make a position smaller. With `keep_protection` so do stops and targets."""
    kept = ("exit", "stop", "target", "leg") if keep_protection else ("exit",)
    return [order for order in orders if _duty(order) not in kept]


def _settled(order: Order) -> bool:
    return not order.working or order.core.stuck


def _duty(order: Order) -> str:
    tag = tags.parse(order.cl_ord_id)
    return "" if tag is None else tag.duty
