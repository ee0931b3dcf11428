"""The book of many people's orders (`matching/order_book.py`), in readable Python."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import numpy as np
from sortedcontainers import SortedDict

from ...trading.words import ExecType, Reason, Side
from ..message_columns import whole_columns
from ..order_book import (
    NOBODY,
    BookReport,
    Level,
    MessageKind,
    Messages,
    ReportColumns,
    RestingOrder,
    SelfMatch,
    fault_of,
)

_Queue = OrderedDict[int, "_Order"]


class _Order:
    """One order on its way or at rest."""

    __slots__ = ("leaves", "order_id", "owner", "price", "side")

    def __init__(self, order_id: int, side: Side, price: int | None, leaves: int, owner: int):
        self.order_id = order_id
        self.side = side
        self.price = price  # None: any
        self.leaves = leaves
        self.owner = owner

    def reaches(self, price: int) -> bool:
        """Whether it may trade at a price of the other side."""
        return self.price is None or (self.price - price) * self.side.sign >= 0


class ReferenceOrderBook:
    """Price, then time: `OrderBook`. A queue is a dictionary, the oldest order first; a side's
    queues are sorted by price times the side's sign, the worst first."""

    def __init__(self, self_match: SelfMatch = SelfMatch.CANCEL_RESTING) -> None:
        self._self_match = SelfMatch(self_match)
        self._sides: dict[Side, SortedDict] = {side: SortedDict() for side in Side}
        self._resting: dict[int, _Order] = {}
        self._told: list[BookReport] = []

    # --- messages ---------------------------------------------------------------------------------

    def limit(
        self, order_id: int, side: Side, price: int, qty: int, owner: int = NOBODY
    ) -> tuple[BookReport, ...]:
        return self._one(MessageKind.LIMIT, order_id, side, price, qty, owner)

    def ioc(
        self, order_id: int, side: Side, price: int, qty: int, owner: int = NOBODY
    ) -> tuple[BookReport, ...]:
        return self._one(MessageKind.IOC, order_id, side, price, qty, owner)

    def market(
        self, order_id: int, side: Side, qty: int, owner: int = NOBODY
    ) -> tuple[BookReport, ...]:
        return self._one(MessageKind.MARKET, order_id, side, 0, qty, owner)

    def reduce(self, order_id: int, qty: int) -> tuple[BookReport, ...]:
        return self._one(MessageKind.REDUCE, order_id, 0, 0, qty, NOBODY)

    def cancel(self, order_id: int) -> tuple[BookReport, ...]:
        return self._one(MessageKind.CANCEL, order_id, 0, 0, 0, NOBODY)

    def replace(self, order_id: int, price: int, qty: int) -> tuple[BookReport, ...]:
        return self._one(MessageKind.REPLACE, order_id, 0, price, qty, NOBODY)

    def submit_many(self, messages: Messages) -> ReportColumns:
        columns = [column.tolist() for column in whole_columns(messages)]
        for row, (kind, _, side, price, qty, _) in enumerate(zip(*columns, strict=True)):
            if (fault := fault_of(kind, side, price, qty)) is not None:
                raise ValueError(f"row {row}: {fault}")
        told = [
            (row, report)
            for row, message in enumerate(zip(*columns, strict=True))
            for report in self._do(*message)
        ]
        fields = [[row for row, _ in told]] + [
            [int(getattr(report, name) or 0) for _, report in told] for name in REPORT_FIELDS
        ]
        return ReportColumns(*(np.array(field, dtype=np.int64) for field in fields))

    def _one(self, kind: int, order_id: int, *values: int) -> tuple[BookReport, ...]:
        side, price, qty, owner = values
        if (fault := fault_of(kind, side, price, qty)) is not None:
            raise ValueError(fault)
        return tuple(self._do(kind, order_id, side, price, qty, owner))

    def _do(
        self, kind: int, order_id: int, side: int, price: int, qty: int, owner: int
    ) -> list[BookReport]:
        self._told = []
        if kind <= MessageKind.MARKET:
            limit = None if kind == MessageKind.MARKET else price
            self._enter(
                _Order(order_id, Side(side), limit, qty, owner), rests=kind == MessageKind.LIMIT
            )
        elif (order := self._resting.get(order_id)) is None:
            replaced = kind == MessageKind.REPLACE
            refused = ExecType.REPLACE_REJECTED if replaced else ExecType.CANCEL_REJECTED
            unknown = Reason.UNKNOWN_ORDER
            self._told.append(BookReport(refused, order_id, None, 0, 0, 0, NOBODY, reason=unknown))
        elif kind == MessageKind.REPLACE:
            self._replace(order, price, qty)
        elif kind == MessageKind.REDUCE and qty < order.leaves:
            order.leaves -= qty
        else:
            self._remove(order)
        return self._told

    def _replace(self, order: _Order, price: int, qty: int) -> None:
        if price == order.price and qty <= order.leaves:
            order.leaves = qty
            return
        self._remove(order)
        order.price, order.leaves = price, qty
        self._enter(order, rests=True)

    # --- matching ---------------------------------------------------------------------------------

    def _enter(self, order: _Order, *, rests: bool) -> None:
        """Let an order that stands nowhere trade; what is left comes to rest, or is cancelled."""
        if order.order_id in self._resting:
            self._tell(ExecType.REJECTED, order, order.leaves, Reason.DUPLICATE_TAG)
            return
        while order.leaves and (other := self._opposite(order)) is not None:
            if order.owner != NOBODY and order.owner == other.owner:
                if self._self_match is SelfMatch.CANCEL_AGGRESSOR:
                    self._cancel(order, Reason.SELF_MATCH, other)
                    return
                if self._self_match is SelfMatch.CANCEL_RESTING:
                    self._remove(other)
                    self._cancel(other, Reason.SELF_MATCH, order)
                    continue
            self._trade(order, other)
        if order.leaves and rests:
            self._place(order)
        elif order.leaves:
            self._cancel(order, Reason.NO_LIQUIDITY)

    def _opposite(self, order: _Order) -> _Order | None:
        """The first order that an arriving one meets; None: it reaches none."""
        queues = self._sides[order.side.opposite]
        if not queues:
            return None
        first: _Order = next(iter(queues.peekitem(-1)[1].values()))
        return first if order.reaches(_price(first)) else None

    def _trade(self, order: _Order, other: _Order) -> None:
        qty = min(order.leaves, other.leaves)
        order.leaves -= qty
        other.leaves -= qty
        if not other.leaves:
            self._remove(other)
        self._tell(ExecType.TRADE, order, qty, against=other, price=_price(other))

    def _cancel(self, order: _Order, reason: Reason, against: _Order | None = None) -> None:
        qty, order.leaves = order.leaves, 0
        self._tell(ExecType.CANCELED, order, qty, reason, against)

    def _tell(
        self,
        exec_type: ExecType,
        order: _Order,
        qty: int,
        reason: Reason = Reason.NONE,
        against: _Order | None = None,
        price: int = 0,
    ) -> None:
        other = (0, 0, NOBODY) if against is None else _named(against)
        leaves = 0 if exec_type is ExecType.REJECTED else order.leaves
        report = BookReport(
            exec_type, order.order_id, order.side, price, qty, leaves, order.owner, *other, reason
        )
        self._told.append(report)

    # --- the book ---------------------------------------------------------------------------------

    def _place(self, order: _Order) -> None:
        queue: _Queue = self._sides[order.side].setdefault(
            _price(order) * order.side.sign, OrderedDict()
        )
        queue[order.order_id] = self._resting[order.order_id] = order

    def _remove(self, order: _Order) -> None:
        key = _price(order) * order.side.sign
        queue = self._sides[order.side][key]
        del queue[order.order_id], self._resting[order.order_id]
        if not queue:
            del self._sides[order.side][key]

    def best(self, side: Side) -> Level | None:
        queues = self._sides[Side(side)]
        return _level(queues.peekitem(-1)[1]) if queues else None

    def levels(self, side: Side) -> tuple[Level, ...]:
        return tuple(map(_level, self._queues(side)))

    def orders(self, side: Side) -> tuple[RestingOrder, ...]:
        return tuple(
            RestingOrder(order.order_id, order.owner, order.side, _price(order), order.leaves)
            for queue in self._queues(side)
            for order in queue.values()
        )

    def ahead(self, order_id: int) -> int | None:
        order = self._resting.get(order_id)
        if order is None:
            return None
        ahead = 0
        for other in self._sides[order.side][_price(order) * order.side.sign].values():
            if other is order:
                break
            ahead += other.leaves
        return ahead

    def __len__(self) -> int:
        return len(self._resting)

    def check(self) -> None:
        best = [self.best(side) for side in Side]
        bid, ask = best
        assert bid is None or ask is None or bid.price < ask.price, f"crossed: {bid} and {ask}"
        found = 0
        for side, queues in self._sides.items():
            for key, queue in queues.items():
                assert queue, f"an empty queue at {key * side.sign}"
                for order_id, order in queue.items():
                    assert self._resting[order_id] is order
                    assert order.side is side
                    assert order.price == key * side.sign
                    assert order.leaves > 0
                found += len(queue)
        assert found == len(self._resting)

    def _queues(self, side: Side) -> Iterator[_Queue]:
        queues: Iterator[_Queue] = reversed(self._sides[Side(side)].values())
        return queues


REPORT_FIELDS = ReportColumns._fields[1:]


def _price(order: _Order) -> int:
    assert order.price is not None
    return order.price


def _level(queue: Any) -> Level:
    first = next(iter(queue.values()))
    return Level(_price(first), sum(order.leaves for order in queue.values()), len(queue))


def _named(order: _Order) -> tuple[int, int, int]:
    return order.order_id, order.leaves, order.owner
