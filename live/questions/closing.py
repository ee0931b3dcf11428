"""Which order closed a position: the gateway makes one, and does not say which (protocol 7.5).

It is the next market order in that contract that is told of, was not known before the request went
and is not one of ours; where the stream does not tell in time, it is looked for. Of two closes of
one contract at once, the first asked for has the first.
"""

import asyncio
from asyncio import Future
from collections.abc import Callable

from ..meaning.models import OrderModel

_MARKET = 2
_GIVEN_MOST = 100


class Closings:
    """The closes that wait for their order's name. `ours`: whether an order of ours has a tag."""

    def __init__(self, ours: Callable[[str], bool]) -> None:
        self._ours = ours
        self._waiting: dict[Future[str], tuple[str, int]] = {}
        self._newest: dict[str, int] = {}  # order ids grow: the highest one seen, by contract
        self._given: dict[int, None] = {}

    def expect(self, contract_id: str) -> "Future[str]":
        """The id of the order that closes what is about to be closed."""
        named: Future[str] = asyncio.get_running_loop().create_future()
        self._waiting[named] = (contract_id, self._newest.get(contract_id, 0))
        named.add_done_callback(lambda each: self._waiting.pop(each, None))
        return named

    def saw(self, model: OrderModel) -> None:
        """An order was told of, or found."""
        contract_id = model.contract_id
        self._newest[contract_id] = max(model.id, self._newest.get(contract_id, 0))
        if model.type != _MARKET or model.parent_id is not None or model.id in self._given:
            return
        if model.custom_tag and ("#" in model.custom_tag or self._ours(model.custom_tag)):
            return
        for named, (contract, after) in self._waiting.items():
            if contract == contract_id and model.id > after and not named.done():
                self._give(named, model.id)
                return

    def _give(self, named: "Future[str]", order_id: int) -> None:
        self._given[order_id] = None
        if len(self._given) > _GIVEN_MOST:
            del self._given[next(iter(self._given))]
        named.set_result(str(order_id))
