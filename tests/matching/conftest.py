"""Stories: a market and orders as a trader would tell them, with the reports that have to follow.

One event a line, `time event -> report; report`. Lines of one time happen together. Every story is
told line by line and then again in other ways (`RETELLINGS`), with `check()` after each step of
the first; where the native engine was built it is told along, and its book compared at each line.
A line that begins with a semicolon continues the one before it.

    0  quote 100x5 101x7
    10 #1 buy 9 limit 101 -> 1 new limit 101; 1 trade 7@101 taker, 2 left
"""

from collections.abc import Callable, Sequence
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

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
from dryfill.matching.engines import NATIVE, REFERENCE, make_engine, native_is_there
from dryfill.matching.reference import ReferenceEngine, market_feed
from dryfill.matching.reports import Report
from dryfill.matching.rules import Rules
from dryfill.trading.tape import BarRows, QuoteRows, Tape, TradeRows, make_tape
from dryfill.trading.words import (
    NO_PRICE,
    UNKNOWN_SIZE,
    ExecType,
    Liquidity,
    OrdType,
    Side,
    TimeInForce,
    TradingStatus,
)

KINDS = {"quote": QuoteRows, "trade": TradeRows, "bar": BarRows}


def tape_of(rows: Sequence[tuple[int, str, tuple[int, ...]]], first_seq: int = 0) -> Tape:
    """A tape of (time, kind, the kind's other columns in order), in the order given."""
    tables: dict[str, Any] = {}
    for kind, cls in KINDS.items():
        mine = [(first_seq + n, t, *v) for n, (t, k, v) in enumerate(rows) if k == kind]
        if mine:
            tables[kind] = cls(*[np.array(column, np.int64) for column in zip(*mine, strict=True)])
    return make_tape(tables.get("quote"), tables.get("trade"), tables.get("bar"))


def said(report: Report) -> str:
    """A report in a few words."""
    words = [str(report.order_id)]
    kind = report.exec_type
    if kind is ExecType.TRADE:
        who = "taker" if report.liquidity is Liquidity.REMOVED else "maker"
        words += ["trade", f"{report.last_qty}@{report.last_px}", who]
        marks = [f"{report.leaves_qty} left"] if report.leaves_qty else []
        marks += ["unknown size"] if report.unknown_size else []
        marks += ["ambiguous"] if report.ambiguous else []
        return " ".join(words) + "".join(f", {mark}" for mark in marks)
    words.append(kind.name.lower())
    if kind in (ExecType.NEW, ExecType.TRIGGERED, ExecType.REPLACED):
        words += [f"qty {report.order_qty}"] if kind is ExecType.REPLACED else []
        words += [f"stop {report.stop_px}"] if report.stop_px is not None else []
        words += [f"limit {report.price}"] if report.price is not None else []
    words += [report.reason.name] if report.reason else []
    return " ".join(words)


def _number(text: str, absent: int) -> int:
    return {"-": absent, "?": UNKNOWN_SIZE}.get(text) or int(text)


def _level(text: str) -> tuple[int, int]:
    price, _, size = text.partition("x")
    return (NO_PRICE, 0) if price == "-" else (int(price), _number(size, 0))


def _corners(text: str) -> tuple[int, ...]:
    return tuple(int(price) for price in text.split("/"))


def _bar(words: list[str]) -> tuple[int, ...]:
    """span o/h/l/c vVOLUME [bid o/h/l/cxSIZE] [ask o/h/l/cxSIZE]; `-` for no trades."""
    trades = (NO_PRICE,) * 4 if words[1] == "-" else _corners(words[1])
    volume = _number(words[2][1:], 0) if words[2] != "v0" else 0
    found = {"bid": ((NO_PRICE,) * 4, 0), "ask": ((NO_PRICE,) * 4, 0)}
    for name, text in zip(words[3::2], words[4::2], strict=True):
        prices, _, size = text.partition("x")
        found[name] = (_corners(prices), _number(size, 0))
    (bids, bid_size), (asks, ask_size) = found["bid"], found["ask"]
    return (int(words[0]), *trades, volume, *bids, bid_size, *asks, ask_size)


def _row(words: list[str]) -> tuple[str, tuple[int, ...]]:
    if words[0] == "quote":
        return "quote", (*_level(words[1]), *_level(words[2]))
    if words[0] == "trade":
        aggressor = {"buyer": 1, "seller": 2}.get(words[2], 0) if len(words) > 2 else 0
        return "trade", (*_level(words[1]), aggressor)
    return "bar", _bar(words[1:])


def _options(words: list[str]) -> dict[str, int]:
    return {name: int(value) for name, value in zip(words[::2], words[1::2], strict=True)}


def _order(words: list[str]) -> NewOrder:
    tif = TimeInForce.DAY
    if words[-1] in ("gtc", "ioc"):
        tif = TimeInForce[words.pop().upper()]
    given = {"order_id": int(words[0][1:]), "side": Side[words[1].upper()], "tif": tif}
    qty, rest = int(words[2]), words[3:]
    if rest[0] == "market":
        return NewOrder(ord_type=OrdType.MARKET, order_qty=qty, **given)
    if rest[0] == "join":
        return NewOrder(ord_type=OrdType[f"JOIN_{rest[1].upper()}"], order_qty=qty, **given)
    options = _options(rest)
    price, stop_px, trail = (options.get(name) for name in ("limit", "stop", "trail"))
    kind = OrdType.LIMIT
    if trail is not None:
        kind = OrdType.TRAILING_STOP
    elif stop_px is not None:
        kind = OrdType.STOP if price is None else OrdType.STOP_LIMIT
    return NewOrder(
        ord_type=kind, order_qty=qty, price=price, stop_px=stop_px, trail=trail, **given
    )


def _legs(words: list[str]) -> AttachLegs:
    """#entry side qty, then of each leg: #id kind distance [trail n]; [complete] [unshrunk]
    [filled n worth n] [grid from/tick,from/tick]."""
    kinds = {"stop": OrdType.STOP, "limit": OrdType.LIMIT, "trailing": OrdType.TRAILING_STOP}
    legs: list[dict[str, Any]] = []
    given: dict[str, Any] = {}
    rest = iter(words[3:])
    for word in rest:
        if word.startswith("#"):
            kind, distance = kinds[next(rest)], int(next(rest))
            legs.append({"order_id": int(word[1:]), "ord_type": kind, "distance": distance})
        elif word == "trail":
            legs[-1]["trail"] = int(next(rest))
        elif word == "grid":
            edges = (edge.split("/") for edge in next(rest).split(","))
            given["grid"] = tuple((int(start), int(tick)) for start, tick in edges)
        elif word in ("complete", "unshrunk"):
            given["each_fill" if word == "complete" else "shrinks"] = False
        else:
            given[{"filled": "cum_qty"}.get(word, word)] = int(next(rest))
    return AttachLegs(
        entry_id=int(words[0][1:]),
        side=Side[words[1].upper()],
        order_qty=int(words[2]),
        legs=tuple(Leg(**leg) for leg in legs),
        **given,
    )


def _command(words: list[str]) -> Command:
    if words[0].startswith("#"):
        return _order(words)
    if words[0] == "attach":
        return _legs(words[1:])
    if words[0] == "cancel":
        return CancelOrder(int(words[1][1:]))
    if words[0] in ("freeze", "thaw"):
        return FreezeOrder(int(words[1][1:]), words[0] == "freeze")
    if words[0] == "set":
        (bid, size), (ask, _) = _level(words[1]), _level(words[2])
        return SetMarket(bid, ask, size)
    if words[0] == "replace":
        options = _options(words[2:])
        names = {"qty": "order_qty", "limit": "price", "stop": "stop_px", "trail": "trail"}
        changes = {names[name]: value for name, value in options.items()}
        return ReplaceOrder(int(words[1][1:]), **changes)
    return SetStatus(TradingStatus[words[0].upper()])


def in_one_go(engine: ReferenceEngine, end: int) -> list[Report]:
    """Row by row."""
    with patch.object(market_feed.MarketFeed, "_leap", lambda self, to_ns: False):
        return list(engine.advance(end))


def by_leaps(engine: ReferenceEngine, end: int) -> list[Report]:
    """Over all rows that touch nothing."""
    with patch.object(market_feed, "_WORTH_A_LEAP", 0):
        return list(engine.advance(end))


def by_moments(engine: ReferenceEngine, end: int) -> list[Report]:
    """Only ever to the next moment; a nanosecond before it nothing may have been missed."""
    reports: list[Report] = []
    now = -1
    while (moment := engine.next_moment(end)) is not None:
        assert moment > now, "no progress"
        before = engine.book() if now >= 0 else None
        assert engine.next_moment(end) == moment, "asking changed the answer"
        assert before is None or engine.book() == before, "asking changed the book"
        with patch.object(market_feed, "_WORTH_A_LEAP", 0):
            if moment - 1 > now:
                assert list(engine.advance(moment - 1)) == [], f"missed before {moment}"
            reports += engine.advance(moment)
        now = moment
    assert list(engine.advance(end)) == [], "missed at the end"
    return reports


RETELLINGS = (in_one_go, by_leaps, by_moments)


class Told:
    """A story, told: its engine and every report."""

    def __init__(self, engine: ReferenceEngine, reports: list[Report]) -> None:
        self.engine = engine
        self.reports = reports

    def ahead(self, order_id: int) -> int | None:
        """The queue position of a resting order."""
        return next(o.ahead for o in self.engine.book().orders if o.order_id == order_id)

    def stop_px(self, order_id: int) -> int | None:
        """The trigger of a waiting stop."""
        return next(o.stop_px for o in self.engine.book().stops if o.order_id == order_id)


def tell(story: str, suspect_bars: frozenset[int] = frozenset(), **rules: Any) -> Told:
    """Tell a story and assert its reports. Rules not named are CME's, protection 10."""
    asked = Rules(**{"protection": 10, **rules})
    engine, *others = (ReferenceEngine(asked, suspect_bars) for _ in range(1 + len(RETELLINGS)))
    twin = make_engine(NATIVE if native_is_there() else REFERENCE, asked, suspect_bars)
    lines: list[str] = []
    for line in story.strip().splitlines():
        if line.strip().startswith(";"):
            lines[-1] += line.strip()
        else:
            lines.append(line.strip())
    events: list[tuple[int, list[str], list[str]]] = []
    for line in lines:
        event, _, expected = line.partition("->")
        words = event.split()
        events.append((int(words[0]), words[1:], [e.strip() for e in expected.split(";") if e]))
    rows = [(at, *_row(w)) for at, w, _ in events if w[0] in KINDS]
    commands = [(at, _command(list(w))) for at, w, _ in events if w[0] not in {*KINDS, "wait"}]
    for other in others:
        other.extend(tape_of(rows))
    seq, reports = 0, []
    for at in sorted({at for at, _, _ in events}):
        now = [row for row in rows if row[0] == at]
        for each in (engine, twin):
            each.extend(tape_of(now, seq))
        seq += len(now)
        for when, command in commands:
            if when == at:
                for other in (engine, twin, *others):
                    other.submit(at, command)
        new = engine.advance(at)
        assert list(twin.advance(at)) == list(new), f"the native engine, at {at}"
        assert twin.book() == engine.book(), f"the native engine's book, at {at}"
        engine.check()
        twin.check()
        expected = [words for when, _, more in events if when == at for words in more]
        assert [said(report) for report in new] == expected, f"at {at}"
        reports += new
    last = max(at for at, _, _ in events)
    for retell, other in zip(RETELLINGS, others, strict=True):
        assert retell(other, last) == reports, f"told {retell.__name__}, the story ends differently"
        assert other.book() == engine.book(), retell.__name__
    return Told(engine, reports)


@pytest.fixture(name="tell")
def tell_fixture() -> Callable[..., Told]:
    return tell


@pytest.fixture(name="retellings")
def retellings_fixture() -> tuple[Callable[..., list[Report]], ...]:
    return RETELLINGS


@pytest.fixture(name="tape_of")
def tape_fixture() -> Callable[..., Tape]:
    return tape_of
