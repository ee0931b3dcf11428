"""Before the manager closes: what is under way is finished, or said to be left (RS-47)."""

import asyncio
from collections.abc import Callable

from ..handle import Changed
from ..owners import Owners
from ..sending.outbox import Outbox
from .flattens import Flattens


async def finish(outbox: Outbox, owners: Owners, flattens: Flattens, within_s: float) -> None:
    """Wait until no order has anything to be sent or answered, nothing that is held waits for its
    protection and no flatten is under way, at most `within_s`."""
    try:
        async with asyncio.timeout(within_s):
            while (pending := _pending(outbox, owners, flattens)) is not None:
                changed, settled = pending
                await changed.until(settled)
    except TimeoutError:
        pass


def _pending(
    outbox: Outbox, owners: Owners, flattens: Flattens
) -> tuple[Changed, Callable[[], bool]] | None:
    """The first thing that is not finished, and when it will be."""
    unfinished = [order for order in outbox.orders.working() if order.core.unfinished]
    if unfinished:
        return unfinished[0].changed, lambda: not unfinished[0].core.unfinished
    bare = owners.bare()
    if bare:
        return bare[0].changed, lambda: not bare[0].bare
    under_way = flattens.all()
    if under_way:
        return under_way[0].changed, lambda: under_way[0].result is not None
    return None
