"""Callbacks on order events, by project-x-py's names; one reader of the manager's event stream."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from ..trading.orders.events import (
    Accepted,
    Cancelled,
    Expired,
    Filled,
    Modified,
    Partial,
    Rejected,
)
from .project_x_calls import Calls
from .project_x_shapes import ArgumentError, OrderStatus

Callback = Callable[[dict[str, Any]], Awaitable[None] | None]

_NAMES: dict[type, tuple[str, OrderStatus]] = {
    Accepted: ("order_placed", OrderStatus.OPEN),
    Partial: ("order_partial_fill", OrderStatus.OPEN),
    Filled: ("order_filled", OrderStatus.FILLED),
    Cancelled: ("order_cancelled", OrderStatus.CANCELLED),
    Rejected: ("order_rejected", OrderStatus.REJECTED),
    Expired: ("order_expired", OrderStatus.EXPIRED),
    Modified: ("order_modified", OrderStatus.OPEN),
}
NAMES = tuple(name for name, _ in _NAMES.values())


class Callbacks:
    """Calls back in order, one after the other; a callback that raises is an incident and costs the
    others nothing. The task that reads is there while there is a callback."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._by_name: dict[str, list[Callback]] = {name: [] for name in NAMES}
        self._task: asyncio.Task[None] | None = None

    def add(self, name: str, callback: Callback) -> None:
        """Call back from now on. Raises `ArgumentError` for a name that is none."""
        self._of(name).append(callback)
        if self._task is None:
            self._task = asyncio.create_task(self._read(), name="project-x-callbacks")

    def remove(self, name: str, callback: Callback) -> None:
        """Call back no more; one that was never added is no error."""
        found = self._of(name)
        if callback in found:
            found.remove(callback)
        if not any(self._by_name.values()):
            self.close()

    def close(self) -> None:
        """Call nobody back any more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _of(self, name: str) -> list[Callback]:
        if name not in self._by_name:
            raise ArgumentError(f"event {name!r} is none of: {', '.join(NAMES)}")
        return self._by_name[name]

    async def _read(self) -> None:
        manager = self._calls.desk.manager
        async for event in manager.events():
            name, status = _NAMES.get(type(event), ("", OrderStatus.NONE))
            for callback in list(self._by_name.get(name, ())):
                try:
                    result = callback(self._data(event, status))
                    if inspect.isawaitable(result):
                        await result
                except Exception as error:  # noqa: BLE001  whatever a user's callback does
                    manager.incident("callback_failed", f"{name} callback: {error!r}")

    def _data(self, event: Any, status: OrderStatus) -> dict[str, Any]:
        order, fill = event.order, getattr(event, "fill", None)
        return {
            "order_id": order.order_id,
            "contractId": self._calls.spelling(order.instrument),
            "status": int(status),
            "size": order.order_qty,
            "fillVolume": order.cum_qty,
            "filledPrice": None if order.avg_px is None else float(order.avg_px),
            "customTag": self._calls.tag(order.tag),
            "fillSize": None if fill is None else fill.qty,
            "fillPrice": None if fill is None else float(fill.px),
        }
