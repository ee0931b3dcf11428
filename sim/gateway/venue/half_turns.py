"""The gateway's trades: every fill is a half turn, or two where it goes through zero.

One that closes carries its profit, before fees; one that opens carries none (gateway-protocol 6 and
14).
"""

from collections.abc import Callable
from decimal import Decimal

from msgspec import Struct, structs

from ....trading.order import Execution
from ...desk.account import Account
from ...desk.money import times, total


class HalfTurn(Struct, frozen=True):
    """A fill, or a part of one, with the gateway's id. `profit` None: it opens."""

    fill: Execution
    profit: Decimal | None


class HalfTurns:
    """All half turns of an account, oldest first. `next_id` gives ids that no other account has.
    `revised`: places of those that were taken back since somebody looked last."""

    def __init__(self, account: Account, next_id: Callable[[], int]) -> None:
        self.all: list[HalfTurn] = []
        self.revised: list[int] = []
        self._account = account
        self._parts: dict[str, tuple[int, int]] = {}  # by the fill's id: their places
        self._next_id = next_id
        self._closings_seen = len(account.closings)

    def booked(self, fill: Execution) -> list[HalfTurn]:
        """A fill was booked a moment ago; what it is in half turns, the closing one first."""
        closings = self._account.closings[self._closings_seen :]
        self._closings_seen += len(closings)
        closed = sum(closing.qty for closing in closings)
        parts: list[tuple[int, Decimal | None]] = []
        if closed:
            parts.append((closed, total(*(each.profit + each.fees for each in closings))))
        if fill.qty > closed:
            parts.append((fill.qty - closed, None))
        fee_each = None if fill.fee is None else fill.fee / fill.qty
        made = [
            HalfTurn(
                structs.replace(
                    fill,
                    exec_id=str(self._next_id()),
                    qty=qty,
                    fee=None if fee_each is None else times(fee_each, qty),
                ),
                profit,
            )
            for qty, profit in parts
        ]
        self._parts[fill.exec_id] = len(self.all), len(self.all) + len(made)
        self.all += made
        return made

    def voided(self, exec_id: str) -> list[HalfTurn]:
        """The fill of an id was taken back; its half turns, which the account has no more. What
        later ones made stays as it was told."""
        places = range(*self._parts.pop(exec_id))
        for place in places:
            turn = self.all[place]
            self.all[place] = HalfTurn(structs.replace(turn.fill, voided=True), turn.profit)
        self._closings_seen = len(self._account.closings)
        self.revised += places
        return [self.all[place] for place in places]
