"""Messages for order books of both kinds, and what the books first say differently."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dryfill.matching.order_book import MessageKind, Messages, ReportColumns, SelfMatch, fault_of
from dryfill.trading.words import NO_PRICE, Side

Message = tuple[int, int, int, int, int, int]  # the columns of `Messages`
Draw = Callable[[int], int]  # from 0 on, below its argument

_KINDS = (1, 1, 1, 1, 1, 2, 3, 4, 4, 5, 5, 6, 6, 6)  # limits, so that something rests
_IDS = 14


def draw_messages(draw: Draw, count: int) -> list[Message]:
    """Few ids, prices and owners, so that orders meet, come again and are not there."""
    return [_message(draw) for _ in range(count)]


def _message(draw: Draw) -> Message:
    kind = _KINDS[draw(len(_KINDS))]
    message = [kind, 1 + draw(_IDS), 1 + draw(2), draw(7) - 3, 1 + draw(6), draw(3)]
    if not draw(40):  # what no order can have
        place, value = ((0, 7), (2, 3), (3, NO_PRICE), (4, 0), (4, 2**31))[draw(5)]
        message[place] = value
    return (message[0], message[1], message[2], message[3], message[4], message[5])


def do(book: Any, message: Message) -> Any:
    """One message by its call: the reports, or what is said against it."""
    kind, order_id, side, price, qty, owner = message
    try:
        match kind:
            case MessageKind.LIMIT:
                return book.limit(order_id, side, price, qty, owner)
            case MessageKind.IOC:
                return book.ioc(order_id, side, price, qty, owner)
            case MessageKind.MARKET:
                return book.market(order_id, side, qty, owner)
            case MessageKind.REDUCE:
                return book.reduce(order_id, qty)
            case MessageKind.CANCEL:
                return book.cancel(order_id)
            case MessageKind.REPLACE:
                return book.replace(order_id, price, qty)
        return "no such call"
    except ValueError as error:
        return f"ValueError: {error}"


def whole(book: Any) -> tuple[Any, ...]:
    """All that a book shows, after its own check."""
    book.check()
    sides = [(book.best(side), book.levels(side), book.orders(side)) for side in Side]
    return (*sides, len(book), [book.ahead(order_id) for order_id in range(_IDS + 2)])


def columns(messages: Sequence[Message]) -> Messages:
    """Messages as columns."""
    table = np.array(messages, dtype=np.int64).reshape(-1, len(Messages._fields))
    return Messages(*table.T)


def first_book_difference(
    one: Callable[[SelfMatch], Any],
    other: Callable[[SelfMatch], Any],
    self_match: SelfMatch,
    messages: Sequence[Message],
) -> str | None:
    """Where two books part, step by step and by columns; None: nowhere."""
    books = one(self_match), other(self_match)
    for step, message in enumerate(messages):
        said, told = (do(book, message) for book in books)
        if said != told:
            return f"step {step}, {message}: {said} and {told}"
        left, right = map(whole, books)
        if left != right:
            return f"after step {step}, {message}: {left} and {right}"
    return _by_columns(one(self_match), other(self_match), messages)


def _by_columns(left: Any, right: Any, messages: Sequence[Message]) -> str | None:
    good = [message for message in messages if fault_of(message[0], *message[2:5]) is None]
    for part in (messages, good[: len(good) // 2], good[len(good) // 2 :]):
        said, told = (_submitted(book, part) for book in (left, right))
        if said != told:
            return f"by columns: {said} and {told}"
        if whole(left) != whole(right):
            return f"by columns: {whole(left)} and {whole(right)}"
    return None


def _submitted(book: Any, messages: Sequence[Message]) -> Any:
    try:
        told: ReportColumns = book.submit_many(columns(messages))
    except ValueError as error:
        return f"ValueError: {error}"
    return [column.tolist() for column in told]
