"""An entry and the legs that hang on it, and where each of them belongs."""

from collections.abc import Iterator

from msgspec import Struct

from ...trading.words import OrdType, TimeInForce
from ..commands import AttachLegs, Leg, NewOrder


class HangingLeg(Struct, eq=False):
    """A leg as it is now. `px` and `qty`: as in `BookLeg`; `cum_qty`: what it closed, in an earlier
    life too. `suspended`: it waits for the entry and is no order of the book yet."""

    asked: Leg
    suspended: bool
    px: int | None
    qty: int | None = None
    cum_qty: int = 0

    @property
    def stops(self) -> bool:
        """Whether it is the stop, trailing or not."""
        return self.asked.ord_type is not OrdType.LIMIT


class Family:
    """An entry and its legs. `cum_qty` and `worth`: what the entry filled; `closed_qty`: what legs
    closed of it. `stirred`: something happened to one of them. `told`: the legs were told of."""

    def __init__(self, asked: AttachLegs) -> None:
        self.asked = asked
        self.cum_qty = asked.cum_qty
        self.worth = asked.worth
        self.closed_qty = asked.closed_qty
        self.told = asked.resumed
        self.stirred = False
        self.legs = [
            HangingLeg(leg, not asked.resumed or leg.px is None, leg.px, cum_qty=leg.carried)
            for leg in asked.legs
        ]

    def ids(self) -> Iterator[int]:
        """The entry, then the legs."""
        yield self.asked.entry_id
        for leg in self.asked.legs:
            yield leg.order_id

    def leg(self, order_id: int) -> HangingLeg | None:
        """The leg that goes by an id; None: it is the entry's."""
        return next((leg for leg in self.legs if leg.asked.order_id == order_id), None)

    def filled(self, order_id: int, qty: int, px: int) -> None:
        """One of them was filled."""
        leg = self.leg(order_id)
        if leg is None:
            self.cum_qty += qty
            self.worth += qty * px
        else:
            leg.cum_qty += qty
            self.closed_qty += qty

    def qty_for(self, leg: HangingLeg) -> int:
        """The whole size of a leg, what it closed included."""
        if not self.asked.shrinks:
            return self.cum_qty
        return leg.cum_qty + self.cum_qty - self.closed_qty

    def px_for(self, leg: HangingLeg) -> int:
        """Where a leg belongs: so many ticks from the mean price, on the tick nearer to it."""
        distance = leg.asked.distance
        ahead = self.worth + self._tick_at(self.worth) * distance * self.cum_qty
        tick = self._tick_at(ahead)
        step = tick * self.cum_qty
        return (ahead // step if distance > 0 else -(-ahead // step)) * tick

    def order_of(self, leg: HangingLeg, qty: int, px: int) -> NewOrder:
        """The order by which a leg begins to work."""
        asked = leg.asked
        return NewOrder(
            order_id=asked.order_id,
            side=self.asked.side,
            ord_type=asked.ord_type,
            order_qty=qty,
            price=None if leg.stops else px,
            stop_px=px if leg.stops else None,
            trail=asked.trail,
            tif=TimeInForce.GTC,
        )

    def _tick_at(self, worth: int) -> int:
        """The tick at a price that `cum_qty` contracts are worth so much at."""
        price = worth // self.cum_qty  # an edge is a whole number: the rest of it decides nothing
        return next((tick for edge, tick in reversed(self.asked.grid) if price >= edge), 1)
