"""What a group is for, in values that can be written down and read again.

All else of a group follows from this and from its orders: who won, what was filled too much, what
is still to be done. So a journal keeps the spec, and `Group.resume` makes the group again.
"""

from decimal import Decimal

from msgspec import Struct

from ...instrument import Instrument
from ...order import OrderRequest
from ...words import ContingencyType, OrdType, Side, TimeInForce


class MemberSpec(Struct, frozen=True, kw_only=True):
    """One order of a group, exact and on the grid. `name`: what its client tags begin with,
    `7.oco1`, or `3` for an order that was sent alone and linked later."""

    name: str
    side: Side
    qty: int
    ord_type: OrdType
    price: Decimal | None = None
    stop_px: Decimal | None = None
    trail: int | None = None
    tif: TimeInForce = TimeInForce.DAY

    @classmethod
    def of(cls, request: OrderRequest) -> "MemberSpec":
        """The order of a request."""
        return cls(
            name=request.cl_ord_id.rpartition("#")[0],
            side=request.side,
            qty=request.order_qty,
            ord_type=request.ord_type,
            price=_plain(request.price),
            stop_px=_plain(request.stop_px),
            trail=request.trail,
            tif=request.tif,
        )

    def request(self, instrument: Instrument, tag: str, qty: int) -> OrderRequest:
        """The order as it is sent under `tag`, for `qty` contracts."""
        return OrderRequest(
            cl_ord_id=tag,
            instrument=instrument,
            side=self.side,
            ord_type=self.ord_type,
            order_qty=qty,
            price=self.price,
            stop_px=self.stop_px,
            trail=self.trail,
            tif=self.tif,
        )


class GroupSpec(Struct, frozen=True, kw_only=True):
    """A group. `first`: the order whose fills send the members out, each sized by what was filled
    (OTO); None: they go out at once. `contingency`: what a fill of one member does to the others.

    `protects`: the members only ever close what is held; they are sent until they arrive, and stay
    whatever becomes of each other. `keeps`: a member that is refused leaves the others alone; else
    they are cancelled, unless one was filled.
    """

    intent: str
    symbol: str
    contingency: ContingencyType
    members: tuple[MemberSpec, ...]
    first: MemberSpec | None = None
    protects: bool = False
    keeps: bool = True

    @property
    def one_sided(self) -> bool:
        """Whether all members buy, or all sell."""
        return len({member.side for member in self.members}) == 1

    @property
    def only_closes(self) -> bool:
        """Whether the group protects what is held otherwise, and so holds nothing itself."""
        return self.protects and self.first is None

    def nth(self, cl_ord_id: str) -> int | None:
        """Which member, from 0, an order with this tag is; None for another order."""
        name = cl_ord_id.rpartition("#")[0]
        return next((n for n, member in enumerate(self.members) if member.name == name), None)

    @property
    def words(self) -> str:
        """How it is called in texts."""
        then = "one order" if len(self.members) == 1 else self.contingency.name
        return then if self.first is None else f"OTO, then {then}"


def _plain(price: Decimal | None) -> Decimal | None:
    """A price without what `Price` adds to it, which no writer knows."""
    return None if price is None else Decimal(price)
