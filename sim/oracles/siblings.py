"""INV-04, of a group's orders: one is taken away for a reason, and the group ends with the last."""

from ...trading.orders import tags
from ...trading.words import OrdStatus
from ..desk.orders import OrderRecord
from .contract import BrokerSaid
from .group_books import MEMBERS
from .passed_stops import Trades
from .port import GroupTold, Sent
from .scene import Scene


class _Linked:
    """One group's orders by tag. `moved`: another's hands traded its instrument since it began;
    `filled`: one of its orders filled something."""

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.tags: dict[str, None] = {}
        self.filled = False
        self.moved = False


class Siblings:
    """What a group's orders are cancelled for: another one filled, or was refused or never came, or
    is a stop that the market went beyond and that was not set off (where `trades` are given, as in
    F36), what they were to close is not held any more, or the caller wants it. That another one was
    cancelled or expired is none: what is left of the group goes on. And what a caller may be told
    of its end. A part of `OneCancelsOther`.
    """

    def __init__(self, scene: Scene, trades: Trades | None) -> None:
        self._scene = scene
        self._trades = trades
        self._groups: dict[str, _Linked] = {}

    def on_broker(self, said: BrokerSaid) -> None:
        if not said.filled:
            return
        symbol = said.contract.instrument.symbol
        for intent, group in self._groups.items():
            if said.own and said.tag is not None and said.tag.intent == intent:
                group.filled = True
            elif group.symbol == symbol:
                group.moved = True

    def taken_away(self, event: Sent) -> str | None:
        """Why a command is wrong, in words: it takes a group's order away for no reason."""
        request = event.request
        if request is not None:
            tag = tags.parse(request.cl_ord_id)
            if tag is not None and tag.duty in MEMBERS:
                self._of(tag.intent, request.instrument.symbol).tags[request.cl_ord_id] = None
            return None
        if event.do != "cancel":
            return None
        name = self._scene.tag_of(event.order_id)
        tag = tags.parse(name)
        group = None if tag is None else self._groups.get(tag.intent)
        if group is None or name not in group.tags or self._has_a_reason(name, group):
            return None
        return (
            f"order {name} is taken away, and none of its group was filled or refused, and nobody "
            f"asked for it"
        )

    def called_finished(self, event: GroupTold) -> str | None:
        """Why what a caller was told is wrong, in words: an order of a group that is finished works
        at the broker, or is on its way there."""
        awaited = self._scene.contract(event.group.instrument).awaited
        for order in event.group.orders():
            record = self._scene.record(order.cl_ord_id)
            if order.cl_ord_id in awaited if record is None else not record.status.terminal:
                how = "is on its way" if record is None else "works"
                return f"{event.group!r} is called finished, and {order.describe()} {how}"
        return None

    def _of(self, intent: str, symbol: str) -> _Linked:
        if intent not in self._groups:
            self._groups[intent] = _Linked(symbol)
        return self._groups[intent]

    def _has_a_reason(self, name: str, group: _Linked) -> bool:
        scene = self._scene
        if group.filled or group.moved or scene.asked_away(name, group.symbol):
            return True
        records = [scene.record(each) for each in group.tags]
        return any(
            record is None or record.status is OrdStatus.REJECTED or self._passed(record)
            for record in records
        )

    def _passed(self, record: OrderRecord) -> bool:
        if self._trades is None or record.stop_px is None:
            return False
        request, since_ns = record.request, record.updated_ns + 1
        units = request.instrument.units(record.stop_px)
        return self._trades.beyond(request.side, units, since_ns, self._scene.now_ns())
