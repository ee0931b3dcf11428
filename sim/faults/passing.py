"""What passes between a client and its broker where something may go wrong: a call, the fate that
it gets, an event on its way.

Here, away from what decides about them, because a run without a plan has calls and events, too, and
nothing else of this room.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from ...trading.broker import BrokerEvent
from ...trading.errors import DryfillError
from ...trading.instrument import Instrument
from ...trading.order import OrderRequest

if TYPE_CHECKING:
    from ...scenarios.plan import Fault


class Call(Struct, frozen=True, kw_only=True):
    """A call of the broker port, with what it asks for; `name` as plans call it."""

    name: str
    request: OrderRequest | None = None
    order_id: str | None = None
    cl_ord_id: str | None = None
    instrument: Instrument | None = None
    time_ns: int = 0


Leaves = Callable[[Call], Callable[[], None]]
"""Hears of a call that goes on the wire; what it gives back is called when the broker has it."""


class Fate(Struct):
    """How a call goes on. `error` is what the client gets instead of the answer: by the response
    leg, or `error_after_ns` after sending. `act` is done at the desk in place of what was asked.
    `fault` is the one that settled it, for a wire to put it in bytes.
    """

    request_ns: int = 0
    response_ns: int = 0
    leaves: bool = True
    arrives: bool = True
    act: Callable[[], object] | None = None
    error: DryfillError | None = None
    fault: "Fault | None" = None
    error_after_ns: int | None = None
    when_sent: Callable[[], None] | None = None
    when_acted: Callable[[], None] | None = None

    @property
    def settled(self) -> bool:
        """Whether a fault has decided already how it ends."""
        return self.error is not None or self.act is not None


class Message(Struct, frozen=True):
    """An event on its way; where `instead` is given, it is what the client's end does.

    Where there are bytes, `body` is what they say. `form` is how they are written, if not as usual;
    in one of `GARBLED` nobody can read them.
    """

    event: BrokerEvent
    instead: Callable[[], None] | None = None
    body: object = None
    form: str | None = None
