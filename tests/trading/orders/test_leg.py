"""The orders that played a leg: what they are numbered, and what they come to together."""

from decimal import Decimal

import pytest
from scripted_broker import MNQ

from dryfill.trading.order import OrderRequest
from dryfill.trading.orders.brackets.core import LegFacts, LegWish
from dryfill.trading.orders.brackets.leg import Leg
from dryfill.trading.orders.commands import Command, Do
from dryfill.trading.orders.handle import Order
from dryfill.trading.orders.order_core import OrderCore
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.words import OrdStatus, OrdType, Side, TimeInForce


def order(nth, *, cum_qty=0, qty=3, status=OrdStatus.NEW, accepted=True):
    """The `nth` attempt of a stop for 3."""
    request = OrderRequest(
        cl_ord_id=f"1.stop#{nth}",
        instrument=MNQ,
        side=Side.SELL,
        ord_type=OrdType.STOP,
        order_qty=qty,
        stop_px=Decimal(19_990),
    )
    core = OrderCore(request, OrderSettings())
    core.sent(Command(Do.PLACE), 1.0)
    if accepted:
        core.acked(str(nth))
        core.venue_status = status
    core.cum_qty = cum_qty
    return Order(core)


def leg(*orders, surplus=()):
    made = Leg("stop")
    for each in orders:
        made.sent(each)
    made.surplus = list(surplus)
    return made


DONE = {"status": OrdStatus.CANCELED}
FACTS = {
    "none": (leg(), LegFacts()),
    "one works": (leg(order(1)), LegFacts(0, 3, True, True, confirmed=True)),
    "one is on its way": (leg(order(1, accepted=False)), LegFacts(0, 3, True, untold=True)),
    "one is over": (leg(order(1, cum_qty=1, **DONE)), LegFacts(1)),
    "one works after another": (
        leg(order(1, cum_qty=1, **DONE), order(2, qty=2)),
        LegFacts(1, 2, True, True, confirmed=True),
    ),
    "both are over": (leg(order(1, cum_qty=1, **DONE), order(2, cum_qty=2, **DONE)), LegFacts(3)),
    "two are over and a third works": (
        leg(order(1, **DONE), order(2, cum_qty=1, **DONE), order(3, qty=2)),
        LegFacts(1, 2, True, True, confirmed=True),
    ),
    "one of the broker's that has no place leaves": (
        leg(order(1, cum_qty=1, **DONE), surplus=[order(2, cum_qty=1)]),
        LegFacts(2, live=True),
    ),
    "such a one is gone": (
        leg(order(1), surplus=[order(2, cum_qty=1, **DONE)]),
        LegFacts(1, 3, True, True, confirmed=True),
    ),
}


@pytest.mark.parametrize("name", FACTS)
def test_a_legs_orders_are_one_fact(name):
    made, facts = FACTS[name]
    assert made.facts() == facts
    assert (made.cum_qty, made.busy) == (facts.cum_qty, facts.live)


@pytest.mark.parametrize(
    ("kept", "next_tag"),
    [
        ([], "1.stop#1"),
        ([1], "1.stop#2"),
        ([1, 2], "1.stop#3"),
        ([3], "1.stop#4"),
        ([4, 5], "1.stop#6"),
        ([2, 4], "1.stop#5"),
    ],
)
def test_after_a_restart_no_attempt_gets_the_number_of_one_that_is_not_kept(kept, next_tag):
    made = Leg("stop")
    made.resume([order(nth, **DONE) for nth in kept], dropped=False)
    wish = LegWish(3, Decimal(19_990))
    asked = made.request("1", MNQ, Side.SELL, TimeInForce.DAY, wish)
    assert asked.cl_ord_id == next_tag


@pytest.mark.parametrize(
    ("after_s", "failures", "said"),
    [(4.75, 3, True), (5.0, 1, False), (6.0, 1, False)],
)
def test_an_attempt_that_proved_itself_wipes_the_slate(after_s, failures, said):
    made = leg(order(1))
    made.failures = made.pauses = 2
    made.said, made.since_s = ("refused", 0, ""), 10.0
    made.failed(10.0 + after_s, 5.0, counts=True, shut=False)
    assert (made.failures, made.pauses, made.said is not None) == (failures, failures, said)
    assert made.since_s is None


def test_pauses_begin_anew_when_the_market_shuts_and_when_it_does_no_more():
    made, seen = leg(order(1)), []
    for shut in (False, False, True, True, True, False):
        made.failed(1.0, 5.0, counts=not shut, shut=shut)
        seen.append((made.pauses, made.failures))
    assert seen == [(1, 1), (2, 2), (1, 2), (2, 2), (3, 2), (1, 3)]
