"""The order table: who is found, who has to leave, and when."""

from decimal import Decimal

import pytest
from scripted_broker import MNQ

from dryfill.trading.order import ExecutionReport, OrderRequest, OrderState
from dryfill.trading.orders.handle import Order
from dryfill.trading.orders.order_core import OrderCore
from dryfill.trading.orders.registry import Registry
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.words import ExecType, OrdStatus, OrdType, Side

SETTINGS = OrderSettings(
    finished_most=3, finished_s=100.0, tombstones_most=2, late_s=50.0, held_most=3, held_s=10.0
)


def order(n, *, untold=0):
    """An order, filled by so many contracts of which no fill was told."""
    request = OrderRequest(
        cl_ord_id=f"{n}#1", instrument=MNQ, side=Side.BUY, ord_type=OrdType.MARKET, order_qty=1
    )
    core = OrderCore(request, SETTINGS)
    core.acked(f"id-{n}")
    core.cum_qty = untold
    return Order(core)


def report(order_id, parent_id=None):
    state = OrderState(
        instrument=MNQ,
        order_id=order_id,
        cl_ord_id="",
        side=Side.BUY,
        ord_type=OrdType.LIMIT,
        ord_status=OrdStatus.NEW,
        order_qty=1,
        cum_qty=0,
        leaves_qty=1,
        price=Decimal(1),
        stop_px=None,
        avg_px=None,
        time_ns=0,
        parent_id=parent_id,
    )
    return ExecutionReport(exec_type=ExecType.NEW, order=state)


def table(*orders, over_at=()):
    """A table of these; the first are over at these times."""
    made = Registry(SETTINGS)
    for each in orders:
        made.add(each)
        made.learn_id(each)
    for each, now_s in zip(orders, over_at, strict=False):
        each.core.venue_status = OrdStatus.FILLED
        made.finish(each, now_s)
    return made


def kept(registry):
    return [each.cl_ord_id for each in registry.all()]


def test_an_order_is_found_by_its_tag_or_else_by_the_brokers_id_and_that_is_counted():
    works, ended = order(1), order(2)
    made = table(ended, works, over_at=[0.0])
    asked = [("1#1", ""), ("", "id-1"), ("web-1", "id-1"), ("2#1", ""), ("", "id-2"), ("3#1", "")]
    assert [made.find(*each) for each in asked] == [works, works, works, ended, ended, None]
    assert (made.found, made.unfound) == (5, 1)
    assert [made.get(key) for key in ("1#1", "id-1", "2#1", "id-2", "id-3")] == [
        works,
        works,
        ended,
        ended,
        None,
    ]
    assert (made.found, made.unfound) == (5, 1)
    assert (list(made.working()), made.any_working, made.finished) == ([works], True, 1)
    assert kept(made) == ["2#1", "1#1"]


def test_what_is_finished_leaves_by_count_oldest_first_and_is_known_for_a_while():
    made = table(*map(order, range(6)), over_at=range(6))
    assert kept(made) == ["3#1", "4#1", "5#1"]
    assert [made.forgotten(f"{n}#1", "") for n in range(4)] == [False, True, True, False]
    assert [made.forgotten("", f"id-{n}") for n in range(4)] == [False, True, True, False]
    assert (made.evicted, made.sizes()["tombstones"], made.sizes()["ids"]) == (3, 2, 5)


def test_one_whose_fills_are_not_told_yet_stays_and_another_goes():
    """Else they would be counted a second time, as a stranger's, once nobody knew the order."""
    untold = [order(n, untold=1) for n in range(2)]
    made = table(*untold, order(2), order(3), over_at=range(4))
    assert kept(made) == ["3#1", "0#1", "1#1"]


def test_too_many_of_such_are_bounded_all_the_same():
    made = table(*[order(n, untold=1) for n in range(40)], over_at=range(40))
    assert (made.finished, made.evicted) == (3, 37)


@pytest.mark.parametrize(
    ("now_s", "left", "known"),
    [(100.0, True, False), (100.5, False, True), (150.25, False, True), (150.5, False, False)],
)
def test_what_is_over_age_leaves_with_what_happens_next(now_s, left, known):
    made = table(order(1), over_at=[0.0])
    made.sweep(100.25 if now_s > 100.25 else 0.0)
    made.sweep(now_s)
    assert (kept(made) == ["1#1"], made.forgotten("1#1", "")) == (left, known)


def test_over_age_too_it_stays_while_its_fills_are_not_told():
    ended = order(1, untold=1)
    made = table(ended, over_at=[0.0])
    made.sweep(100.5)
    assert kept(made) == ["1#1"]
    ended.core.told.qty = 1
    made.sweep(200.5)
    assert kept(made) == ["1#1"]  # as long again, as the youngest
    made.sweep(201.0)
    assert kept(made) == []


def test_an_order_that_is_not_over_after_all_works_again():
    lost = order(1)
    made = table(lost, over_at=[0.0])
    assert not made.revive(lost)  # it is over
    lost.core.venue_status = OrdStatus.NEW
    assert made.revive(lost)
    assert (list(made.working()), made.finished) == ([lost], 0)
    assert not made.revive(lost)


def test_an_order_under_a_new_tag_is_that_order():
    again = order(1)
    made = table(again)
    made.rename("9#1", again)
    assert made.find("1#1", "") is again
    again.core.request = OrderRequest(
        cl_ord_id="1#2", instrument=MNQ, side=Side.BUY, ord_type=OrdType.MARKET, order_qty=1
    )
    made.rename("1#1", again)
    assert (made.find("1#1", ""), made.find("1#2", "")) == (None, again)


def test_what_is_told_of_an_id_that_nobody_knows_waits_for_it_and_is_bounded():
    made = Registry(SETTINGS)
    reports = [report(f"id-{n}") for n in (1, 2, 1, 3)]
    for nth, each in enumerate(reports):
        made.hold(each, float(nth))
    assert made.learn_id(order(1)) == [reports[2]]  # the oldest had to go
    assert made.learn_id(order(1)) == []
    assert made.sizes()["held_reports"] == 2
    made.sweep(11.0)
    assert made.sizes()["held_reports"] == 2
    made.sweep(11.5)
    assert (made.sizes()["held_reports"], made.learn_id(order(3))) == (1, [reports[3]])


def test_children_wait_for_their_entrys_id_in_order():
    made = Registry(SETTINGS)
    told = [report("id-5", "id-1"), report("id-6", "id-2"), report("id-5", "id-1")]
    for each in told:
        made.hold(each, 0.0)
    assert made.children_of("id-1") == [told[0], told[2]]
    assert made.children_of("id-1") == []
    assert made.children_of("id-2") == [told[1]]


def test_an_id_that_comes_after_its_order_was_let_go_is_not_kept():
    made = table(*map(order, range(4)), over_at=range(4))
    late = order(0)
    late.core.order_id = "another"
    assert made.learn_id(late) == []
    assert made.sizes()["ids"] == 4
