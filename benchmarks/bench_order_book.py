"""How many messages a second does the book of many people's orders match?

Unit: messages per second of processor time, medians of 5 passes, the four by turns. Data: 1,000,000
messages made here from a seed, 45 % limit orders near the market, 45 % cancels of what rests, 10 %
market orders, some 400 at rest; or a file of the same columns (op 0, 1, 2; side 1 or -1), named as
the argument. The plain book is what one writes in Python oneself on sorted prices: no owners, no
reports, fills counted. What the four traded has to be the same.
"""

import sys
import time
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import numpy as np
from sortedcontainers import SortedDict
from timing import machine, show

from dryfill.matching.engines import NATIVE, REFERENCE, make_order_book, native_is_there
from dryfill.matching.order_book import MessageKind, Messages
from dryfill.trading.words import ExecType, Side

ROWS = 1_000_000
FEW = 100_000  # for the reference
PASSES = 5
AT_REST = 400
BUY, SELL = Side
LIMIT, MARKET, CANCEL = MessageKind.LIMIT, MessageKind.MARKET, MessageKind.CANCEL


class PlainBook:
    """Dictionaries in the order of arrival, under prices that are kept sorted."""

    def __init__(self) -> None:
        self.sides: dict[int, SortedDict] = {1: SortedDict(), 2: SortedDict()}
        self.at: dict[int, tuple[int, int]] = {}
        self.traded = 0

    def limit(self, order_id: int, side: int, price: int, qty: int) -> None:
        qty = self._trade(side, qty, price)
        if qty:
            self.at[order_id] = side, price
            self.sides[side].setdefault(price, {})[order_id] = qty

    def market(self, order_id: int, side: int, qty: int) -> None:
        self._trade(side, qty, None)

    def cancel(self, order_id: int) -> None:
        side, price = self.at.pop(order_id)
        queue = self.sides[side][price]
        del queue[order_id]
        if not queue:
            del self.sides[side][price]

    def _trade(self, side: int, qty: int, limit: int | None) -> int:
        queues = self.sides[3 - side]
        while qty and queues:
            price, queue = queues.peekitem(0 if side == 1 else -1)
            if limit is not None and (price > limit if side == 1 else price < limit):
                break
            while qty and queue:
                first = next(iter(queue))
                some = min(qty, queue[first])
                qty -= some
                self.traded += some
                if some == queue[first]:
                    del queue[first], self.at[first]
                else:
                    queue[first] -= some
            if not queue:
                del queues[price]
        return qty


def made(rows: int, seed: int = 5) -> Messages:
    """A stream whose cancels name orders that rest: it is made with a book."""
    random, book = Random(seed).random, make_order_book()
    middle, live, at, told = 19_000, [0], {0: 0}, []
    live.clear()
    for order_id in range(1, rows + 1):
        side = BUY if random() < 0.5 else SELL
        chance, qty = random(), 1 + int(random() * random() * 12)
        middle += (random() < 0.01) - (random() < 0.01)
        if chance < 0.45 and len(live) > AT_REST:
            gone = live[int(random() * len(live))]
            told.append((CANCEL, gone, 0, 0, 0))
            book.cancel(gone)
            _drop(live, at, gone)
        elif chance < 0.55 and len(live) > AT_REST:
            told.append((MARKET, order_id, side, 0, 2 * qty))
            for report in book.market(order_id, side, 2 * qty):
                if report.exec_type is ExecType.TRADE and not report.against_leaves:
                    _drop(live, at, report.against_id)
        else:
            away = int(random() * random() * 20)
            price = middle - away if side is BUY else middle + 1 + away
            told.append((LIMIT, order_id, side, price, qty))
            for report in book.limit(order_id, side, price, qty):
                if not report.against_leaves:
                    _drop(live, at, report.against_id)
                qty = report.leaves_qty
            if qty:
                at[order_id] = len(live)
                live.append(order_id)
    return Messages(*np.array(told, dtype=np.int64).T.copy())


def _drop(live: list[int], at: dict[int, int], order_id: int) -> None:
    place, last = at.pop(order_id), live.pop()
    if last != order_id:
        live[place], at[last] = last, place


def read(path: Path) -> Messages:
    """A file's messages."""
    with np.load(path) as file:
        kind = np.array([LIMIT, CANCEL, MARKET])[file["op"]]
        side = np.where(file["side"] > 0, 1, 2)
        rest = (file[name].astype(np.int64) for name in ("px", "qty"))
        return Messages(kind, file["oid"].astype(np.int64), side, *rest)


def by_columns(name: str, messages: Messages) -> tuple[float, int]:
    """Seconds, and contracts traded."""
    book, begin = make_order_book(name), time.process_time()
    told = book.submit_many(messages)
    spent = time.process_time() - begin
    return spent, int(told.qty[told.exec_type == ExecType.TRADE].sum())


def by_calls(book: Any, rows: list[tuple[int, ...]]) -> float:
    """Seconds of one call for each message."""
    limit, market, cancel = book.limit, book.market, book.cancel
    begin = time.process_time()
    for kind, order_id, side, price, qty in rows:
        if kind == 1:
            limit(order_id, side, price, qty)
        elif kind == 5:
            cancel(order_id)
        else:
            market(order_id, side, qty)
    return time.process_time() - begin


def main() -> None:
    messages = read(Path(sys.argv[1])) if len(sys.argv) > 1 else made(ROWS)
    print(f"order book; {machine()}")
    rows = list(zip(*(column.tolist() for column in messages[:5]), strict=True))
    few = Messages(*(column[:FEW] for column in messages[:5]))
    native = native_is_there()
    spent: dict[str, list[float]] = {"columns": [], "calls": [], "plain": [], "reference": []}
    for _ in range(PASSES):
        plain = PlainBook()
        spent["plain"].append(by_calls(plain, rows))
        if native:
            seconds, traded = by_columns(NATIVE, messages)
            assert traded == plain.traded, f"{traded} traded, the plain book {plain.traded}"
            spent["columns"].append(seconds)
            spent["calls"].append(by_calls(make_order_book(NATIVE), rows))
        spent["reference"].append(by_columns(REFERENCE, few)[0] * len(rows) / FEW)
    print(f"{plain.traded:,} contracts traded")
    for how, name in (
        ("columns", "native, messages in columns"),
        ("calls", "native, a call for each message"),
        ("plain", "a plain book in Python, a call for each"),
        ("reference", "reference, messages in columns"),
    ):
        if spent[how]:
            show(name, len(rows), "messages", median(spent[how]))


if __name__ == "__main__":
    main()
