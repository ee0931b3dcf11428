"""What a strategy asks of its desk, and what it hears: noted, and otherwise as before."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from ...trading.desk import Desk
from ...trading.events import Quote, Trade
from ...trading.inbox import Inbox
from ...trading.order import Execution, ExecutionReport
from ...trading.orders.incident import Incident
from ...trading.orders.positions import Position
from ...trading.series import BarArrived
from .rows import Kind, Lane
from .told import of_argument

_CALLS = (
    "place",
    "modify",
    "cancel",
    "cancel_all",
    "bracket",
    "protect",
    "unprotect",
    "close_position",
    "oco",
    "oto",
    "link",
    "flatten",
    "flatten_all",
    "kill",
    "release",
)
"""What of a desk's calls is about orders."""

Note = Callable[..., int]


def follow_calls(desk: Desk, note: Note) -> None:
    """Note each call of the desk's that is about orders, and go on with it."""
    for name in _CALLS:
        setattr(desk, name, _followed(name, getattr(desk, name), note))


def _followed(name: str, call: Callable[..., Any], note: Note) -> Callable[..., Any]:
    @wraps(call)
    def followed(*args: Any, **kwargs: Any) -> Any:
        said = [of_argument(arg) for arg in args]
        named = {key: of_argument(value) for key, value in kwargs.items() if value is not None}
        shown = [*said, *(f"{key} {value}" for key, value in named.items())]
        detail = {f"argument {i}": value for i, value in enumerate(said, 1)} | named
        note(f"{name} {', '.join(shown)}".rstrip(), detail={"call": name} | detail)
        return call(*args, **kwargs)

    return followed


def follow_inbox(desk: Desk, note: Note) -> None:
    """Note each event but the market's when the strategy takes it, and when it is through."""
    desk.inbox = _FollowedInbox(note)


class _FollowedInbox(Inbox):
    def __init__(self, note: Note) -> None:
        super().__init__()
        self._note = note
        self._busy = 0

    async def get(self) -> Any:
        if self._busy:
            self._note(Lane.STRATEGY, Kind.HANDLED, "is through with it", of=self._busy)
            self._busy = 0
        event = await super().get()
        if event is not None and not isinstance(event, Quote | Trade):
            text, tag = _heard(event)
            self._busy = self._note(Lane.STRATEGY, Kind.HEARD, text, tag)
        return event


def _heard(event: Any) -> tuple[str, str]:
    if isinstance(event, ExecutionReport):
        tag = event.order.cl_ord_id
        return f"hears {event.exec_type.name.lower()} {tag}", tag
    if isinstance(event, Execution):
        return f"hears fill {event.cl_ord_id} {event.qty} @ {event.px}", event.cl_ord_id
    if isinstance(event, Position):
        return f"hears position {event.qty:+d}", ""
    if isinstance(event, Incident):
        return f"hears incident {event.kind}", event.tag
    if isinstance(event, BarArrived):
        return "hears a bar", ""
    return f"hears {type(event).__name__}", ""
