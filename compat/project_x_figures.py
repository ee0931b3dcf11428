"""The figures of project-x-py's OrderManager, from what was measured here.

Each function is a method of the facade. Keys are that library's where what they name is measured;
one that it never moved, or that is a score, is left out rather than made up.
"""

from typing import Any, Protocol

from ..trading.orders.manager import OrderManager


class HasManager(Protocol):
    """The facade, as far as it matters here."""

    manager: OrderManager


def get_order_statistics(orders: HasManager) -> dict[str, Any]:
    """Counts since the start; times in ms. The exact record is `manager.figures.statistics()`."""
    now = orders.manager.figures.statistics()
    bought = [each.bought + each.sold for each in now.traded.values()]
    worth = [each.bought_value + each.sold_value for each in now.traded.values()]
    return {
        "orders_placed": now.orders,
        "orders_filled": now.filled,
        "orders_cancelled": now.cancelled + now.cancelled_by_venue,
        "orders_rejected": now.rejected,
        "orders_modified": now.commands.get("modify", {}).get("done", 0),
        "fill_rate": now.filled / now.orders if now.orders else 0.0,
        "rejection_rate": now.rejected / now.orders if now.orders else 0.0,
        "avg_fill_time_ms": get_average_fill_time(orders),
        "avg_order_response_time_ms": now.ack.sum_ns / now.ack.count / 1e6
        if now.ack.count
        else 0.0,
        "slowest_fill_ms": now.first_fill.most_ns / 1e6,
        "total_volume": sum(bought),
        "total_value": float(sum(worth)),
    }


async def get_order_statistics_async(orders: HasManager) -> dict[str, Any]:
    """As `get_order_statistics`."""
    return get_order_statistics(orders)


async def get_health_status(orders: HasManager) -> dict[str, Any]:
    """`status` is healthy or degraded, `issues` says why in sentences. There is no score."""
    health = orders.manager.figures.health()
    return {
        "status": "healthy" if health.ok else "degraded",
        "issues": list(health.complaints),
        "statistics": get_order_statistics(orders),
    }


def get_circuit_breaker_status(orders: HasManager) -> dict[str, Any]:
    """The two breakers: for ordinary calls and for those that reduce risk."""
    states = orders.manager.figures.statistics().breakers
    return {"state": states["ordinary"], "is_open": states["ordinary"] != "closed", **states}


def get_memory_stats(orders: HasManager) -> dict[str, Any]:
    """Sizes of the order table and its bounds."""
    now, settings = orders.manager.figures.statistics(), orders.manager.settings
    return {
        "tracked_orders_count": now.tables["working"] + now.tables["finished"],
        "completed_orders_buffer": now.tables["finished"],
        "max_tracked_orders": settings.finished_most,
        "order_ttl_seconds": settings.finished_s,
        "total_orders_tracked": now.orders,
        "orders_cleaned": now.evicted,
        **now.tables,
    }


def get_task_monitoring_stats(orders: HasManager) -> dict[str, Any]:
    """Tasks and timers of the order manager; failures are incidents."""
    now = orders.manager.figures.statistics()
    return {
        "active_background_tasks": now.tasks,
        "failed_tasks": now.faults,
        "timers": now.timers,
    }


def get_realtime_validation_status(orders: HasManager) -> dict[str, Any]:
    """Whether the event stream is up, and whether something may not have been told."""
    health, now = orders.manager.figures.health(), orders.manager.figures.statistics()
    return {
        "realtime_enabled": health.stream_up,
        "behind": health.behind,
        "tracked_orders": now.tables["working"] + now.tables["finished"],
        "order_cache_hit_rate": now.hit_rate,
    }


def get_recovery_statistics(orders: HasManager) -> dict[str, Any]:
    """What had to be recovered: commands made again, orders sent anew, differences found."""
    now = orders.manager.figures.statistics()
    return {
        "retries": now.retries,
        "resent": now.resent,
        "differences": len(orders.manager.view.differences),
        "incidents": dict(now.incidents),
    }


def get_average_fill_time(orders: HasManager) -> float:
    """From the wish to send until the first fill, mean, in ms; 0 before the first."""
    first = orders.manager.figures.statistics().first_fill
    return first.sum_ns / first.count / 1e6 if first.count else 0.0


def get_average_slippage(orders: HasManager) -> float:
    """Ticks beyond the order's own price for each contract, mean; 0 before the first."""
    return float(orders.manager.figures.statistics().slippage_mean_ticks or 0)


def get_top_rejection_reasons(orders: HasManager) -> list[tuple[str, int]]:
    """Reasons and how often, the most frequent first."""
    reasons = orders.manager.figures.statistics().reject_reasons
    return sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
