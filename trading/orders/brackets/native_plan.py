"""Whether a bracket can be the broker's own, decided from the plan and from what is offered.

Native: one stop and at most one target, by distance from the fill, or at prices with an entry that
has a price of its own: the distance is taken from that, and once filled a leg that is not where it
was asked for is moved there. Everything else the manager sends itself.
"""

from decimal import Decimal
from fractions import Fraction

from msgspec import structs

from ...broker import Offers
from ...order import Attached, OrderRequest
from ...price import Ticks
from ..settings import Preference
from .plan import Level, Plan, leg_price


def with_legs(
    entry: OrderRequest, plan: Plan, offers: Offers, preference: Preference
) -> OrderRequest:
    """The entry, with its stop and target attached where the broker can keep them."""
    attached = attached_legs(plan, entry, offers, preference)
    return entry if attached is None else structs.replace(entry, attached=attached)


def attached_legs(
    plan: Plan, entry: OrderRequest, offers: Offers, preference: Preference
) -> Attached | None:
    """What the entry carries; None where the manager sends the legs."""
    switched_on = offers.auto_oco or (preference == "native" and offers.auto_oco is None)
    if preference == "client" or not (offers.native_brackets and switched_on):
        return None
    if len(plan.targets) > 1:
        return None
    stop = _signed(plan, entry, plan.stop, is_stop=True)
    if stop is None or abs(stop.n) < offers.attached_ticks_least:
        return None
    if not plan.targets:
        return Attached(stop=stop)
    target = _signed(plan, entry, plan.targets[0].level, is_stop=False)
    return None if target is None else Attached(stop=stop, target=target)


def _signed(plan: Plan, entry: OrderRequest, level: Level, *, is_stop: bool) -> Ticks | None:
    """A level as ticks from the fill, above it positive; None where that is not known before."""
    above = (plan.side.sign > 0) is not is_stop
    if isinstance(level, Ticks):
        return level if above else -level
    entry_px = entry.price if entry.price is not None else entry.stop_px
    if entry_px is None:
        return None
    return _between(plan, entry_px, leg_price(plan, level, None, is_stop=is_stop))


def _between(plan: Plan, entry_px: Decimal, px: Decimal) -> Ticks | None:
    """Whole ticks from the entry's price to a leg's; None where they are not whole, for the tick
    may change between the two."""
    steps = (Fraction(px) - Fraction(entry_px)) / Fraction(plan.instrument.tick_at(entry_px))
    return Ticks(int(steps)) if steps.denominator == 1 else None
