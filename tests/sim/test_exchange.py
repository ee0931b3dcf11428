"""Several engines as one source: the earliest moment, who is told what, books that are current."""

from dryfill.matching.commands import NewOrder, SetStatus
from dryfill.matching.reference import ReferenceEngine
from dryfill.matching.rules import Rules
from dryfill.sim.digest import DomainDigest
from dryfill.sim.exchange import Exchange
from dryfill.sim.loop.moments import HORIZON_NS
from dryfill.trading.words import ExecType, OrdType, Side, TradingStatus

MS = 1_000_000


class Clock:
    now_ns = 0


def exchange_of(tape_of, hear=None, **markets):
    """An exchange of texts by symbol, its clock, and what was told."""
    engines = {}
    for symbol, text in markets.items():
        engines[symbol] = ReferenceEngine(Rules(protection=24))
        engines[symbol].extend(tape_of(text))
    clock, told = Clock(), []
    start_ns = min(tape_of(text).start_ns for text in markets.values())
    clock.now_ns = start_ns
    hear = hear or (lambda symbol, report: told.append((symbol, report)))
    exchange = Exchange(lambda: clock.now_ns, engines, DomainDigest(start_ns), hear)
    return exchange, clock, told


def at(exchange, clock, ns):
    clock.now_ns = ns
    exchange.advance(ns)


QUIET = "0 quote 100x5 101x5\n900 quote 100x5 101x5"
FALLS = "0 quote 100x5 101x5\n40 quote 98x5 99x5\n900 quote 98x5 99x5"
LATER = "0 quote 100x5 101x5\n70 quote 97x5 98x5\n900 quote 97x5 98x5"


def limit(number, price=99):
    return NewOrder(number, Side.BUY, OrdType.LIMIT, 1, price)


def test_without_orders_there_is_no_moment(tape_of):
    exchange, clock, _ = exchange_of(tape_of, A=QUIET, B=FALLS)
    at(exchange, clock, clock.now_ns)
    assert exchange.next_moment(HORIZON_NS) is None


def test_the_next_moment_is_the_earliest_of_all_engines_within_the_limit(tape_of):
    for names in (("A", "B"), ("B", "A")):
        markets = dict(zip(names, (FALLS, LATER), strict=True))
        exchange, clock, _ = exchange_of(tape_of, **markets)
        start = clock.now_ns
        at(exchange, clock, start)
        for symbol in markets:
            exchange.enter(symbol, limit(1))
        assert exchange.next_moment(HORIZON_NS) == start + 40 * MS
        assert exchange.next_moment(start + 40 * MS) == start + 40 * MS
        assert exchange.next_moment(start + 40 * MS - 1) is None


def test_a_command_is_answered_at_once_and_told(tape_of):
    exchange, clock, told = exchange_of(tape_of, A=QUIET)
    at(exchange, clock, clock.now_ns)
    reports = exchange.enter("A", limit(1))
    assert [r.exec_type for r in reports] == [ExecType.NEW]
    assert told == [("A", reports[0])]


def test_what_the_market_did_before_a_command_is_told_before_it(tape_of):
    exchange, clock, told = exchange_of(tape_of, A=FALLS)
    at(exchange, clock, clock.now_ns)
    exchange.enter("A", limit(1))
    clock.now_ns += 50 * MS  # past the row at 40 ms, which fills order 1
    reports = exchange.enter("A", limit(2, 90))
    assert [r.order_id for r in reports] == [2]
    assert [(r.order_id, r.exec_type) for _, r in told] == [
        (1, ExecType.NEW),
        (1, ExecType.TRADE),
        (2, ExecType.NEW),
    ]


def test_a_book_is_that_of_now_although_no_order_made_the_engine_move(tape_of):
    exchange, clock, _ = exchange_of(tape_of, A=FALLS)
    at(exchange, clock, clock.now_ns)
    assert exchange.book("A").bid == (100, 5, 5)
    clock.now_ns += 40 * MS
    assert exchange.book("A").bid == (98, 5, 5)


def test_who_hears_a_report_finds_every_book_at_its_moment(tape_of):
    markets, seen = {"A": FALLS, "B": FALLS}, []

    def look(symbol, report):
        bids = [exchange.book(name).bid[0] for name in markets]
        seen.append((symbol, report.exec_type, bids))

    exchange, clock, _ = exchange_of(tape_of, look, **markets)
    at(exchange, clock, clock.now_ns)
    for symbol in markets:
        exchange.enter(symbol, limit(1))
    at(exchange, clock, clock.now_ns + 40 * MS)
    assert seen[2:] == [("A", ExecType.TRADE, [98, 98]), ("B", ExecType.TRADE, [98, 98])]


def test_a_scheduled_state_takes_effect_before_the_rows_of_its_nanosecond(tape_of):
    exchange, clock, told = exchange_of(tape_of, A=FALLS)
    start = clock.now_ns
    exchange.schedule("A", start + 40 * MS, SetStatus(TradingStatus.HALT))
    at(exchange, clock, start)
    exchange.enter("A", limit(1))
    assert exchange.next_moment(HORIZON_NS) == start + 40 * MS
    at(exchange, clock, start + 40 * MS)
    assert [r.exec_type for _, r in told] == [ExecType.NEW]
    assert exchange.book("A").status is TradingStatus.HALT
