"""A trailing stop by the level of its first trigger: what is sent, and what is refused."""

from decimal import Decimal

import pytest

from dryfill.trading.errors import UsageError
from dryfill.trading.order import Buy, Sell
from dryfill.trading.price import Ticks


@pytest.fixture
def trail_of(play, mnq):
    """The request of a trailing stop: its distance in units and its first trigger."""

    def place(spec, market):
        requests = []

        def act(stage):
            order = stage.manager.place(mnq, spec, market=market)
            requests.append((order.request.trail, order.request.stop_px))

        play("", then=act)
        return requests[0]

    return place


@pytest.mark.parametrize(
    ("spec", "market", "sent"),
    [
        (Sell(1, trail="19990"), "20000", (40, Decimal("19990"))),
        (Buy(1, trail="20000.25"), "20000", (1, Decimal("20000.25"))),
        (Sell(1, trail="-0.25"), "0.50", (3, Decimal("-0.25"))),
        (Sell(1, trail=Ticks(8)), "20000", (8, None)),
        (Sell(1, trail=Ticks(8)), None, (8, None)),
    ],
)
def test_a_level_is_sent_as_distance_and_first_trigger(trail_of, spec, market, sent):
    assert trail_of(spec, market) == sent


@pytest.mark.parametrize(
    ("spec", "market", "message"),
    [
        (Sell(1, trail="20000"), "20000", "a SELL trailing stop in MNQ lies below the market"),
        (Buy(1, trail="19999.75"), "20000", "a BUY trailing stop in MNQ lies above the market"),
        (Sell(1, trail="19990"), None, "no price of MNQ is known to measure it from"),
        (Sell(1, trail="19990.10"), "20000", "is not on the 0.25 tick"),
    ],
)
def test_a_level_that_cannot_be_a_trigger_is_refused(trail_of, spec, market, message):
    with pytest.raises(UsageError, match=message):
        trail_of(spec, market)


def test_a_change_to_a_level_changes_the_distance(play, mnq):
    def act(stage):
        order = stage.manager.place(mnq, Sell(1, trail=Ticks(8)))
        stage.manager.modify(order, trail="19990", market="20000")
        assert order.core.wish.trail == 40

    play("", then=act)


def test_a_moved_trigger_is_no_change_of_the_order(play):
    """The venue moves the trigger of a trailing stop; a report that shows it asks for nothing."""
    play("""
        do place sell 1 trail 40
        > place 1#1 sell 1 trailing_stop
        < ack 1#1
        < new 1#1
        < replaced 1#1 stop_px 19995
        = status 1#1 NEW
    """)
