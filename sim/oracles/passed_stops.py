"""F36: no stop of the client's works on while the market stays beyond it."""

import numpy as np
from msgspec import Struct

from ...trading.tape import Tape
from ...trading.words import Side
from ..desk.orders import OrderRecord
from .bounds import in_ns
from .contract import STOPS, duty_of
from .oracle import Oracle
from .scene import Scene

_CLOSES = ("stop", "leg")


class Trades(Struct, frozen=True):
    """A tape's trades: when, and at how many units."""

    time_ns: "np.ndarray[tuple[int], np.dtype[np.int64]]"
    price: "np.ndarray[tuple[int], np.dtype[np.int64]]"

    @classmethod
    def of(cls, tape: Tape) -> "Trades":
        return cls(tape.trades.time_ns, tape.trades.price)

    def beyond(self, side: Side, units: int, since_ns: int, now_ns: int) -> bool:
        """Whether the market was beyond a stop of this side at any time in between."""
        first, last = self.time_ns.searchsorted((since_ns, now_ns + 1))
        return bool(((self.price[first:last] - units) * side.sign > 0).any())

    def beyond_since(self, side: Side, units: int, since_ns: int, now_ns: int) -> int | None:
        """Since when the market has been beyond a stop of this side, `since_ns` at the earliest;
        None while it is not."""
        last = int(self.time_ns.searchsorted(now_ns, side="right"))
        first = int(self.time_ns.searchsorted(since_ns, side="left"))
        place = last
        while place > first and (int(self.price[place - 1]) - units) * side.sign > 0:
            place -= 1
        return None if place == last else int(self.time_ns[place])


class PassedStops(Oracle):
    """A protective stop that the venue does not set off is gone `passed_s` after the market went
    beyond it and stayed there (fault-model, F36: added to it). Premise: such spans.

    Looks only where `trades` are given: at a venue that fails no order none is ever passed.
    """

    name = "F36"

    def __init__(self, scene: Scene, trades: Trades | None) -> None:
        self.premise = 0
        self._scene = scene
        self._trades = trades
        self._seen: dict[int, int] = {}  # by order: since when, of those that were counted
        self._said: dict[int, None] = {}

    def on_step(self, now_ns: int) -> None:
        if self._trades is None:
            return
        for contract in self._scene.contracts.values():
            for record in contract.working.values():
                if record.request.ord_type in STOPS and duty_of(record) in _CLOSES:
                    self._look(self._trades, record, now_ns)

    def _look(self, trades: Trades, record: OrderRecord, now_ns: int) -> None:
        if record.stop_px is None or record.cum_qty or record.price is not None:
            return  # set off, and an order like others
        request, number = record.request, record.number
        units = request.instrument.units(record.stop_px)
        since_ns = trades.beyond_since(request.side, units, record.updated_ns + 1, now_ns)
        if since_ns is None:
            return
        self.premise += self._seen.get(number) != since_ns
        self._seen[number] = since_ns
        scene, bound_s = self._scene, self._scene.bounds.passed_s
        too_long = scene.reachable.between(since_ns, now_ns) > in_ns(bound_s)
        if too_long and number not in self._said:
            self._said[number] = None
            scene.violate(
                self.name,
                f"the market has been beyond {record.known_as} at {record.stop_px} for more than "
                f"{bound_s} s, and it works on",
            )
