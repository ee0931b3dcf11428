"""Orders that cancel each other, a stop that trails an entry's price, and books put back: the
broker's desk without a wire."""

import pytest

from dryfill.matching.commands import NewOrder
from dryfill.sim.desk.bracket_rules import BracketRules
from dryfill.sim.desk.orders import OrderRecord
from dryfill.trading.errors import Refused
from dryfill.trading.order import Attached, OrderChange
from dryfill.trading.price import Ticks
from dryfill.trading.words import OrdStatus, Reason

MARKET = """
    0   quote 100x5 101x5
    1   trade 100x1 buyer
    20  quote 110x1 111x5
    30  quote 110x5 111x5
    40  quote 90x5 91x5
    41  trade 90x9 seller
    50  quote 90x5 91x5
"""


@pytest.fixture
def pair(counter):
    """A long of two with a stop and, linked with it, a target."""
    at = counter(MARKET, brackets=BracketRules()).at(1)
    at.place("buy", 2)
    stop = at.desk.enter(at.request("sell", 2, stop=95))
    target = at.desk.enter(at.request("sell", 2, limit=110), stop)
    return at, stop, target


def test_a_target_names_its_stop_and_not_the_reverse(pair):
    _, stop, target = pair
    assert (target.linked, stop.linked) == (stop, None)


def test_what_one_fills_in_part_the_other_is_smaller_by(pair):
    at, stop, target = pair
    at.at(20)
    assert (target.cum_qty, stop.order_qty, stop.status) == (1, 1, OrdStatus.NEW)
    at.at(30)
    assert (target.status, stop.status) == (OrdStatus.FILLED, OrdStatus.CANCELED)
    assert at.desk.held(at.instrument) == 0


def test_the_stop_takes_the_target_away(pair):
    at, stop, target = pair
    at.desk.cancel(str(target.number))
    assert stop.status is OrdStatus.NEW  # a cancel is no fill
    again = at.desk.enter(at.request("sell", 2, limit=150), stop)
    at.at(41)
    assert (stop.status, again.status) == (OrdStatus.FILLED, OrdStatus.CANCELED)
    assert at.desk.held(at.instrument) == 0


def test_a_target_that_is_filled_where_it_is_placed_takes_the_stop_away(counter):
    at = counter(MARKET).at(1)
    at.place("buy", 1)
    stop = at.desk.enter(at.request("sell", 1, stop=95))
    target = at.desk.enter(at.request("sell", 1, limit=100), stop)
    assert (target.status, stop.status) == (OrdStatus.FILLED, OrdStatus.CANCELED)


def test_a_trailing_leg_is_sent_behind_the_entry_and_never_steps_back(counter):
    at = counter(MARKET, brackets=BracketRules()).at(1)
    legs = Attached(stop=Ticks(-5), trails=True)
    entry = at.desk.enter(at.request("buy", 2, attached=legs))
    [child] = [each for each in at.desk.orders.values() if each.parent is entry]
    grid = at.instrument
    assert (grid.units(child.stop_px), child.trail) == (96, 5)
    at.at(41)
    assert child.status is OrdStatus.FILLED


def test_a_trailing_leg_stays_where_it_is_when_the_rest_of_its_entry_is_cheaper(counter):
    text = """
        0   quote 100x5 101x1
        1   trade 100x1 buyer
        20  quote 96x5 97x5
        30  quote 96x5 97x5
    """
    at = counter(text, brackets=BracketRules()).at(1)
    legs = Attached(stop=Ticks(-20), trails=True)
    entry = at.desk.enter(at.request("buy", 2, attached=legs))
    [child] = [each for each in at.desk.orders.values() if each.parent is entry]
    grid = at.instrument
    assert (entry.cum_qty, child.order_qty, grid.units(child.stop_px)) == (1, 1, 81)
    at.at(20)
    assert entry.avg_px < grid.decimal(101)
    assert (child.order_qty, grid.units(child.stop_px)) == (2, 81)


def test_an_order_without_a_tag_is_taken_as_often_as_one_likes(counter):
    at = counter(MARKET).at(1)
    first = at.desk.enter(at.request("buy", 1, limit=90, tag=""))
    second = at.desk.enter(at.request("buy", 1, limit=90, tag=""))
    assert first.number != second.number
    assert at.desk.order(None, "") is None


def test_what_is_refused_is_in_the_books_as_rejected(counter):
    at = counter(MARKET).at(1)
    record = at.desk.refuse(at.request("buy", 1, tag="t"), Reason.PRICE_OFF_TICK, "no")
    assert (record.status, record.text) == (OrdStatus.REJECTED, "no")
    assert at.desk.open_orders(None) == []
    with pytest.raises(Refused):
        at.place("buy", 1, tag="t")  # the tag is used up


def test_an_order_of_an_earlier_life_counts_what_it_had_filled(counter):
    at = counter(MARKET).at(1)
    record = OrderRecord(7, at.request("sell", 3, limit=110), 0)
    record.status, record.cum_qty, record.carried = OrdStatus.PARTIALLY_FILLED, 1, 1
    record.leaves_qty, record.worth_units = 2, 110
    at.desk.put_back(record)
    at.desk.works(record)
    at.exchange.enter("ES", _again(record))
    assert (record.status, record.cum_qty, record.order_qty) == (OrdStatus.PARTIALLY_FILLED, 1, 3)
    at.desk.modify("7", OrderChange(order_qty=2))
    assert (record.order_qty, record.leaves_qty) == (2, 1)
    at.at(20)
    assert (record.status, record.cum_qty) == (OrdStatus.FILLED, 2)
    assert record.avg_px == at.instrument.decimal(110)


def _again(record):
    request = record.request
    units = request.instrument.units(record.price)
    return NewOrder(7, request.side, request.ord_type, record.leaves_qty, price=units)
