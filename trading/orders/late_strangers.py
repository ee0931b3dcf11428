"""Strangers' fills that are told late: after owners were cut for what the account no longer held.
And words on their orders that are from before a fill was taken back: they tell of no other fill.

Other hands sell one and buy one, and only what they bought is told: it closed a contract of a short
bracket, as far as anybody knows. What they sold comes to light seconds later, and was there before:
what they bought closed that. So what was taken off for a fill that was not the first is given back
for those before it (explored, hostile 671).
"""

from collections import OrderedDict

from ..order import Execution, OrderState
from ..words import Side

_VOIDED_MOST = 1_000

Moment = tuple[int, int, str]
"""The broker's time, and of two fills of one time the number in their ids, which counts up."""


class LateStrangers:
    """Of one ledger, by symbol."""

    def __init__(self) -> None:
        self._newest: dict[str, Moment] = {}
        self._cut: dict[str, Moment] = {}
        self._late: dict[str, dict[Side, int]] = {}
        self._voided_ns: OrderedDict[str, int] = OrderedDict()  # by order: when one was taken back

    def voided(self, fill: Execution) -> None:
        """A fill of a stranger's order that was booked is taken back, at the time that it has."""
        self._voided_ns[fill.order_id] = max(fill.time_ns, self._voided_ns.pop(fill.order_id, 0))
        if len(self._voided_ns) > _VOIDED_MOST:
            self._voided_ns.popitem(last=False)

    def outdated(self, stranger: OrderState) -> bool:
        """Whether a word on an order is from before one of its fills was taken back."""
        return stranger.time_ns < self._voided_ns.get(stranger.order_id, 0)

    def booked(self, fill: Execution) -> None:
        """A stranger's fill was booked."""
        symbol, side = fill.instrument.symbol, fill.side
        moment = (fill.time_ns, len(fill.exec_id), fill.exec_id)
        if symbol in self._cut and moment < self._cut[symbol]:
            sides = self._late.setdefault(symbol, {})
            sides[side] = sides.get(side, 0) - side.sign * fill.qty
        self._newest[symbol] = max(moment, self._newest.get(symbol, moment))

    def cut(self, symbol: str, time_ns: int) -> None:
        """An owner was cut by what is known; its orders were told of at that time last."""
        moment = (time_ns, 0, "")
        known = max(moment, self._newest.get(symbol, moment))
        self._cut[symbol] = max(known, self._cut.get(symbol, known))

    def take(self, symbol: str) -> list[int]:
        """Contracts, signed as what would undo them, bought and sold apart, that were told since
        this was asked last and were traded before the last cut."""
        return list(self._late.pop(symbol, {}).values()) if self._late else []
