"""A log of orders, through structlog: what happened to each, a line at a time, under one policy.

INFO: one line when the broker has an order, one for each fill and for each that is taken back, one
when it is over. WARNING: one for each incident. DEBUG: changes. The times are the manager's own, so
that no clock is read. With the setting `log_ids` off no line holds an id: each order is a number by
order of appearance, and the words of incidents, which name orders, are left out. What looks like a
secret is never written.
"""

import re
from collections import OrderedDict
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

from ..events import (
    Accepted,
    Cancelled,
    Corrected,
    Filled,
    FillNow,
    IncidentRaised,
    Modified,
    OrderEvent,
    OrderNow,
    Partial,
    Rejected,
    Voided,
)

Line = MutableMapping[str, Any]

_NAMED_MOST = 10_000  # orders whose number is remembered after they are over
_SECRETS = re.compile(
    r"(?P<name>\b(?:authorization|api[_-]?key|access[_-]?token|token|password|secret)\b[\"']?"
    r"\s*[:=]\s*[\"']?(?:bearer\s+)?|\bbearer\s+)[^\s\"',;&}]+"
    r"|\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?",
    re.IGNORECASE,
)


def without_secrets(logger: Any, method: str, line: Line) -> Line:
    """A structlog processor: what looks like a token, a key or a password becomes `***`."""
    for name, value in line.items():
        if isinstance(value, str):
            line[name] = hidden(value)
    return line


def hidden(text: str) -> str:
    """A text without its secrets.

    >>> hidden("401 for Authorization: Bearer abc.def")
    '401 for Authorization: Bearer ***'
    """
    return _SECRETS.sub(lambda found: f"{found['name'] or ''}***", text)


class OrderLog:
    """Writes events to a logger of structlog's; `hear` is a sink of the event stream."""

    def __init__(self, logger: Any, *, ids: bool) -> None:
        self._logger = logger
        self._ids = ids
        self._numbers: OrderedDict[str, int] = OrderedDict()
        self._count = 0

    def hear(self, event: OrderEvent) -> None:
        if isinstance(event, IncidentRaised):
            self._incident(event)
            return
        write, order = self._logger.info, event.order
        if isinstance(event, Accepted):
            write("accepted", **self._about(event.time_ns, order), **_meant(order))
        elif isinstance(event, Modified):
            line = self._about(event.time_ns, order)
            self._logger.debug("modified", **line, **_meant(order), asked=event.asked)
        elif isinstance(event, Partial | Filled | Corrected):
            if event.fill is not None:
                self._fill(event.time_ns, order, event.fill, late=isinstance(event, Corrected))
            if isinstance(event, Filled):
                self._ended(event.time_ns, order, "filled")
        elif isinstance(event, Voided):
            self._logger.info("voided", **self._traded(event.time_ns, order, event.fill))
        elif isinstance(event, Cancelled):
            how = "cancelled" if event.asked else "cancelled_by_venue"
            self._ended(event.time_ns, order, how)
        elif isinstance(event, Rejected):
            self._ended(event.time_ns, order, "rejected", reason=event.reason.name, text=event.text)
        else:
            self._ended(event.time_ns, order, "expired")

    def _fill(self, time_ns: int, order: OrderNow, fill: FillNow, *, late: bool) -> None:
        line = self._traded(time_ns, order, fill)
        self._logger.info("fill", **line, **({"late": True} if late else {}))

    def _traded(self, time_ns: int, order: OrderNow, fill: FillNow) -> dict[str, Any]:
        line = self._about(time_ns, order)
        return line | {"qty": fill.qty, "px": format(fill.px, "f"), "cum_qty": order.cum_qty}

    def _ended(self, time_ns: int, order: OrderNow, how: str, **more: str) -> None:
        line = self._about(time_ns, order)
        if not self._ids:
            more.pop("text", None)  # the broker's words may name the order
        self._logger.info("over", **line, how=how, cum_qty=order.cum_qty, **more)

    def _incident(self, event: IncidentRaised) -> None:
        incident = event.incident
        line: dict[str, Any] = {"time": _utc(event.time_ns)}
        if incident.tag:
            line["order"] = self._name(incident.tag)
        elif incident.intent and self._ids:
            line["intent"] = incident.intent
        if self._ids:
            line["text"] = incident.text
        self._logger.warning(incident.kind, **line)

    def _about(self, time_ns: int, order: OrderNow) -> dict[str, Any]:
        line: dict[str, Any] = {"time": _utc(time_ns), "order": self._name(order.tag)}
        if self._ids:
            line["order_id"] = order.order_id
        line["instrument"] = order.instrument
        return line

    def _name(self, tag: str) -> str | int:
        """The order's tag, or its number where ids are not to be written."""
        if self._ids:
            return tag
        if tag not in self._numbers:
            self._count += 1
            self._numbers[tag] = self._count
            if len(self._numbers) > _NAMED_MOST:
                self._numbers.popitem(last=False)
        return self._numbers[tag]


def _meant(order: OrderNow) -> dict[str, Any]:
    meant: dict[str, Any] = {
        "side": order.side.name.lower(),
        "order_qty": order.order_qty,
        "ord_type": order.ord_type.name.lower(),
    }
    for name, price in (("price", order.price), ("stop_px", order.stop_px)):
        if price is not None:
            meant[name] = format(price, "f")
    return meant


def _utc(time_ns: int) -> str:
    """A time in ns as ISO text, to the nanosecond."""
    seconds, ns = divmod(time_ns, 10**9)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{ns:09d}Z"
