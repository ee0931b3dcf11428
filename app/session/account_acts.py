"""What can be done to an account from beside a strategy: look, cancel everything, flatten.

Nothing here needs the strategy's process or its journal: the broker is asked, and told.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from ...trading.broker import AccountState, Broker, Urgency
from ...trading.errors import DryfillError
from ...trading.order import Execution, ExecutionReport, OrderState, PositionState
from ...trading.orders.exits.flatten_core import FlattenResult
from ...trading.orders.handle import Order
from ...trading.orders.incident import Incident
from ...trading.orders.journal.codec import Find
from ...trading.orders.journal.memory import MemoryJournal
from ...trading.orders.manager import OrderManager
from ...trading.orders.positions import Position
from ...trading.orders.sending.backoff import doubled
from ...trading.orders.settings import OrderSettings
from ...trading.words import OrdType

Say = Callable[[str], None]

_STOPS = (OrdType.STOP, OrdType.STOP_LIMIT, OrdType.TRAILING_STOP)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """An account as the broker has it now. `bare`: by symbol, contracts that no working stop
    covers."""

    account: AccountState
    positions: list[PositionState]
    orders: list[OrderState]
    bare: dict[str, int]


async def look(broker: Broker, settings: OrderSettings) -> Standing:
    """Ask for money, positions and working orders. Raises what the broker's port raises: what was
    not answered is not known."""
    most_s, urgent = settings.read_deadline_s, Urgency.RISK_REDUCING
    account, positions, orders = await asyncio.gather(
        broker.account(urgency=urgent, deadline_s=most_s),
        broker.positions(urgency=urgent, deadline_s=most_s),
        broker.open_orders(urgency=urgent, deadline_s=most_s),
    )
    bare = {each.instrument.symbol: _bare(each, orders) for each in positions}
    return Standing(
        account=account,
        positions=positions,
        orders=orders,
        bare={symbol: qty for symbol, qty in bare.items() if qty},
    )


def _bare(position: PositionState, orders: list[OrderState]) -> int:
    covered = sum(
        order.leaves_qty
        for order in orders
        if order.instrument.symbol == position.instrument.symbol
        and order.ord_type in _STOPS
        and order.side.sign * position.qty < 0
    )
    return max(abs(position.qty) - covered, 0)


async def cancel_everything(broker: Broker, settings: OrderSettings, say: Say) -> list[OrderState]:
    """Cancel whatever works, whoever sent it, and look again until nothing does; returns what still
    worked after as many tries as the settings allow. Each refusal is said.

    Protection goes as well: what is held stands bare afterwards. Raises what the broker's port
    raises where the last look was not answered: then nobody knows what works.
    """
    for tries in range(1, settings.cancel_tries + 1):
        try:
            left = await _working(broker, settings)
        except DryfillError as error:
            say(f"what works was not answered: {error}")
        else:
            if not left:
                return []
            await asyncio.gather(*(_cancel(broker, each, settings, say) for each in left))
        await asyncio.sleep(doubled(settings.retry_s, settings.retry_most_s, tries))
    return await _working(broker, settings)


async def _working(broker: Broker, settings: OrderSettings) -> list[OrderState]:
    return await broker.open_orders(
        urgency=Urgency.RISK_REDUCING, deadline_s=settings.read_deadline_s
    )


async def _cancel(broker: Broker, order: OrderState, settings: OrderSettings, say: Say) -> None:
    try:
        await broker.cancel(order.instrument, order.order_id, deadline_s=settings.cancel_deadline_s)
    except DryfillError as error:
        say(f"order {order.order_id}: {error}")


async def flatten(
    broker: Broker, settings: OrderSettings, find: Find, now_ns: Callable[[], int], say: Say
) -> dict[str, FlattenResult]:
    """Cancel whatever works on the account, whoever sent it, and close whatever is held; the
    results by symbol. An order manager of its own does it, which asks the broker first what is
    true, and sends under tags that nobody else has.

    Waits for as long as the broker does not answer; bound it with `asyncio.timeout`.
    """
    manager = OrderManager(
        broker,
        _Sayer(say),
        now_ns=now_ns,
        settings=settings,
        prefix=f"f{now_ns() // 10**6:x}-",
        journal=MemoryJournal(),
        find=find,
    )
    try:
        await manager.recover()
        results = await manager.flatten_all("by hand", include_foreign=True).finished()
        await manager.wind_down()
    finally:
        manager.close()
    return results


class _Sayer:
    """Hears the manager, and says what went wrong."""

    def __init__(self, say: Say) -> None:
        self._say = say

    def on_report(self, order: Order, report: ExecutionReport) -> None:
        """What became of an order is in the results."""

    def on_fill(self, order: Order, fill: Execution) -> None:
        """As `on_report`."""

    def on_position(self, position: Position) -> None:
        """As `on_report`."""

    def on_incident(self, incident: Incident) -> None:
        self._say(f"{incident.kind}: {incident.text}")
