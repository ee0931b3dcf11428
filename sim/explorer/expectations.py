"""What a user may expect of a strategy, beside the invariants: no bare contract, and a good end."""

from typing import Literal

from ...trading.words import OrdStatus
from ..desk.broker_desk import BrokerDesk
from ..oracles.contract import STOPS, BrokerSaid
from ..oracles.knowable import Backlog
from ..oracles.oracle import Oracle
from ..oracles.scene import Scene

Ending = Literal["flat", "protected", "bare"]


class BareAtMost(Oracle):
    """BARE: whatever is held, however it was opened, is without a working stop for so long at most.

    Judged as INV-01 is: in time in which the client knew, or must have known, and could reach the
    broker. Premise: spans in which something was bare.
    """

    name = "BARE"

    def __init__(self, scene: Scene, most_s: float) -> None:
        self.premise = 0
        self._scene = scene
        self._most_s = most_s
        self._bare: dict[str, Backlog] = {}
        self._stood: dict[str, tuple[int, int]] = {}  # held and covered, for the text

    def on_broker(self, said: BrokerSaid) -> None:
        contract = said.contract
        symbol, cover = contract.instrument.symbol, contract.cover
        if symbol not in self._bare:
            self._bare[symbol] = self._scene.backlog(self._most_s)
        self._stood[symbol] = contract.position, cover
        bare = max(abs(contract.position) - cover, 0)
        self.premise += self._bare[symbol].set(bare, *said.moments)

    def on_step(self, now_ns: int) -> None:
        for symbol, backlog in self._bare.items():
            if backlog.overrun(now_ns):
                held, cover = self._stood[symbol]
                self._scene.violate(
                    self.name,
                    f"{held} {symbol} held, and stops for {cover} work, for more than "
                    f"{self._most_s:g} s",
                )


def ending_of(desk: BrokerDesk) -> Ending:
    """How an account stands: it holds nothing; stops work for all that it holds; or not."""
    ending: Ending = "flat"
    for holding in desk.account.holdings.values():
        if not holding.qty:
            continue
        cover = sum(
            record.leaves_qty
            for record in desk.orders.values()
            if record.request.instrument == holding.instrument
            and record.request.ord_type in STOPS
            and not record.status.terminal
            and record.status is not OrdStatus.SUSPENDED
            and record.request.side.sign * holding.qty < 0
        )
        if cover < abs(holding.qty):
            return "bare"
        ending = "protected"
    return ending
