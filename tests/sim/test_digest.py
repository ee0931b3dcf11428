"""The domain digest: what it sees, and what it must not see."""

import msgspec
import pytest

from dryfill.matching.commands import CancelOrder, NewOrder, ReplaceOrder, SetStatus
from dryfill.matching.reports import Report
from dryfill.sim.digest import DomainDigest
from dryfill.trading.words import (
    ExecType,
    Liquidity,
    OrdStatus,
    OrdType,
    Reason,
    Side,
    TimeInForce,
    TradingStatus,
)

NEW = NewOrder(1, Side.BUY, OrdType.LIMIT, 2, 100, None, None)
REPLACE = ReplaceOrder(1, 3, 101, 102, 4)
REPORT = Report(
    seq=1,
    time_ns=1000,
    order_id=1,
    exec_type=ExecType.TRADE,
    ord_status=OrdStatus.PARTIALLY_FILLED,
    order_qty=5,
    cum_qty=2,
    leaves_qty=3,
    price=100,
    stop_px=None,
    last_qty=2,
    last_px=100,
    exec_id=1,
    liquidity=Liquidity.ADDED,
)
OTHER_NEW = {
    "side": Side.SELL,
    "ord_type": OrdType.MARKET,
    "order_qty": 3,
    "price": 101,
    "stop_px": 0,
    "trail": 0,
    "tif": TimeInForce.GTC,
}
OTHER_REPORT = {
    "time_ns": 1001,
    "order_id": 2,
    "exec_type": ExecType.NEW,
    "ord_status": OrdStatus.FILLED,
    "order_qty": 6,
    "cum_qty": 3,
    "leaves_qty": 2,
    "price": None,
    "stop_px": 0,
    "last_qty": 1,
    "last_px": 99,
    "reason": Reason.SELF_MATCH,
    "liquidity": Liquidity.REMOVED,
    "unknown_size": True,
    "ambiguous": True,
}
NOT_SEEN = {"seq", "exec_id"}  # numbers of our own


def digest(*steps, origin_ns=0, symbol="ES"):
    made = DomainDigest(origin_ns)
    for step in steps:
        if isinstance(step, Report):
            made.report(symbol, step)
        else:
            made.command(symbol, *step)
    return made.hex


@pytest.mark.parametrize("field", OTHER_NEW)
def test_every_field_of_a_new_order_is_seen(field):
    changed = msgspec.structs.replace(NEW, **{field: OTHER_NEW[field]})
    assert digest((5, changed)) != digest((5, NEW))


def test_no_field_of_a_new_order_was_forgotten_above():
    assert {*OTHER_NEW, "order_id"} == set(NewOrder.__struct_fields__)


@pytest.mark.parametrize("field", ["order_qty", "price", "stop_px", "trail"])
def test_every_field_of_a_replace_is_seen(field):
    base, changed = REPLACE, msgspec.structs.replace(REPLACE, **{field: None})
    assert digest((5, NEW), (6, changed)) != digest((5, NEW), (6, base))


@pytest.mark.parametrize("field", OTHER_REPORT)
def test_every_field_of_a_report_is_seen(field):
    changed = msgspec.structs.replace(REPORT, **{field: OTHER_REPORT[field]})
    steps = ((5, NEW), (5, msgspec.structs.replace(NEW, order_id=2)))
    assert digest(*steps, changed) != digest(*steps, REPORT)


def test_no_field_of_a_report_was_forgotten_above():
    assert {*OTHER_REPORT, *NOT_SEEN} == set(Report.__struct_fields__)


def test_kind_time_symbol_and_state_are_seen():
    found = [
        digest((5, CancelOrder(1))),
        digest((6, CancelOrder(1))),
        digest((5, CancelOrder(1)), symbol="NQ"),
        digest((5, ReplaceOrder(1))),
        digest((5, SetStatus(TradingStatus.OPEN))),
        digest((5, SetStatus(TradingStatus.HALT))),
        digest(),
    ]
    assert len(set(found)) == len(found)


def test_an_absent_price_is_not_a_price_of_zero():
    assert digest((5, NEW)) != digest((5, msgspec.structs.replace(NEW, stop_px=0)))


def test_orders_are_named_by_their_appearance_and_not_by_their_ids():
    def told(ids):
        first, second = (msgspec.structs.replace(NEW, order_id=n) for n in ids)
        return digest((5, first), (5, second), (6, CancelOrder(ids[1])))

    assert told((1, 2)) == told((70, 12))
    assert told((1, 2)) != digest((5, NEW), (5, NEW), (6, CancelOrder(1)))


def test_times_count_from_the_start_of_the_run():
    later = msgspec.structs.replace(REPORT, time_ns=REPORT.time_ns + 90)
    assert digest((5, NEW), REPORT) == digest((95, NEW), later, origin_ns=90)


def test_the_order_of_what_happens_is_seen():
    assert digest((5, NEW), (5, CancelOrder(1))) != digest((5, CancelOrder(1)), (5, NEW))


def test_numbers_of_the_engine_itself_are_not_seen():
    other = msgspec.structs.replace(REPORT, seq=99, exec_id=77)
    assert digest((5, NEW), REPORT) == digest((5, NEW), other)


def test_the_tags_of_a_trader_are_not_seen(counter):
    found = []
    for tag in ("1#1", "something else"):
        desk = counter("0 quote 100x5 101x5")
        desk.place("buy", 2, tag=tag)
        found.append(desk.digest.hex)
    assert found[0] == found[1] != digest()


def test_it_may_be_asked_in_the_middle_without_changing_the_end():
    asked = DomainDigest(0)
    asked.command("ES", 5, NEW)
    before = asked.hex
    asked.report("ES", REPORT)
    assert before != asked.hex == digest((5, NEW), REPORT)
