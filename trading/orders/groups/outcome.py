"""How a group ended, or how it stands, as a value."""

from msgspec import Struct

from ...words import OrdStatus, Side


class MemberResult(Struct, frozen=True):
    """One order of a group. `cl_ord_id`: the tag of its last order. `filled`: contracts, by all its
    orders. `status`: how the last one stands; None where it was never sent."""

    cl_ord_id: str
    side: Side
    filled: int
    status: OrdStatus | None

    def __str__(self) -> str:
        word = "not sent" if self.status is None else self.status.name.lower().replace("_", " ")
        return f"{self.cl_ord_id} {word}({self.filled})"


class GroupOutcome(Struct, frozen=True):
    """What became of a group. `members` in its order, `first` the order that comes first in an OTO
    group. `overfilled`: contracts that were filled too much; they were given back at market.
    `unresolved`: an order that should be gone, or smaller, is not known to be; it is tried on.
    `reason`: why the group was ended, "" where it ended by itself."""

    members: tuple[MemberResult, ...]
    first: MemberResult | None = None
    overfilled: int = 0
    unresolved: bool = False
    reason: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing was filled too much and nothing is left to wait for."""
        return not (self.overfilled or self.unresolved)

    @property
    def filled(self) -> tuple[MemberResult, ...]:
        """The members that were filled, in whole or in part."""
        return tuple(member for member in self.members if member.filled)

    @property
    def cancelled(self) -> tuple[MemberResult, ...]:
        """The members that were cancelled, filled in part or not at all."""
        return tuple(m for m in self.members if m.status is OrdStatus.CANCELED)

    @property
    def refused(self) -> tuple[MemberResult, ...]:
        """The members that the broker did not take."""
        return tuple(m for m in self.members if m.status is OrdStatus.REJECTED)

    def __str__(self) -> str:
        orders = (() if self.first is None else (self.first,)) + self.members
        words = [str(order) for order in orders]
        words += [f"{self.overfilled} too much"] if self.overfilled else []
        words += ["unresolved"] if self.unresolved else []
        return ", ".join(words)
