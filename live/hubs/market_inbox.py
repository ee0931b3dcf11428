"""What the market hub brings, waiting for its turn: bounded, never in the way of an order event.

While nobody lags, everything is handed on in order, a slice at each turn of the loop. When quotes
come faster than they are taken, a contract's waiting quote is replaced by the newer one, with what
the newer one left out; trades are kept, and beyond the bound the oldest are dropped and counted.
"""

import asyncio
from collections.abc import Callable
from typing import Any

Low = dict[str, Any]
_QUOTE = "gatewayquote"


class MarketInbox:
    """`take(target, contract_id, low)` gets what waited; `lost()` is told of what was dropped.

    `slice_most`: how many at one turn of the loop; `calm`: up to how many that wait, quotes are not
    conflated; `most`: how many may wait.

    `conflated`, `dropped`: quotes that a newer one replaced, and others that were too many.
    """

    def __init__(
        self,
        take: Callable[[str, str, Low], None],
        lost: Callable[[], None],
        *,
        slice_most: int = 64,
        calm: int = 256,
        most: int = 10_000,
    ) -> None:
        self.conflated = 0
        self.dropped = 0
        self._take = take
        self._lost = lost
        self._slice_most = slice_most
        self._calm = calm
        self._most = most
        self._waiting: dict[int, tuple[str, str, Low]] = {}
        self._quotes: dict[str, int] = {}  # the newest that waits, by contract
        self._number = 0
        self._turn: asyncio.Handle | None = None
        self._closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, target: str, contract_id: str, low: Low) -> None:
        """Something came of a contract; `target` and the keys of `low` in lower case."""
        if self._closed:
            return
        self._number += 1
        if target == _QUOTE:
            before = self._quotes.get(contract_id)
            if before is not None and len(self._waiting) > self._calm:
                older = self._waiting.pop(before)[2]
                low = older | {name: value for name, value in low.items() if value is not None}
                self.conflated += 1
            self._quotes[contract_id] = self._number
        self._waiting[self._number] = (target, contract_id, low)
        if len(self._waiting) > self._most:
            self._drop_oldest()
        if self._turn is None:
            self._turn = asyncio.get_running_loop().call_soon(self._hand_on)

    def close(self) -> None:
        """Hand nothing on any more."""
        self._closed = True
        if self._turn is not None:
            self._turn.cancel()
        self._waiting.clear()

    def _hand_on(self) -> None:
        self._turn = None
        try:
            for _ in range(min(self._slice_most, len(self._waiting))):
                number = next(iter(self._waiting))
                target, contract_id, low = self._waiting.pop(number)
                self._forget(contract_id, number)
                self._take(target, contract_id, low)
        finally:
            if self._waiting and self._turn is None:
                self._turn = asyncio.get_running_loop().call_soon(self._hand_on)

    def _drop_oldest(self) -> None:
        number = next(iter(self._waiting))
        _, contract_id, _ = self._waiting.pop(number)
        self._forget(contract_id, number)
        self.dropped += 1
        self._lost()

    def _forget(self, contract_id: str, number: int) -> None:
        if self._quotes.get(contract_id) == number:
            del self._quotes[contract_id]
