"""What an engine says: one report for each thing that happened to an order, in order."""

from msgspec import Struct

from ..trading.words import ExecType, Liquidity, OrdStatus, Reason


class Report(Struct, frozen=True):
    """The venue's word on one order. Cumulative, so that the last one is the truth.

    Prices in units (None: the order has none), quantities in contracts. `last_qty` and `last_px`
    are those of this fill, 0 otherwise. `unknown_size`: this fill was made against a size the data
    does not give, by the rule that `Rules.unknown_size` names. `ambiguous`: it fell in a bar that
    held more than one story. `exec_id` numbers fills from 1; 0 where nothing was filled.
    """

    seq: int
    time_ns: int
    order_id: int
    exec_type: ExecType
    ord_status: OrdStatus
    order_qty: int
    cum_qty: int
    leaves_qty: int
    price: int | None
    stop_px: int | None
    last_qty: int = 0
    last_px: int = 0
    exec_id: int = 0
    reason: Reason = Reason.NONE
    liquidity: Liquidity = Liquidity.NONE
    unknown_size: bool = False
    ambiguous: bool = False
