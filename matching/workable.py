"""What no engine can work with, whichever language it is written in, and what is said of it."""

from ..trading.words import OrdType
from .commands import AttachLegs, NewOrder
from .rules import BarPath, QueueModel, Rules, UnknownSize

# Which fields an order of a type has: (must have, may have). market-facts 4 and 7.
_FIELDS: dict[OrdType, tuple[frozenset[str], frozenset[str]]] = {
    OrdType.MARKET: (frozenset(), frozenset()),
    OrdType.LIMIT: (frozenset({"price"}), frozenset()),
    OrdType.STOP: (frozenset({"stop_px"}), frozenset()),
    OrdType.STOP_LIMIT: (frozenset({"price", "stop_px"}), frozenset()),
    OrdType.TRAILING_STOP: (frozenset({"trail"}), frozenset({"stop_px"})),
    OrdType.JOIN_BID: (frozenset(), frozenset()),
    OrdType.JOIN_ASK: (frozenset(), frozenset()),
}

_LEG_TYPES = (OrdType.STOP, OrdType.TRAILING_STOP, OrdType.LIMIT)
_MEMBERS = {"queue": QueueModel, "bar_path": BarPath, "unknown_size": UnknownSize}


def require_fields(new: NewOrder) -> None:
    """Refuse an order that no venue could read: ValueError, since the sender is our own code.

    A trailing stop may name its first trigger (`stop_px`); it then stays there until the market has
    moved far enough for the distance to carry it on.
    """
    must, may = _FIELDS[new.ord_type]
    given = {name for name in ("price", "stop_px", "trail") if getattr(new, name) is not None}
    missing, surplus = sorted(must - given), sorted(given - must - may)
    if missing or surplus:
        what = f"lacks {', '.join(missing)}" if missing else f"has no {', '.join(surplus)}"
        raise ValueError(f"order {new.order_id}: a {new.ord_type.name} order {what}")
    if new.trail is not None and new.trail < 1:
        raise ValueError(
            f"order {new.order_id}: trail is {new.trail}; it is a distance, at least 1"
        )


def require_legs(command: AttachLegs) -> None:
    """Refuse legs that no venue could keep: ValueError, since the sender is our own code."""
    entry = f"the legs of {command.entry_id}"
    ids = [command.entry_id, *(leg.order_id for leg in command.legs)]
    if len(ids) < 2 or len(set(ids)) < len(ids):
        raise ValueError(f"{entry}: {len(ids) - 1}, which have to be orders of their own")
    if any(tick < 1 for _, tick in command.grid):
        raise ValueError(f"{entry}: a tick is below 1")
    for leg in command.legs:
        if leg.ord_type not in _LEG_TYPES:
            raise ValueError(f"{entry}: {leg.order_id} is a {leg.ord_type.name}")
        if leg.px is not None and not command.resumed:
            raise ValueError(f"{entry}: {leg.order_id} cannot be somewhere already")
        trails = leg.ord_type is OrdType.TRAILING_STOP
        if trails is not (leg.trail is not None and leg.trail >= 1):
            raise ValueError(f"{entry}: {leg.order_id} is a {leg.ord_type.name}, trail {leg.trail}")


def require_workable(rules: Rules) -> None:
    """Raise ValueError for rules that a venue profile cannot work with, and for a word where a
    member of its enumeration is needed: engines tell members apart, not words."""
    for name, kind in _MEMBERS.items():
        value = getattr(rules, name)
        if not isinstance(value, kind) and (name, value) != ("unknown_size", None):
            raise ValueError(f"Rules.{name} is {value!r}; it has to be a {kind.__name__}")
    profile = rules.profile
    if profile.protected and rules.protection is None:
        raise ValueError(
            f"venue profile {profile.name!r} protects market and stop orders: "
            f"set Rules(protection=…), the distance of their limit in units"
        )
    if profile.protected and not profile.market_needs_opposite:
        raise ValueError(
            f"venue profile {profile.name!r}: a protected market order needs a quote to count its "
            f"limit from; set market_needs_opposite=True"
        )
    for name in ("spread", "tick", "queue_power"):
        if getattr(rules, name) < 1:
            raise ValueError(f"Rules.{name} is {getattr(rules, name)}; it has to be at least 1")
