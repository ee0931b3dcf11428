"""What is agreed about one order's numbers, and which news of a change is news."""

from decimal import Decimal

import pytest
from msgspec import structs

from dryfill.trading import instruments
from dryfill.trading.order import OrderRequest, OrderState
from dryfill.trading.orders.agreement import Agreement
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.words import OrdStatus, OrdType, Side

MNQ = instruments.find("MNQ")
REQUEST = OrderRequest(
    cl_ord_id="1#1",
    instrument=MNQ,
    side=Side.BUY,
    ord_type=OrdType.LIMIT,
    order_qty=3,
    price=Decimal(20_000),
)


def state(price, time_ns=1, order_qty=3):
    return OrderState(
        instrument=MNQ,
        order_id="9",
        cl_ord_id="1#1",
        side=Side.BUY,
        ord_type=OrdType.LIMIT,
        ord_status=OrdStatus.NEW,
        order_qty=order_qty,
        cum_qty=0,
        leaves_qty=order_qty,
        price=Decimal(price),
        stop_px=None,
        avg_px=None,
        time_ns=time_ns,
    )


@pytest.fixture
def agreement():
    return Agreement(REQUEST, held_most=4)


def change(agreement, price):
    agreement.sent(structs.replace(agreement.now, price=Decimal(price)))


def test_a_change_that_was_answered_is_news_once_when_it_is_told(agreement):
    change(agreement, 20_001)
    agreement.taken()
    assert [agreement.replaced(state(20_001)) for _ in range(3)] == [True, False, False]
    assert (agreement.now.price, agreement.contested) == (20_001, 0)


@pytest.mark.parametrize(
    ("shown", "began_s", "before"),
    [
        (state(20_000, time_ns=5), 104.0, True),
        (state(20_000, time_ns=4), 104.0, True),
        (state(20_000, time_ns=6), 104.0, False),  # newer: somebody changed it back
        (state(20_001, time_ns=5), 104.0, False),  # the change is there, whatever the time says
        (state(20_000, time_ns=0), 104.0, False),  # no times are told
        (state(20_000, time_ns=5), 105.0, False),  # by then it would be shown
        (structs.replace(state(20_000, 5), ord_status=OrdStatus.CANCELED), 104.0, False),
    ],
)
def test_a_look_may_show_what_was_before_a_change_that_was_taken(agreement, shown, began_s, before):
    agreement.sent(structs.replace(agreement.now, price=Decimal(20_001)), 5, 100.0)
    assert not agreement.is_before(shown, began_s, 5.0)  # it may not have been taken
    agreement.taken()
    assert agreement.is_before(shown, began_s, 5.0) is before


def test_a_change_that_is_told_before_its_answer_is_news_once_and_needs_no_answer(agreement):
    change(agreement, 20_001)
    assert [agreement.replaced(state(20_001)) for _ in range(2)] == [True, False]
    assert (agreement.under_way, agreement.now.price, agreement.contested) == (None, 20_001, 0)


def test_of_changes_that_are_told_late_the_newest_stands_for_those_before(agreement):
    for price in (20_001, 20_002):
        change(agreement, price)
        agreement.taken()
    assert agreement.replaced(state(20_002, time_ns=2))
    assert not agreement.replaced(state(20_001, time_ns=1))
    assert (agreement.now.price, agreement.contested) == (20_002, 0)


def test_what_the_broker_changes_itself_is_news_and_contests_ours(agreement):
    settings = OrderSettings()
    pauses = []
    for n, price in enumerate((20_001, 20_002, 20_003)):
        assert agreement.replaced(state(price, time_ns=n))
        pauses.append(agreement.pause_s(settings))
    assert agreement.now.price == 20_003
    assert pauses == [0.0, settings.retry_s, 2 * settings.retry_s]


def test_a_change_names_what_differs_and_nothing_else(agreement):
    for wish in (
        structs.replace(agreement.now, price=Decimal(19_999)),
        structs.replace(agreement.now, price=Decimal(20_001)),
    ):
        named = structs.asdict(agreement.change_to(wish))
        assert {k: v for k, v in named.items() if v is not None} == {"price": wish.price}
    for order_qty in (2, 4):
        change_to = agreement.change_to(structs.replace(agreement.now, order_qty=order_qty))
        assert (change_to.order_qty, change_to.price) == (order_qty, None)


def test_what_the_venue_made_of_a_price_that_was_not_asked_for_is_not_agreed():
    market = structs.replace(REQUEST, ord_type=OrdType.MARKET, price=None)
    agreement = Agreement(market, held_most=4)
    agreement.seen(state(20_100, order_qty=2))
    assert (agreement.now.price, agreement.now.order_qty) == (None, 2)


STOP = structs.replace(REQUEST, ord_type=OrdType.STOP, price=None, stop_px=Decimal(19_990))


def stop_state(stop_px, order_qty, time_ns=1):
    told = state(0, time_ns=time_ns, order_qty=order_qty)
    return structs.replace(told, ord_type=OrdType.STOP, price=None, stop_px=Decimal(stop_px))


@pytest.mark.parametrize("answered_first", [True, False])
def test_what_a_change_did_not_ask_for_is_what_the_broker_says_it_is(answered_first):
    """A child is moved while the broker makes it larger (explorer, native, hostile 299)."""
    agreement = Agreement(STOP, held_most=4)
    agreement.sent(structs.replace(agreement.now, stop_px=Decimal(19_991)))
    if answered_first:
        agreement.taken()
    assert agreement.replaced(stop_state(19_991, order_qty=5))
    assert agreement.now.told == (5, None, 19_991)
    assert (agreement.under_way, agreement.contested) == (None, 0)


def test_an_answer_to_a_move_does_not_undo_the_size_that_was_told_meanwhile():
    agreement = Agreement(STOP, held_most=4)
    agreement.sent(structs.replace(agreement.now, stop_px=Decimal(19_991)))
    assert agreement.replaced(stop_state(19_990, order_qty=5))  # before the change got there
    agreement.taken()
    assert agreement.now.told == (5, None, 19_991)


def test_a_report_of_an_older_change_shows_the_size_and_not_the_price_of_the_newer_one():
    agreement = Agreement(STOP, held_most=4)
    for stop_px in (19_991, 19_992):
        agreement.sent(structs.replace(agreement.now, stop_px=Decimal(stop_px)))
        agreement.taken()
    assert agreement.replaced(stop_state(19_991, order_qty=5))
    assert agreement.now.told == (5, None, 19_992)
    assert agreement.replaced(stop_state(19_992, order_qty=5, time_ns=2))
    assert agreement.contested == 0


def test_a_change_of_a_trail_is_told_by_nothing_that_differs(agreement):
    """The broker's own change of the price is none of ours."""
    agreement.sent(structs.replace(agreement.now, trail=8))
    assert agreement.replaced(state(20_001))
    assert agreement.under_way is not None
    assert agreement.contested == 1


def test_a_fill_tells_how_large_the_order_is_where_nothing_else_did(agreement):
    """Native, hostile, thin, 76: a child was enlarged, nobody told of it, and of what was filled by
    then it was taken for filled."""
    agreement.traded(state(20_000, time_ns=5, order_qty=4))
    assert (agreement.now.order_qty, agreement.contested) == (4, 0)
    agreement.traded(state(20_000, time_ns=4, order_qty=3))  # that is older
    assert agreement.now.order_qty == 4


def test_a_fill_says_nothing_of_a_change_of_ours_that_is_still_to_be_told(agreement):
    agreement.sent(structs.replace(agreement.now, order_qty=5))
    agreement.traded(state(20_000, time_ns=5))
    agreement.taken()
    agreement.traded(state(20_000, time_ns=6))
    assert agreement.now.order_qty == 5
    assert agreement.replaced(state(20_000, time_ns=7, order_qty=5))
    agreement.traded(state(20_000, time_ns=8, order_qty=6))
    assert agreement.now.order_qty == 6


def test_a_change_that_nobody_answered_and_that_comes_late_is_ours(agreement):
    change(agreement, 20_001)
    agreement.ended()
    change(agreement, 20_002)
    agreement.taken()
    assert agreement.replaced(state(20_002, time_ns=1))
    assert agreement.replaced(state(20_001, time_ns=2))  # only now it has arrived
    assert (agreement.now.price, agreement.strange) == (20_001, None)


def test_what_was_told_of_ours_is_another_hands_when_it_comes_again(agreement):
    for n, price in enumerate((20_001, 20_002)):
        change(agreement, price)
        agreement.taken()
        assert agreement.replaced(state(price, time_ns=n))
    assert agreement.strange is None
    assert agreement.replaced(state(20_001, time_ns=3))
    assert agreement.strange.price == 20_001


def test_what_a_look_shows_that_nobody_asked_for_is_another_hands_too(agreement):
    agreement.seen(state(20_000, time_ns=1))
    assert agreement.strange is None
    agreement.seen(state(19_999, time_ns=2, order_qty=2))
    assert (agreement.strange.price, agreement.strange.order_qty) == (19_999, 2)
