"""Who hears of what: each kind of thing that passes the port has its listeners, found out once."""

from collections.abc import Callable, Iterable
from typing import Any, Literal, get_args

from ...trading.broker import AccountState, StreamState
from ...trading.order import ExecutionReport, PositionState
from .oracle import Oracle
from .port import (
    Answered,
    CancelTold,
    Delivered,
    FlattenCall,
    GroupTold,
    PortEvent,
    Sent,
)

Heard = Literal[
    "command",
    "question",
    "outcome",
    "answer",
    "report",
    "stream",
    "account",
    "cancel_told",
    "flatten",
    "group_told",
]
"""A command or a question leaves; the one has its outcome, the other its answer; the stream tells
of an order, of itself, or of the account; a caller was told something, or flattens."""

_DELIVERED: dict[type, Heard] = {
    ExecutionReport: "report",
    StreamState: "stream",
    PositionState: "account",
    AccountState: "account",
}
_TOLD: dict[type, Heard] = {
    CancelTold: "cancel_told",
    FlattenCall: "flatten",
    GroupTold: "group_told",
}


def heard_as(event: PortEvent) -> Heard:
    """Which kind of thing passed the port."""
    if isinstance(event, Delivered):
        return _DELIVERED[type(event.event)]
    if isinstance(event, Sent):
        return "question" if event.do == "read" else "command"
    if isinstance(event, Answered):
        return "answer" if event.sent.do == "read" else "outcome"
    return _TOLD[type(event)]


class Hearing:
    """Tells each listener of what it has a handler for, in the listeners' order."""

    def __init__(self, listeners: Iterable[object]) -> None:
        everybody = list(listeners)
        self._of: dict[Heard, list[Callable[[Any], None]]] = {
            heard: [
                handler
                for each in everybody
                for handler in (own(each, f"on_{heard}"), own(each, "on_manager"))
                if handler is not None
            ]
            for heard in get_args(Heard)
        }

    def tell(self, heard: Heard, event: PortEvent) -> None:
        for handler in self._of[heard]:
            handler(event)


def own(listener: object, name: str) -> Callable[[Any], None] | None:
    """A handler of the listener's own; None where it has none but the one that does nothing."""
    mine = getattr(type(listener), name, None)
    if mine is None or mine is getattr(Oracle, name):
        return None
    handler: Callable[[Any], None] = getattr(listener, name)
    return handler
