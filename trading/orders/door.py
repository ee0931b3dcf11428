"""What rooms that send orders of their own need of the manager."""

from collections.abc import Callable

from msgspec import Struct

from ..instrument import Instrument
from ..order import OrderRequest, OrderSpec


class Door(Struct, frozen=True):
    """`next_intent` names a new intent. `may_send` raises `RefusedByUs` where nothing such may be
    sent now, `admit` asks the risk gate, `ask` has the broker asked what is true."""

    next_intent: Callable[[], str]
    may_send: Callable[[Instrument, OrderSpec], None]
    admit: Callable[[OrderRequest], None]
    ask: Callable[[], None]
