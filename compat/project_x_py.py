"""project-x-py's OrderManager (4.4.1) on Dryfill's own: change the import, keep the code.

    from dryfill.compat.project_x_py import OrderManager
    orders = OrderManager(desk)            # was: OrderManager(client, event_bus, config)

Every method of that class is here by its name and parameters; each hands over to what does the
work in Dryfill, or raises `NoCounterpart`, which names the way it is done here. What differs on
purpose stands in docs/migrating-from-project-x-py.md: above all, unknown is an error and never "not
filled". Prices off the tick are moved to the nearest one, as that library does.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ..trading.desk import Desk
from ..trading.instrument import Instrument
from . import project_x_figures as figures
from . import project_x_positions as positions
from . import project_x_queries as queries
from .project_x_callbacks import Callback, Callbacks
from .project_x_calls import Calls, carry, link, number
from .project_x_placing import Placing
from .project_x_shapes import (
    BracketOrderResponse,
    NoCounterpart,
    Order,
    OrderPlaceResponse,
    OrderSide,
    OrderStatus,
    OrderSubmissionUncertainError,
    OrderType,
    ProjectXOrderError,
)

__all__ = [
    "BracketOrderResponse", "NoCounterpart", "Order", "OrderManager", "OrderPlaceResponse",
    "OrderSide", "OrderStatus", "OrderSubmissionUncertainError", "OrderType", "ProjectXOrderError",
]  # fmt: skip

Bracketing = dict[str, Any] | None
Placed = OrderPlaceResponse


class OrderManager:
    """That library's order manager, one desk wide. `instruments`: more than the desk's own.

    Prices are floats as there, moved to the nearest tick; sizes are whole contracts; an
    `account_id` must be the desk's. Order ids are the broker's numbers.
    """

    def __init__(
        self,
        desk: Desk,
        event_bus: Any = None,
        config: Any = None,
        *,
        instruments: Iterable[Instrument] = (),
    ) -> None:
        if config:
            raise NoCounterpart("config: give RiskLimits and OrderSettings to the run instead")
        if event_bus is not None:
            raise NoCounterpart("event_bus: register_order_callback, or desk.manager.events()")
        self._calls = Calls(desk, instruments)
        self._placing = Placing(self._calls)
        self._callbacks = Callbacks(self._calls)
        self.manager = desk.manager

    async def initialize(self, realtime_client: Any = None) -> bool:
        """True: the desk is connected before it is handed out."""
        return True

    async def cleanup(self) -> None:
        """End the callbacks. Orders work on; closing the desk is the run's business."""
        self._callbacks.close()

    # --- placing ----------------------------------------------------------------------------------

    async def place_order(
        self,
        contract_id: str,
        order_type: int,
        side: int,
        size: int,
        limit_price: float | None = None,
        stop_price: float | None = None,
        trail_price: float | None = None,
        custom_tag: str | None = None,
        linked_order_id: int | None = None,
        account_id: int | None = None,
        stop_loss_bracket: Bracketing = None,
        take_profit_bracket: Bracketing = None,
    ) -> Placed:
        """Send an order and wait until the broker has it. `trail_price` is a distance, as there."""
        wanted = (contract_id, order_type, side, size, account_id)
        prices = {"limit_price": limit_price, "stop_price": stop_price, "trail_price": trail_price}
        brackets = (stop_loss_bracket, take_profit_bracket)
        return await self._placing.order(
            wanted, prices, custom_tag=custom_tag, linked=linked_order_id, brackets=brackets
        )

    async def place_market_order(
        self, contract_id: str, side: int, size: int, account_id: int | None = None
    ) -> Placed:
        return await self._placing.order((contract_id, OrderType.MARKET, side, size, account_id))

    async def place_limit_order(
        self,
        contract_id: str,
        side: int,
        size: int,
        limit_price: float,
        account_id: int | None = None,
        linked_order_id: int | None = None,
    ) -> Placed:
        wanted = (contract_id, OrderType.LIMIT, side, size, account_id)
        prices = {"limit_price": limit_price}
        return await self._placing.order(wanted, prices, linked=linked_order_id)

    async def place_stop_order(
        self,
        contract_id: str,
        side: int,
        size: int,
        stop_price: float,
        account_id: int | None = None,
        linked_order_id: int | None = None,
    ) -> Placed:
        wanted = (contract_id, OrderType.STOP, side, size, account_id)
        prices = {"stop_price": stop_price}
        return await self._placing.order(wanted, prices, linked=linked_order_id)

    async def place_trailing_stop_order(
        self,
        contract_id: str,
        side: int,
        size: int,
        trail_price: float,
        account_id: int | None = None,
    ) -> Placed:
        wanted = (contract_id, OrderType.TRAILING_STOP, side, size, account_id)
        return await self._placing.order(wanted, {"trail_price": trail_price})

    async def place_join_bid_order(
        self, contract_id: str, size: int, account_id: int | None = None
    ) -> Placed:
        wanted = (contract_id, OrderType.JOIN_BID, OrderSide.BUY, size, account_id)
        return await self._placing.order(wanted)

    async def place_join_ask_order(
        self, contract_id: str, size: int, account_id: int | None = None
    ) -> Placed:
        wanted = (contract_id, OrderType.JOIN_ASK, OrderSide.SELL, size, account_id)
        return await self._placing.order(wanted)

    async def place_bracket_order(
        self,
        contract_id: str,
        side: int,
        size: int,
        entry_price: float | None,
        stop_loss_price: float,
        take_profit_price: float,
        entry_type: str = "limit",
        account_id: int | None = None,
    ) -> BracketOrderResponse:
        """Send a bracket and wait until it is protected or over. Levels are moved to the nearest
        tick first and checked after."""
        wanted = (contract_id, OrderType.MARKET, side, size, account_id)
        levels = (entry_price, stop_loss_price, take_profit_price)
        return await self._placing.bracket(wanted, entry_type, levels)

    # --- changing ---------------------------------------------------------------------------------

    async def modify_order(
        self,
        order_id: int,
        limit_price: float | None = None,
        stop_price: float | None = None,
        size: int | None = None,
        trail_price: float | None = None,
    ) -> bool:
        """Change a working order; True once the broker took it, an error where it did not."""
        return await self._placing.modify(order_id, limit_price, stop_price, size, trail_price)

    async def cancel_order(self, order_id: int, account_id: int | None = None) -> bool:
        """Take an order away: True where the rest of it is cancelled, False where it was filled."""
        return await self._placing.cancel(order_id, account_id)

    async def cancel_all_orders(
        self, contract_id: str | None = None, account_id: int | None = None
    ) -> dict[str, Any]:
        """Take away every order of ours that works: total, cancelled, failed, and errors by id."""
        return await self._placing.cancel_all(contract_id, account_id)

    # --- asking -----------------------------------------------------------------------------------

    async def search_open_orders(
        self, contract_id: str | None = None, side: int | None = None, account_id: int | None = None
    ) -> list[Order]:
        return await carry(queries.open_orders(self._calls, contract_id, side, account_id))

    async def search_orders(
        self,
        start_timestamp: datetime | None = None,
        end_timestamp: datetime | None = None,
        contract_id: str | None = None,
        account_id: int | None = None,
    ) -> list[Order]:
        span = (start_timestamp, end_timestamp)
        return await carry(queries.orders_between(self._calls, span, contract_id, account_id))

    async def query_orders(
        self,
        statuses: list[int] | None = None,
        contract_id: str | None = None,
        page_size: int = 50,
        page_offset: int = 0,
        include_total_count: bool = False,
        account_id: int | None = None,
    ) -> list[Order]:
        """Orders of some states, newest first, one page; the total is the length without a page."""
        page = slice(page_offset, page_offset + page_size)
        return await carry(queries.page(self._calls, statuses, contract_id, page, account_id))

    async def get_order_by_id(self, order_id: int) -> Order | None:
        """An order as the broker has it; None only where the broker says that it has none such."""
        return await carry(queries.by_id(self._calls, order_id))

    async def is_order_filled(self, order_id: str | int) -> bool:
        """Whether an order is filled. Raises where that cannot be known: it is never guessed."""
        return await carry(queries.is_filled(self._calls, order_id))

    async def get_tracked_order_status(
        self, order_id: str, wait_for_cache: bool = False
    ) -> dict[str, Any] | None:
        """What the order manager knows of one of its orders; None for one that it does not know."""
        return queries.tracked(self._calls, order_id)

    # --- positions --------------------------------------------------------------------------------

    async def close_position(
        self,
        contract_id: str,
        method: str = "market",
        limit_price: float | None = None,
        account_id: int | None = None,
    ) -> Placed | None:
        """Close what is held; the answer is the closing order's, None where nothing was held."""
        instrument = self._calls.instrument(contract_id, account_id)
        return await carry(positions.close(self._calls, instrument, method, limit_price))

    async def add_stop_loss(
        self,
        contract_id: str,
        stop_price: float,
        size: int | None = None,
        account_id: int | None = None,
    ) -> Placed | None:
        """Guard what is held by a stop, which follows its size; None where nothing was held."""
        instrument = self._calls.instrument(contract_id, account_id)
        return await carry(positions.guard(self._calls, instrument, size, stop=stop_price))

    async def add_take_profit(
        self,
        contract_id: str,
        limit_price: float,
        size: int | None = None,
        account_id: int | None = None,
    ) -> Placed | None:
        instrument = self._calls.instrument(contract_id, account_id)
        return await carry(positions.guard(self._calls, instrument, size, target=limit_price))

    async def track_order_for_position(
        self,
        contract_id: str,
        order_id: int,
        order_type: str | OrderType = "entry",
        account_id: int | None = None,
        meta: dict[str, Any] | None = None,
    ) -> None:
        raise NoCounterpart(
            "track_order_for_position: add_stop_loss and others follow by themselves"
        )

    def untrack_order(self, order_id: int) -> None:
        raise NoCounterpart("untrack_order: take a guard away with desk.unprotect()")

    async def get_position_orders(
        self,
        contract_id: str,
        order_types: list[str | OrderType] | None = None,
        status: OrderStatus | None = None,
    ) -> dict[str, list[int]]:
        """Ids of the orders that work for a position, by `entry_orders`, `stop_orders` and
        `target_orders`."""
        return positions.orders(self._calls, self._calls.instrument(contract_id), order_types)

    async def cancel_position_orders(
        self,
        contract_id: str,
        order_types: list[str] | None = None,
        account_id: int | None = None,
    ) -> dict[str, int | list[str]]:
        """Take the orders of a position away. What they protected is bare then, as was asked."""
        instrument = self._calls.instrument(contract_id, account_id)
        return await carry(positions.cancel(self._calls, instrument, order_types))

    async def update_position_order_sizes(
        self, contract_id: str, new_size: int, account_id: int | None = None
    ) -> dict[str, Any]:
        """Sizes follow what is held by themselves; the ids whose size is `new_size` are told."""
        instrument = self._calls.instrument(contract_id, account_id)
        return {"updated": positions.sized(self._calls, instrument, new_size)}

    async def sync_orders_with_position(
        self,
        contract_id: str,
        target_size: int,
        cancel_orphaned: bool = True,
        account_id: int | None = None,
    ) -> dict[str, Any]:
        """As `update_position_order_sizes`: orphans are swept without being asked."""
        return await self.update_position_order_sizes(contract_id, target_size, account_id)

    async def on_position_changed(
        self, contract_id: str, old_size: int, new_size: int, account_id: int | None = None
    ) -> None:
        """Nothing to do: the broker's fills are followed, and sizes with them."""

    async def on_position_closed(self, contract_id: str, account_id: int | None = None) -> None:
        """Nothing to do: what protected a position that is closed goes by itself."""

    async def track_oco_pair(self, order1_id: str, order2_id: str) -> None:
        """Link two working orders: a fill of one cancels or shrinks the other, until confirmed."""
        link(self._calls, order1_id, order2_id)

    def _link_oco_orders(self, order1_id: int, order2_id: int) -> None:
        link(self._calls, order1_id, order2_id)

    async def get_oco_linked_order(self, order_id: int) -> int | None:
        """The order that an order is linked to; None where there is none."""
        return number(positions.sibling(self._calls, order_id))

    async def add_callback(self, event_type: str, callback: Callback) -> None:
        """Call back at `order_placed`, `order_filled`, `order_partial_fill`, `order_cancelled`,
        `order_rejected`, `order_expired` or `order_modified`, with the event's data as a dict."""
        self._callbacks.add(event_type, callback)

    async def register_order_callback(self, event: str, callback: Callback) -> None:
        self._callbacks.add(event, callback)

    async def unregister_order_callback(self, event: str, callback: Callback) -> None:
        self._callbacks.remove(event, callback)

    # --- figures ----------------------------------------------------------------------------------

    get_order_statistics = figures.get_order_statistics
    get_order_statistics_async = figures.get_order_statistics_async
    get_health_status = figures.get_health_status
    get_circuit_breaker_status = figures.get_circuit_breaker_status
    get_memory_stats = figures.get_memory_stats
    get_task_monitoring_stats = figures.get_task_monitoring_stats
    get_realtime_validation_status = figures.get_realtime_validation_status
    get_recovery_statistics = figures.get_recovery_statistics
    get_average_fill_time = figures.get_average_fill_time
    get_average_slippage = figures.get_average_slippage
    get_top_rejection_reasons = figures.get_top_rejection_reasons

    def get_order_type_distribution(self) -> dict[str, float]:
        return self._placing.distribution()

    # --- done otherwise ---------------------------------------------------------------------------

    async def get_operation_status(self, operation_id: str) -> dict[str, Any] | None:
        """None: there are no operations; what is wrong is in `get_health_status`."""
        return None

    async def force_rollback_operation(self, operation_id: str) -> bool:
        raise NoCounterpart("force_rollback_operation: desk.flatten() ends all of it")

    async def cleanup_stale_operations(self, max_age_hours: float = 24.0) -> int:
        """0: nothing goes stale."""
        return 0

    async def configure_memory_limits(
        self,
        max_tracked_orders: int | None = None,
        order_ttl_seconds: int | None = None,
        cleanup_interval: int | None = None,
    ) -> None:
        raise NoCounterpart("configure_memory_limits: OrderSettings(finished_most=...), set once")

    def clear_order_tracking(self) -> None:
        """Nothing to do: finished orders leave by themselves, working ones stay."""

    async def shutdown_background_tasks(self) -> None:
        """End the callbacks; the order manager itself has no background tasks."""
        self._callbacks.close()
