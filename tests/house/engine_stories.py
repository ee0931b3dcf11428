"""Random stories for two engines (`twin_engines.py`), out of any source of whole numbers.

`draw(n)` gives one of 0 to n - 1: a seeded generator, or Hypothesis. Every kind of row, order, time
in force, session state, queue model and rule comes up; prices are few, so that everything meets.
"""

from collections.abc import Callable
from itertools import count
from random import Random
from typing import Any

from msgspec import structs
from twin_engines import Row, Step, Story

from dryfill.matching.commands import (
    AttachLegs,
    CancelOrder,
    Command,
    FreezeOrder,
    Leg,
    NewOrder,
    ReplaceOrder,
    SetMarket,
    SetStatus,
)
from dryfill.matching.rules import (
    CME,
    PROJECTX_SIM,
    BarPath,
    QueueModel,
    Rules,
    Trigger,
    UnknownSize,
    VenueProfile,
)
from dryfill.trading.words import NO_PRICE, OrdType, Side, TimeInForce, TradingStatus

Draw = Callable[[int], int]

PROFILES = [
    CME,
    PROJECTX_SIM,
    VenueProfile("quoted", True, Trigger.QUOTE, True, True),
    VenueProfile("loose", False, Trigger.TRADE, False, False),
    VenueProfile("loose quotes", False, Trigger.QUOTE, False, False),
]
MARKETS = [("quote", "trade"), ("quote", "trade"), ("trade",), ("bar",), ("quote", "trade", "bar")]


def seeded(seed: int) -> Draw:
    """Numbers by a seed."""
    return Random(seed).randrange


def draw_rules(draw: Draw) -> Rules:
    """The rules of a market."""
    return Rules(
        profile=PROFILES[draw(len(PROFILES))],
        protection=3,
        queue=list(QueueModel)[draw(3)],
        queue_power=(1, 2, 3, 200)[draw(4)],
        unknown_size=[*UnknownSize, None][draw(4)],
        bar_path=list(BarPath)[draw(4)],
        spread=1 + draw(2),
        tick=1 + draw(2),
        max_qty=(9, None)[draw(2)],
        negative_prices=draw(4) > 0,
    )


def draw_story(draw: Draw, length: int) -> Story:
    """So many steps."""
    kinds = MARKETS[draw(len(MARKETS))]
    suspects = frozenset(range(0, 10_000, 2)) if draw(3) == 0 else frozenset()
    level = 0 if draw(6) == 0 else 100  # about zero, prices take either sign
    moves = (2, 2, 12)[draw(3)]  # now and then a market that stays where it is
    ids = count(1)
    steps: list[Step] = []
    last_id, quote = 0, (level, 5, level + 1, 5)
    for _ in range(length):
        what = draw(16)
        if what < 5:
            rows = []
            for _ in range(1 + draw(3)):
                stays = draw(moves) > 0
                rows.append(_row(draw, kinds[draw(len(kinds))], level, quote if stays else None))
                quote = rows[-1][2] if rows[-1][1] == "quote" else quote
            steps.append(("rows", tuple(rows)))
        elif what == 5:
            # Now and then longer than what a scan looks at in one piece.
            rows_most = 1500 if draw(8) == 0 else 80
            steps.append(("calm", kinds[draw(len(kinds))], 1 + draw(rows_most), draw(1000)))
        elif what < 11:
            if (kind := draw(10)) < 5:
                last_id = next(ids)
                command: Command = _order(draw, last_id, level)
            else:
                command = _change(draw, kind, last_id, level)
            steps.append(("submit", (0, 0, 0, 1, 5)[draw(5)], command))
        elif what < 14:
            steps.append(("advance", (0, 1, 2, 5, 40)[draw(5)]))
        elif what == 14:
            steps.append(("moment", (3, 60)[draw(2)]))
        elif (odd := draw(4)) == 1:
            for order in _fence(draw, last_id + 1, level):
                last_id = next(ids)
                steps.append(("submit", 0, order))
        elif odd > 1:
            entry_id, *legs = (next(ids) for _ in range(3))
            steps.append(("submit", 0, _entry(draw, entry_id, level)))
            if draw(3) == 0:
                steps.append(("advance", draw(3)))
            steps.append(("submit", 0, _legs(draw, entry_id, legs, level)))
            last_id = legs[-1]
        elif odd == 0:
            steps.append(("bad rows", ("seq", "time", "late", "bars")[draw(4)]))
    return suspects, [*steps, ("advance", 100)]


def _price(draw: Draw, level: int) -> int:
    return level + draw(9) - 4


def _row(draw: Draw, kind: str, level: int, last: tuple[int, ...] | None) -> Row:
    """A row; a tick stays at the `last` quote, whose queues it moves, if there is one."""
    gap = (0, 0, 1, 2)[draw(4)]
    size = draw(10) - 1
    if kind != "bar" and last is not None and NO_PRICE not in last:
        if kind == "trade":
            return gap, kind, (last[0] if draw(2) else last[2], size, draw(3))
        return gap, kind, (last[0], draw(40), last[2], draw(40))
    price = _price(draw, level)
    if kind == "trade":
        return gap, kind, (price, size, draw(3))
    if kind == "bar":
        return gap, kind, _bar(draw, size, level)
    quote = [price, max(size, 0), price + draw(6) - 1, draw(9)]
    odd = draw(10)
    if odd == 0:
        quote[:2] = [NO_PRICE, 0]
    elif odd == 1:
        quote[2:] = [NO_PRICE, 0]
    elif odd == 2:
        quote[1] = quote[3] = -1
    return gap, kind, tuple(quote)


def _bar(draw: Draw, size: int, level: int) -> tuple[int, ...]:
    corners = [_price(draw, level) for _ in range(4)]
    trades = (corners[0], max(corners), min(corners), corners[3])
    none = (NO_PRICE,) * 4
    bids = tuple(price - 1 for price in trades)
    width = draw(3)
    asks = tuple(price + width for price in bids)
    has = draw(4)  # all, trades alone, quotes alone, bids alone
    traded, bid, ask = has < 2, has != 1, has in (0, 2)
    return (
        1 + draw(40),
        *(trades if traded else none),
        draw(31) - 1 if traded else 0,
        *(bids if bid else none),
        size if bid else 0,
        *(asks if ask else none),
        size if ask else 0,
    )


def _order(draw: Draw, order_id: int, level: int) -> NewOrder:
    # Most of them come to rest: they are what queues are about.
    kinds = [*OrdType, *[OrdType.LIMIT] * 6, *[OrdType.JOIN_BID, OrdType.JOIN_ASK] * 2]
    kind = kinds[draw(len(kinds))]
    trailing = kind is OrdType.TRAILING_STOP
    limited = kind in (OrdType.LIMIT, OrdType.STOP_LIMIT)
    stopped = kind in (OrdType.STOP, OrdType.STOP_LIMIT) or (trailing and draw(2) == 0)
    fields: dict[str, Any] = {}
    if limited or draw(60) == 0:
        fields["price"] = _price(draw, level)
    if stopped:
        fields["stop_px"] = _price(draw, level)
    if trailing:
        fields["trail"] = 1 + draw(4)
    side = list(Side)[draw(2)]
    if kind in (OrdType.JOIN_BID, OrdType.JOIN_ASK) and draw(5):
        side = Side.BUY if kind is OrdType.JOIN_BID else Side.SELL
    return NewOrder(
        order_id=order_id if draw(40) else max(1, order_id - 1),
        side=side,
        ord_type=kind,
        order_qty=draw(11),
        tif=list(TimeInForce)[draw(3)],
        **fields,
    )


def _fence(draw: Draw, first_id: int, level: int) -> list[NewOrder]:
    """A stop and a limit on either side of the market, which a bar may hold all at once."""
    stop, limit = OrdType.STOP, OrdType.LIMIT
    below, above = level - 1 - draw(2), level + 1 + draw(2)
    return [
        NewOrder(first_id, Side.SELL, stop, 1 + draw(9), stop_px=below),
        NewOrder(first_id + 1, Side.SELL, limit, 1 + draw(9), price=above),
        NewOrder(first_id + 2, Side.BUY, stop, 1 + draw(9), stop_px=above + draw(2)),
        NewOrder(first_id + 3, Side.BUY, limit, 1 + draw(9), price=below - draw(2)),
    ]


def _entry(draw: Draw, entry_id: int, level: int) -> NewOrder:
    """Mostly a limit that rests, and fills in parts."""
    if draw(4) == 0:
        return _order(draw, entry_id, level)
    side, qty = list(Side)[draw(2)], 1 + draw(9)
    return NewOrder(entry_id, side, OrdType.LIMIT, qty, price=_price(draw, level))


def _legs(draw: Draw, entry_id: int, ids: list[int], level: int) -> AttachLegs:
    """A stop and a target, or one of them; now and then of an earlier life."""
    side = list(Side)[draw(2)]
    kinds = (OrdType.STOP, OrdType.TRAILING_STOP)[draw(4) == 0], OrdType.LIMIT
    away = side.sign * (1 + draw(3))  # where a stop of that side is
    resumed = draw(5) == 0
    legs = [
        Leg(
            order_id=order_id if draw(60) else entry_id,
            ord_type=kind,
            distance=(away if nth == 0 else -away) * (-1 if draw(8) == 0 else 1),
            trail=1 + draw(3) if kind is OrdType.TRAILING_STOP else None,
            px=_price(draw, level) if resumed and draw(2) else None,
            carried=draw(3) if resumed else 0,
        )
        for nth, (order_id, kind) in enumerate(zip(ids, kinds, strict=True))
    ]
    if draw(4) == 0:
        del legs[draw(2)]
    if resumed and draw(2):  # an order of long ago, which may work
        legs[-1] = structs.replace(legs[-1], order_id=max(1, entry_id - 1 - draw(4)), px=level)
    cum_qty = 0 if draw(3) else draw(6)
    return AttachLegs(
        entry_id=entry_id,
        side=side,
        order_qty=1 + draw(9),
        legs=tuple(legs),
        cum_qty=cum_qty,
        worth=cum_qty * level + draw(1 + cum_qty),
        closed_qty=draw(3) if resumed else 0,
        resumed=resumed,
        each_fill=draw(4) > 0,
        shrinks=draw(4) > 0,
        grid=((), (), ((-(2**62), 2), (level, 1)))[draw(3)],
    )


def _change(draw: Draw, kind: int, last_id: int, level: int) -> Command:
    if kind == 9 and draw(3) == 0:
        bid = _price(draw, level)
        return SetMarket(bid, bid + draw(4), draw(10) - 1)
    if kind == 9:
        return SetStatus([*TradingStatus, *[TradingStatus.OPEN] * 6][draw(11)])
    order_id = max(0, last_id - draw(6)) + draw(2)
    if kind == 5:
        return CancelOrder(order_id)
    if kind == 6:
        return FreezeOrder(order_id, draw(3) > 0)
    return ReplaceOrder(
        order_id,
        order_qty=draw(10) if draw(2) else None,
        price=_price(draw, level) if draw(2) else None,
        stop_px=_price(draw, level) if draw(3) == 0 else None,
        trail=1 + draw(4) if draw(4) == 0 else None,
    )
