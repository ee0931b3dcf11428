"""Asking for one order: what is known here, else what the broker says; no answer is never a no."""

from ...broker import Broker
from ...errors import OutcomeUnknown
from ...instrument import Instrument
from ...order import OrderState
from ..handle import Order
from ..settings import OrderSettings
from ..view import View


async def look_up(
    broker: Broker, view: View, settings: OrderSettings, key: str, instrument: Instrument
) -> Order | OrderState | None:
    """See `OrderManager.look_up`. An order of ours whose fate is being looked up already is waited
    for."""
    order = view.order(key)
    if order is not None:
        core = order.core
        await order.changed.until(lambda: core.accepted or core.terminal)
        return order
    by_tag = "#" in key
    for tagged in (by_tag, not by_tag):
        try:
            found = await broker.order(
                instrument,
                order_id=None if tagged else key,
                cl_ord_id=key if tagged else None,
                deadline_s=settings.read_deadline_s,
            )
        except Exception as error:
            raise OutcomeUnknown(
                f"nobody answered whether there is an order {key!r} in {instrument.symbol}; it may "
                f"work: {error}"
            ) from error
        if found is not None:
            return found
    return None
