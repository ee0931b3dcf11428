"""Which stops a price is beyond: each by itself, and the nearest of all at a glance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_broker import MNQ

from dryfill.trading.order import OrderRequest
from dryfill.trading.orders.handle import Order
from dryfill.trading.orders.order_core import OrderCore
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.orders.stops.bounds import Bounds
from dryfill.trading.words import OrdType, Side


def stop(tag, side):
    request = OrderRequest(
        cl_ord_id=tag,
        instrument=MNQ,
        side=side,
        ord_type=OrdType.STOP,
        order_qty=1,
        stop_px=MNQ.decimal(1),
    )
    return Order(OrderCore(request, OrderSettings()))


STOPS = {f"{n}.stop#1": stop(f"{n}.stop#1", side) for n, side in enumerate([*Side] * 2)}
PLACES = st.dictionaries(st.sampled_from(sorted(STOPS)), st.integers(-9, 9))


@given(PLACES, PLACES, st.integers(-12, 12), st.integers(0, 3))
def test_a_price_is_beyond_the_stops_that_it_has_passed_and_no_others(before, now, bid, spread):
    bounds, ask = Bounds(), bid + spread
    for tag, units in [*before.items(), *now.items()]:
        bounds.put(STOPS[tag], units)
    for tag in before.keys() - now.keys():
        bounds.drop(tag)
        bounds.drop(tag)
    assert len(bounds) == len(now)
    assert {tag: bounds.at(tag) for tag in STOPS} == {tag: now.get(tag) for tag in STOPS}
    passed = {
        tag
        for tag, units in now.items()
        if (bid < units if STOPS[tag].side is Side.SELL else ask > units)
    }
    assert {order.cl_ord_id for order in bounds.reached(bid, ask)} == passed
    assert {tag for tag in now if bounds.beyond(tag, bid, ask)} == passed
    assert (bid < bounds.low or ask > bounds.high) is bool(passed)


@pytest.mark.parametrize(
    ("bid", "ask", "reached"),
    [(None, None, []), (-1, None, [0]), (0, 0, []), (None, 1, [1]), (-1, 1, [0, 1])],
)
def test_a_side_of_the_market_that_nobody_knows_has_passed_nothing(bid, ask, reached):
    bounds, tags = Bounds(), []
    for side in (Side.SELL, Side.BUY):
        tag = next(tag for tag, order in STOPS.items() if order.side is side)
        bounds.put(STOPS[tag], 0)
        tags.append(tag)
    assert [o.cl_ord_id for o in bounds.reached(bid, ask)] == [tags[n] for n in reached]
    assert [n for n, tag in enumerate(tags) if bounds.beyond(tag, bid, ask)] == reached


def test_a_price_however_far_is_beyond_nothing_where_no_stop_waits():
    assert (Bounds().low < -(10**15), Bounds().high > 10**15) == (True, True)
