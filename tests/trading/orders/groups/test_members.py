"""One member of a group: what its orders come to, and what is sent next. And how a group ended."""

from decimal import Decimal

import pytest
from msgspec import structs
from scripted_broker import MNQ

from dryfill.trading.orders.commands import Command, Do
from dryfill.trading.orders.groups.core import MemberFacts
from dryfill.trading.orders.groups.member import Member, result_of
from dryfill.trading.orders.groups.outcome import GroupOutcome, MemberResult
from dryfill.trading.orders.groups.spec import GroupSpec, MemberSpec
from dryfill.trading.orders.handle import Order
from dryfill.trading.orders.order_core import OrderCore
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.words import ContingencyType, OrdStatus, OrdType, Side

LEG = MemberSpec(
    name="7.leg1", side=Side.SELL, qty=3, ord_type=OrdType.STOP, stop_px=Decimal(19_990)
)


def order(nth, *, cum_qty=0, status=OrdStatus.NEW):
    core = OrderCore(LEG.request(MNQ, f"7.leg1#{nth}", 3), OrderSettings())
    core.sent(Command(Do.PLACE), 1.0)
    core.acked(str(nth))
    core.venue_status, core.cum_qty = status, cum_qty
    return Order(core)


def member(*orders, **more):
    made = Member(LEG)
    made.orders += orders
    for name, value in more.items():
        setattr(made, name, value)
    return made


OVER = {"status": OrdStatus.CANCELED}
FACTS = {
    "never sent": (member(), MemberFacts()),
    "never to be sent": (member(out=True), MemberFacts(out=True)),
    "it works": (member(order(1)), MemberFacts(0, True, 3, True)),
    "it works, one filled": (member(order(1, cum_qty=1)), MemberFacts(1, True, 2, True)),
    "it is over": (member(order(1, cum_qty=1, **OVER)), MemberFacts(1, sent=True)),
    "the next one works": (
        member(order(1, cum_qty=1, **OVER), order(2, cum_qty=1)),
        MemberFacts(2, True, 2, True),
    ),
}


@pytest.mark.parametrize("name", FACTS)
def test_a_members_orders_are_one_fact(name):
    made, facts = FACTS[name]
    assert made.facts() == facts
    assert (made.cum_qty, made.live is not None) == (facts.cum_qty, facts.live)


@pytest.mark.parametrize(("asked", "open_qty"), [(5, 5), (2, 3)])
def test_a_change_on_its_way_may_make_it_larger_and_not_yet_smaller(asked, open_qty):
    changes = order(1)
    changes.core.want(structs.replace(changes.core.wish, order_qty=asked))
    changes.core.sent(Command(Do.MODIFY), 2.0)
    assert member(changes).facts().open_qty == open_qty


def test_the_next_order_is_where_the_trader_moved_the_last():
    assert member().request(MNQ, 2) == LEG.request(MNQ, "7.leg1#1", 2)
    moved = order(4)
    moved.core.want(structs.replace(moved.core.wish, stop_px=Decimal(19_995)))
    after = member(moved).request(MNQ, 2)
    assert (after.cl_ord_id, after.stop_px, after.order_qty) == ("7.leg1#5", Decimal(19_995), 2)
    assert (after.ord_type, after.side) == (OrdType.STOP, Side.SELL)
    through = member(moved, at_market=True).request(MNQ, 2)
    assert (through.cl_ord_id, through.ord_type, through.stop_px) == (
        "7.leg1#5",
        OrdType.MARKET,
        None,
    )


@pytest.mark.parametrize(
    ("open_qty", "held", "clear", "qty", "out"),
    [
        (3, 3, True, 3, False),
        (3, 2, True, 2, False),
        (2, 3, True, 2, False),
        (3, 3, False, 0, False),
        (3, 0, True, 0, True),
        (3, -1, True, 0, True),
        (3, 0, False, 0, True),
    ],
)
def test_at_market_it_closes_no_more_than_is_held(open_qty, held, clear, qty, out):
    made = member(order(1, **OVER))
    assert made.closing(open_qty, held, clear=clear) == qty
    assert made.out is out


def test_pauses_begin_anew_when_the_market_shuts_and_when_it_does_no_more():
    made, seen = member(order(1)), []
    for shut in (False, False, True, True, False):
        made.paused(shut=shut)
        seen.append(made.pauses)
    assert seen == [1, 2, 1, 2, 1]


def test_a_member_that_was_never_sent_has_no_state():
    assert str(result_of(member())) == "7.leg1#1 not sent(0)"
    ended = result_of(member(order(1, cum_qty=1, **OVER), order(2, cum_qty=1)))
    assert (ended.cl_ord_id, ended.filled, ended.status) == ("7.leg1#2", 2, OrdStatus.NEW)


def result(name, filled, status):
    return MemberResult(f"7.{name}#1", Side.SELL, filled, status)


FILLED = result("leg1", 3, OrdStatus.FILLED)
PART = result("leg2", 1, OrdStatus.CANCELED)
REFUSED, WAITS = result("leg3", 0, OrdStatus.REJECTED), result("leg4", 0, OrdStatus.PENDING_CANCEL)


def test_an_outcome_says_who_was_filled_cancelled_and_refused():
    ended = GroupOutcome((FILLED, PART, REFUSED, WAITS))
    assert (ended.filled, ended.cancelled, ended.refused) == ((FILLED, PART), (PART,), (REFUSED,))
    assert str(ended) == (
        "7.leg1#1 filled(3), 7.leg2#1 canceled(1), 7.leg3#1 rejected(0), 7.leg4#1 pending cancel(0)"
    )


@pytest.mark.parametrize(
    ("more", "ok", "says"),
    [
        ({}, True, "7.leg1#1 filled(3)"),
        ({"overfilled": 2}, False, "7.leg1#1 filled(3), 2 too much"),
        ({"unresolved": True}, False, "7.leg1#1 filled(3), unresolved"),
        ({"first": PART, "reason": "why"}, True, "7.leg2#1 canceled(1), 7.leg1#1 filled(3)"),
    ],
)
def test_an_outcome_is_well_where_nothing_is_too_much_and_nothing_left_to_wait_for(more, ok, says):
    ended = GroupOutcome((FILLED,), **more)
    assert (ended.ok, str(ended)) == (ok, says)


def test_a_spec_knows_its_members_and_what_it_is_called():
    other = structs.replace(LEG, name="3", side=Side.BUY)
    spec = GroupSpec(
        intent="7", symbol="MNQ", contingency=ContingencyType.OCO, members=(LEG, other)
    )
    assert [spec.nth(tag) for tag in ("7.leg1#4", "3#1", "7.leg2#1", "7#1")] == [0, 1, None, None]
    one, lone = structs.replace(spec, members=(LEG, LEG)), structs.replace(spec, members=(LEG,))
    assert (spec.one_sided, one.one_sided) == (False, True)
    after = structs.replace(lone, first=other, protects=True)
    assert [each.words for each in (spec, lone, after)] == [
        "OCO",
        "one order",
        "OTO, then one order",
    ]
    protects = structs.replace(spec, protects=True)
    assert [each.only_closes for each in (spec, after, protects)] == [False, False, True]
    assert MemberSpec.of(LEG.request(MNQ, "7.leg1#4", 3)) == LEG
