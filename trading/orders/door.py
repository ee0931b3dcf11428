"""What rooms that send orders of their own need of the manager."""

from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec import Struct

from ..instrument import Instrument
from ..order import OrderRequest, OrderSpec
from .exits.closing import Kept


class Intents(Protocol):
    """Names what is begun, and keeps it before it is sent (`recovery.life`).

    `begins` raises `RefusedByUs` where something would open that nobody could write down.
    """

    def next_intent(self) -> str: ...
    def begins(self, requests: Sequence[OrderRequest], owner: Kept | None, opens: bool) -> None: ...


class Door(Struct, frozen=True):
    """`life` names a new intent and keeps it. `may_send` raises `RefusedByUs` where nothing such
    may be sent now, and says whether it may open something; `admit` asks the risk gate, `ask` has
    the broker asked what is true."""

    life: Intents
    may_send: Callable[[Instrument, OrderSpec], bool]
    admit: Callable[[OrderRequest], None]
    ask: Callable[[], None]
