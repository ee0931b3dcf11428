"""What brackets and groups filled by the broker's word, and how much of it is too much."""

from fractions import Fraction
from math import floor
from typing import Protocol

from ...trading.order import OrderRequest
from ...trading.orders import tags
from ...trading.words import Side
from .contract import BrokerSaid
from .knowable import Moment, Stopwatch

MEMBERS = (tags.OCO, tags.LEG)
"""Duties of orders of which one is meant."""


class Book(Protocol):
    """One bracket's or group's fills. `excess`: contracts filled too much and not given back.
    `ahead`: contracts that its orders may still fill beyond what is left to be filled."""

    what: str
    symbol: str
    filled_by: dict[int, Moment]  # the last fill, or void, of each order, by the broker's number
    voids: list[Moment]  # fills of its orders that were taken back
    repair: Stopwatch

    @property
    def excess(self) -> int: ...
    @property
    def ahead(self) -> int: ...
    def book(self, said: BrokerSaid, tag: tags.Tag) -> None:
        """Take a report on one of its orders in."""

    def square(self) -> None:
        """Nothing is held any more: what was too much is made good, by whoever it was."""


class OpenedBook:
    """An entry, or the first order of an OTO group, and what closes it."""

    def __init__(self, what: str, request: OrderRequest, repair: Stopwatch) -> None:
        self.what = what
        self.symbol = request.instrument.symbol
        self.repair = repair
        self.filled_by: dict[int, Moment] = {}
        self.voids: list[Moment] = []
        self._sign = request.side.sign
        self._opened = 0  # signed
        self._closed = 0  # signed, the other way when all is well

    @property
    def excess(self) -> int:
        return max((-self._closed - self._opened) * self._sign, 0)

    @property
    def ahead(self) -> int:
        return 0  # INV-02 judges it

    def book(self, said: BrokerSaid, tag: tags.Tag) -> None:
        if said.voids:  # what closes it races with that, as with another order that closes
            self.filled_by[said.record.number] = said.moment
            self.voids.append(said.moment)
        if tag.role in ("entry", tags.FIRST):
            self._opened += said.filled
        elif said.filled:
            self._closed += said.filled
            self.filled_by[said.record.number] = said.moment

    def square(self) -> None:
        self._closed = -self._opened


class LinkedBook:
    """Orders that were sent together and of which one is meant. A contract of one uses up its share
    of the group; on two sides the fills of one of them are too much, whichever the client undoes.
    """

    def __init__(self, what: str, request: OrderRequest, repair: Stopwatch) -> None:
        self.what = what
        self.symbol = request.instrument.symbol
        self.repair = repair
        self.filled_by: dict[int, Moment] = {}
        self.voids: list[Moment] = []
        self._sizes: dict[str, tuple[Side, int]] = {}  # by role: side, and contracts first asked
        self._filled: dict[str, int] = {}
        self._leaves: dict[str, int] = {}
        self._given_back = 0  # signed

    def sent(self, role: str, request: OrderRequest) -> None:
        """A member leaves the client."""
        self._sizes.setdefault(role, (request.side, request.order_qty))

    @property
    def excess(self) -> int:
        bought, sold = self._of(Side.BUY), self._of(Side.SELL)
        if bought and sold:
            return min(abs(self._given_back - sold), abs(self._given_back + bought))
        side = Side.BUY if bought else Side.SELL
        return max(self._beyond(side) + side.sign * self._given_back, 0)

    @property
    def ahead(self) -> int:
        left = max(1 - max(self._used(Side.BUY), self._used(Side.SELL)), Fraction(0))
        found = 0
        for role, leaves in self._leaves.items():
            side, size = self._sizes[role]
            other = self._of(side.opposite) > 0
            found += max(leaves - (0 if other else floor(left * size)), 0)
        return found

    def book(self, said: BrokerSaid, tag: tags.Tag) -> None:
        if said.voids:
            self.voids.append(said.moment)
        if tag.role == "exit":
            self._given_back += said.filled
            return
        record = said.record
        self._leaves[tag.role] = 0 if record.status.terminal else record.leaves_qty
        if said.filled:
            filled = -abs(said.filled) if said.voids else abs(said.filled)
            self._filled[tag.role] = self._filled.get(tag.role, 0) + filled
            self.filled_by[record.number] = said.moment

    def square(self) -> None:
        self._given_back = self._of(Side.SELL) - self._of(Side.BUY)
        for side in (Side.BUY, Side.SELL):
            if not self._of(side.opposite):
                self._given_back = -side.sign * max(self._beyond(side), 0)

    def _of(self, side: Side) -> int:
        """Contracts filled on one side."""
        return sum(n for role, n in self._filled.items() if self._sizes[role][0] is side)

    def _used(self, side: Side) -> Fraction:
        """The share of the group that one side has filled."""
        found = Fraction(0)
        for role, filled in self._filled.items():
            if self._sizes[role][0] is side:
                found += Fraction(filled, self._sizes[role][1])
        return found

    def _beyond(self, side: Side) -> int:
        """The fewest contracts without which a side would have filled no more than its share."""
        rest, found = self._used(side) - 1, 0
        mine = [role for role in self._filled if self._sizes[role][0] is side]
        for role in sorted(mine, key=lambda role: self._sizes[role][1]):
            filled, size = self._filled[role], self._sizes[role][1]
            while rest > 0 and filled:
                rest -= Fraction(1, size)
                filled -= 1
                found += 1
        return found
