"""What is wrong with a group before anything of it is sent, after its prices were aligned.

An order executes at once beyond some price: a sell limit at its price and above, a sell stop at its
price and below. Orders can stand together where a price is left at which none of them does.
"""

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct

from ...errors import UsageError
from ...price import price_text
from ...words import ContingencyType, OrdType, Side, TimeInForce
from ..risk.exposure import MarketView
from .spec import GroupSpec, MemberSpec

_STOPS = (OrdType.STOP, OrdType.STOP_LIMIT)
_ONE_SIZE = (ContingencyType.OCO, ContingencyType.OUO_ABSOLUTE)


class Room(Struct, frozen=True):
    """The prices at which none of a group's orders executes: above `low` and below `high`, each the
    order that bounds it. None: no order does."""

    low: MemberSpec | None = None
    high: MemberSpec | None = None


def check(spec: GroupSpec, market: MarketView | None, entries: Sequence[Decimal] = ()) -> None:
    """Raise `UsageError` unless the group's orders can stand together, and apart from the market.

    `market`: what is known of it; None: nothing. `entries`: prices that the first order of an OTO
    group may get. Nothing was sent then.
    """
    if spec.first is None and len(spec.members) < 2:
        raise UsageError(
            f"a group has {len(spec.members)} order; give at least two, or place it alone"
        )
    if not spec.members:
        raise UsageError(
            "an OTO group has nothing that follows; give an order, or several, as then"
        )
    _check_sizes(spec)
    if len(spec.members) > 1:
        for member in spec.members:
            _check_rests(spec, member)
    room = _room(spec.members)
    if room.low is not None and room.high is not None and _px(room.low) >= _px(room.high):
        raise UsageError(
            f"{_group(spec)}: {_shown(room.low)} and {_shown(room.high)} cannot stand together; "
            f"wherever the market is, one of them executes at once"
        )
    for entry in entries:
        for member, wrong in _outside(room, entry):
            raise UsageError(
                f"{_group(spec)}: {_shown(member)} would execute at once when the first order is "
                f"filled at {price_text(entry)}; put it {wrong} that price"
            )
    if market is not None and spec.first is None:
        for member in spec.members:
            _check_market(spec, member, market)


def _check_sizes(spec: GroupSpec) -> None:
    """One quantity for the group, unless the members are told to share in proportion."""
    sizes = [member.qty for member in spec.members]
    if spec.one_sided and spec.contingency in _ONE_SIZE and len(set(sizes)) > 1:
        written = ", ".join(str(size) for size in sizes)
        raise UsageError(
            f"{_group(spec)}: its orders are for {written} contracts; give all the same, or say "
            f"contingency=ContingencyType.OUO_PROPORTIONAL"
        )
    if not spec.one_sided and spec.contingency is not ContingencyType.OCO:
        raise UsageError(
            f"{_group(spec)}: a buy cannot shrink a sell; orders on two sides cancel each other: "
            f"contingency=ContingencyType.OCO"
        )


def _check_rests(spec: GroupSpec, member: MemberSpec) -> None:
    """A member has to be able to wait for the market."""
    if member.ord_type is OrdType.MARKET or member.tif is TimeInForce.IOC:
        kind = "market" if member.ord_type is OrdType.MARKET else "IOC"
        raise UsageError(
            f"{_group(spec)}: {_shown(member)} is a {kind} order and waits for nothing; give it a "
            f"price at which it rests"
        )


def _check_market(spec: GroupSpec, member: MemberSpec, market: MarketView) -> None:
    """A limit must not be marketable, a stop not be beyond the last trade."""
    px = _level(member)
    if px is None:
        return
    bought = member.side is Side.BUY
    if member.ord_type in _STOPS:
        other = market.last or (market.bid if bought else market.ask)
        crossed = other is not None and (px <= other if bought else px >= other)
    else:
        other = market.ask if bought else market.bid
        crossed = other is not None and (px >= other if bought else px <= other)
    if crossed and other is not None:
        raise UsageError(
            f"{_group(spec)}: {_shown(member)} would execute at once, the market is at "
            f"{price_text(other)}; move it away, or place it alone"
        )


def _room(members: Sequence[MemberSpec]) -> Room:
    """Where none of these executes."""
    priced = [member for member in members if _level(member) is not None]
    below = [m for m in priced if (m.side is Side.BUY) is not (m.ord_type in _STOPS)]
    above = [m for m in priced if (m.side is Side.BUY) is (m.ord_type in _STOPS)]
    return Room(max(below, key=_px, default=None), min(above, key=_px, default=None))


def _outside(room: Room, price: Decimal) -> list[tuple[MemberSpec, str]]:
    """Orders that execute at a price, and where they belong."""
    found = []
    if room.low is not None and _px(room.low) >= price:
        found.append((room.low, "below"))
    if room.high is not None and _px(room.high) <= price:
        found.append((room.high, "above"))
    return found


def _level(member: MemberSpec) -> Decimal | None:
    """The price beyond which an order executes; None for one that follows the market."""
    if member.ord_type in (OrdType.LIMIT, *_STOPS):
        return member.stop_px if member.ord_type in _STOPS else member.price
    return None


def _px(member: MemberSpec) -> Decimal:
    px = _level(member)
    assert px is not None, f"{member.name} has no price"
    return px


def _shown(member: MemberSpec) -> str:
    kind = member.ord_type.name.lower().replace("_", "-")
    px = _level(member)
    at = "" if px is None else f" {price_text(px)}"
    return f"{member.side.name.lower()} {member.qty} {kind}{at}"


def _group(spec: GroupSpec) -> str:
    return f"{spec.words} in {spec.symbol}"
