"""What we know of orders beyond what the gateway tells with them: tags, ids, reasons; bounded."""

from collections import OrderedDict
from typing import TypeVar

from msgspec import structs

from ...trading.errors import Refused
from ...trading.order import OrderState
from ...trading.words import OrdStatus, OrdType, Reason

V = TypeVar("V")


class Remembered:
    """Client tags and ids of orders, when each was sent, and why one was refused: the gateway has
    no reason with a rejected order, and a fill has no tag. The newest `most` of each."""

    def __init__(self, most: int = 20_000) -> None:
        self.tags: OrderedDict[str, str] = OrderedDict()  # by id
        self._ids: OrderedDict[str, str] = OrderedDict()  # by tag
        self._sent_ns: OrderedDict[str, int] = OrderedDict()
        self._types: OrderedDict[str, OrdType] = OrderedDict()
        self._refusals: OrderedDict[str, Refused] = OrderedDict()
        self._most = most

    def sent(self, tag: str, now_ns: int, ord_type: OrdType) -> None:
        """An order is about to be sent under this tag, by the local clock."""
        self._keep(self._sent_ns, tag, now_ns)
        self._keep(self._types, tag, ord_type)

    def sent_ns(self, tag: str) -> int | None:
        """When an order of this life was sent; None for any other."""
        return self._sent_ns.get(tag)

    def type_of(self, order_id: str) -> OrdType | None:
        """What an order of this life was sent as; None for any other, and before its id is known.
        What the stream did not tell needs no question then."""
        return self._types.get(self.tags.get(order_id, ""))

    def is_ours(self, tag: str) -> bool:
        """Whether we sent an order under this tag."""
        return tag in self._sent_ns

    def id_of(self, tag: str) -> str | None:
        return self._ids.get(tag)

    def named(self, tag: str, order_id: str) -> None:
        """An order has this tag and this id."""
        if tag:
            self._keep(self.tags, order_id, tag)
            self._keep(self._ids, tag, order_id)

    def refused(self, tag: str, error: Refused) -> None:
        """The gateway refused an order, and said why."""
        self._keep(self._refusals, tag, error)

    def told(self, state: OrderState) -> OrderState:
        """An order as it was told, with what we know beside it."""
        self.named(state.cl_ord_id, state.order_id)
        why = self._refusals.get(state.cl_ord_id)
        if state.ord_status is not OrdStatus.REJECTED or why is None:
            return state
        return structs.replace(state, reason=Reason(why.reason), text=str(why))

    def _keep(self, table: "OrderedDict[str, V]", key: str, value: V) -> None:
        table[key] = value
        if len(table) > self._most:
            table.popitem(last=False)
