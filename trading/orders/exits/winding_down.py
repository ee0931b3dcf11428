"""The end of a manager: what is under way is finished, or said to be left (RS-47)."""

import asyncio
from collections.abc import Callable

from ...errors import RunEnded
from ..handle import Changed, Order
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


def close(outbox: Outbox, owners: Owners, flattens: Flattens) -> None:
    """Close for good; incidents say what is left to do, and whoever waits is told so."""
    flattens.give_up()
    for order in outbox.orders.working():
        if _unfinished(order):
            text = f"closed while {order!r} was still to be settled"
            outbox.incident("left_undone", text, order.cl_ord_id)
    for owner in owners.bare():
        text = f"closed while {owner!r} was not covered by a stop"
        outbox.incident("left_bare", text, owner.intent)
    outbox.close()
    for changed in _waits(outbox, owners):
        changed.spoil(RunEnded("the order manager was closed while this was waited for"))


def end_waits(outbox: Outbox, owners: Owners) -> None:
    """What is waited for now will never be."""
    for changed in _waits(outbox, owners):
        changed.end(RunEnded("the run ended while this was waited for"))


def _waits(outbox: Outbox, owners: Owners) -> list[Changed]:
    """What can be waited for of orders and owners that are not over."""
    orders = [order.changed for order in outbox.orders.working()]
    return [*orders, *(owner.changed for owner in owners.all())]


def _pending(
    outbox: Outbox, owners: Owners, flattens: Flattens
) -> tuple[Changed, Callable[[], bool]] | None:
    """The first thing that is not finished, and when it will be."""
    unfinished = [order for order in outbox.orders.working() if _unfinished(order)]
    if unfinished:
        return unfinished[0].changed, lambda: not _unfinished(unfinished[0])
    bare = owners.bare()
    if bare:
        return bare[0].changed, lambda: not bare[0].bare
    under_way = flattens.all()
    if under_way:
        return under_way[0].changed, lambda: under_way[0].result is not None
    return None


def _unfinished(order: Order) -> bool:
    """Whether something is still to be sent or answered."""
    core = order.core
    return order.working and (core.flight is not None or core.next_command() is not None)
