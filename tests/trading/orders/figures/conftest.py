"""What can be seen of a manager, on the scripts of `tests/trading/orders/conftest.py`."""

import asyncio

import pytest

from dryfill.sim.loop.run import run_virtual
from dryfill.trading.orders.events import (
    Cancelled,
    Corrected,
    Filled,
    IncidentRaised,
    Missed,
    Modified,
    Partial,
    Rejected,
)


def words(event):
    """An event in a few words."""
    name = type(event).__name__.lower()
    if isinstance(event, Missed):
        return f"missed {event.first} to {event.last}"
    if isinstance(event, IncidentRaised):
        return f"incident {event.incident.kind} {event.incident.tag or event.incident.intent}"
    order = event.order
    said = f"{name} {order.tag} {order.cum_qty}/{order.order_qty}"
    if isinstance(event, Partial | Filled | Corrected):
        fill = event.fill
        return said if fill is None else f"{said} ({fill.qty} @ {fill.px})"
    if isinstance(event, Cancelled | Modified):
        return f"{said} {'asked' if event.asked else 'unasked'}"
    return f"{said} {event.reason.name}" if isinstance(event, Rejected) else said


@pytest.fixture
def line():
    return words


@pytest.fixture
def on_stage(stage_kind):
    """Run `go(stage)` on a stage; what it answers."""

    def run(go, *args, **options):
        async def main():
            await asyncio.sleep(64)  # what happens at 0 is as old as it is late
            return await go(stage_kind(*args, **options))

        return run_virtual(main(), origin_ns=0)

    return run


@pytest.fixture
def follow(on_stage):
    """Play a script with a reader of the events from the first; their lines, and the stage."""

    def run(script, *args, **options):
        async def go(stage):
            reader = stage.manager.events()
            await stage.play(script)
            stage.manager.close()
            return [words(event) async for event in reader], stage

        return on_stage(go, *args, **options)

    return run
