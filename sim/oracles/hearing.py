"""Who hears of what: each kind of thing that passes the port has its listeners, found out once."""

from collections.abc import Callable, Iterable
from typing import Any, Literal, get_args

from ...trading.broker import AccountState, StreamState
from ...trading.order import ExecutionReport, PositionState
from .port import (
    Answered,
    CancelTold,
    Delivered,
    FlattenCall,
    GroupTold,
    PortEvent,
    Sent,
    StopMove,
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
    "stop_move",
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
    StopMove: "stop_move",
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
        self._of: dict[Heard, list[Callable[[Any], None]]] = {kind: [] for kind in get_args(Heard)}
        for each in listeners:
            for heard, name in _handlers(type(each)):
                self._of[heard].append(getattr(each, name))

    def tell(self, heard: Heard, event: PortEvent) -> None:
        for handler in self._of[heard]:
            handler(event)


_HANDLERS: dict[type, list[tuple[Heard, str]]] = {}


def _handlers(kind: type) -> list[tuple[Heard, str]]:
    """What a class of listeners hears of, and by which method of its own; found out once."""
    found = _HANDLERS.get(kind)
    if found is None:
        found = _HANDLERS[kind] = [
            (heard, name)
            for heard in get_args(Heard)
            for name in (f"on_{heard}", "on_manager")
            if name in vars(kind)
        ]
    return found


def own(listener: object, name: str) -> Callable[[Any], None] | None:
    """A handler of the listener's own; None where it has none but the one that does nothing."""
    handler: Callable[[Any], None] | None = None
    if name in vars(type(listener)):
        handler = getattr(listener, name)
    return handler
