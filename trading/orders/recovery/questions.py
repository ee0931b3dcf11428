"""What a round asks of the broker, and in which order: fills first, they are what most wait for."""

from asyncio import Future
from collections.abc import Callable
from functools import partial
from typing import Any

from ...broker import Broker, Urgency

Question = tuple[str, Callable[[], "Future[Any]"]]


def questions(
    broker: Broker, since_ns: int, back_ns: int, *, full: bool, urgency: Urgency, deadline_s: float
) -> list[Question]:
    """A round's questions by name, to be asked one by one. `full`: orders that are over, and
    positions, are asked for as well, and fills since `back_ns`: one may have been taken back."""
    how: dict[str, Any] = {"urgency": urgency, "deadline_s": deadline_s}
    asked: list[Question] = [
        ("fills", partial(broker.executions_since, back_ns if full else since_ns, **how)),
        ("open", partial(broker.open_orders, **how)),
    ]
    if full:
        asked.append(("orders", partial(broker.orders_since, since_ns, **how)))
        asked.append(("positions", partial(broker.positions, **how)))
    return asked
