"""What a journal keeps, one small record for each thing that happened.

A record stands under what it is *about*: an order's tag, an owner's intent, or one of the names
below. Whatever is about something can be forgotten at once, when nobody needs it any more.
"""

from decimal import Decimal

from msgspec import Struct

from ...order import Execution, ExecutionReport, OrderRequest, OrderState, PositionState
from ...words import OrdStatus, Reason
from ..agreement import Wish
from ..events import OrderEvent
from ..happened import Happened
from ..incident import Incident

STANDING = "!standing"
"""What positions, ids and counters were at one moment; older records of fills are in it."""
STRANGERS = "!strangers"
"""Fills of orders that are not ours, since then."""
STATE = "!state"
"""The strategy's own state."""
OWNERS = "!owner "
INCIDENTS = "!incident "
EVENTS = "!events "
"""These three are followed by an intent, or by a number."""


class Gone(Struct, frozen=True):
    """An order of ours was to be cancelled."""


class Lost(Struct, frozen=True):
    """Look-ups proved that an order of ours never arrived."""


class OrderKept(Struct, frozen=True, kw_only=True, gc=False):
    """An order as it stood, in place of all its records until then. `state` is None while the
    broker has not said anything of it. `adopted`: the broker made it, and knows it by its id alone;
    `entered_ns`: the broker's time of the first that was told of it; `covered`: contracts of it in
    a position that was taken over, whose fills were still untold."""

    request: OrderRequest
    state: OrderState | None
    fills: tuple[Execution, ...]
    gone: bool
    adopted: bool = False
    entered_ns: int = 0
    covered: int = 0


class OrderStood(Struct, frozen=True, gc=False):
    """An order as it stood, as a journal is given it: what `OrderKept` is made of when it is
    written or read. Its fields are those of the order's core; `now`: the numbers it worked with."""

    request: OrderRequest
    order_id: str | None
    venue_status: OrdStatus
    accepted: bool
    now: Wish
    wish: Wish
    cum_qty: int
    avg_px: Decimal | None
    time_ns: int
    reason: Reason
    text: str
    adopted: bool
    entered_ns: int
    fills: tuple[Execution, ...]
    covered: int

    def kept(self) -> OrderKept:
        """The record of it."""
        return OrderKept(
            request=self.request,
            state=self.state() if self.accepted or self.venue_status.terminal else None,
            fills=self.fills,
            gone=not self.wish.working,
            adopted=self.adopted,
            entered_ns=self.entered_ns,
            covered=self.covered,
        )

    def state(self) -> OrderState:
        """The order as the broker would say it."""
        request, now = self.request, self.now
        over = self.venue_status.terminal
        return OrderState(
            instrument=request.instrument,
            order_id=self.order_id or "",
            cl_ord_id=request.cl_ord_id,
            side=request.side,
            ord_type=request.ord_type,
            ord_status=self.venue_status,
            order_qty=now.order_qty,
            cum_qty=self.cum_qty,
            leaves_qty=0 if over else max(now.order_qty - self.cum_qty, 0),
            price=now.price,
            stop_px=now.stop_px,
            avg_px=self.avg_px,
            time_ns=self.time_ns,
            reason=self.reason,
            text=self.text,
        )


class OwnerKept(Struct, frozen=True, kw_only=True):
    """What an owner of orders is for: `body` is the encoded Struct of its `kind`."""

    kind: str
    body: bytes


class Lots(Struct, frozen=True):
    """What is held in one instrument, oldest first: contracts, signed, and their price."""

    symbol: str
    lots: tuple[tuple[int, Decimal], ...]


class Standing(Struct, frozen=True, kw_only=True):
    """Where everything stood. `intents`: how many there were; `last_ns`: the broker's time of the
    newest that was told; `booked`: the newest fills in these positions, by their ids."""

    intents: int
    last_ns: int
    lots: tuple[Lots, ...]
    booked: tuple[str, ...]


class StateKept(Struct, frozen=True):
    """The strategy's state, encoded."""

    body: bytes


class EventKept(Struct, frozen=True):
    """Something that was told to whoever follows the manager's events, encoded; `n` counts them."""

    n: int
    body: bytes


Record = (
    OrderRequest
    | ExecutionReport
    | OrderState
    | Gone
    | Lost
    | OrderKept
    | OwnerKept
    | Execution
    | PositionState
    | Incident
    | Standing
    | StateKept
    | EventKept
)
"""Of an order: its request (written before it is sent), what was told, how it stood after an answer
(`OrderState`), that it is not wanted any more or never arrived. An `Execution` is a stranger's
fill, a `PositionState` a position taken over from the broker."""

Entry = tuple[str, Record]
"""A record and what it is about."""

Given = Record | OrderEvent | Happened | OrderStood
"""What a journal is given to keep. All of these are frozen, so that one that writes nothing can
keep them as they are; records are made of the last three when they are written or read
(`codec.kept`)."""

NewEntry = tuple[str, Given]
"""What a journal is given, and what it is about."""
