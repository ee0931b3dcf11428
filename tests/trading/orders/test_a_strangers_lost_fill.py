"""A fill of other hands that the stream lost shows in the next one: the broker is asked at once."""

from decimal import Decimal
from types import SimpleNamespace

import pytest
from msgspec import structs

from dryfill.trading.order import Execution, OrderState
from dryfill.trading.orders.positions import Ledger
from dryfill.trading.orders.recovery.strangers import Strangers
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.words import OrdStatus, OrdType, Side

STRANGER_SELLS = """
    do place buy 1 limit 19900
    > place 1#1 buy 1 limit 19900
    < new 1#1
    < ack 1#1
    x rests web-1 sell 3 20000
    x fill web-1 2 @ 20000
    x drop
    < fill web-1 1 @ 20000
"""


def test_what_is_lacking_of_a_strangers_order_is_asked_for(play, lossy):
    play(
        STRANGER_SELLS
        + """
        = position -1
        > ask fills
        < shown
        = position -3
        = incidents
        """,
        offers=lossy,
    )


def test_nothing_is_asked_where_nothing_is_lacking(play, lossy):
    play(
        """
        x rests web-1 sell 3 20000
        < fill web-1 2 @ 20000
        < fill web-1 1 @ 20000
        = position -3
        """,
        offers=lossy,
    )


def test_a_stream_that_loses_nothing_is_believed(play):
    """What is lacking was filled before we began."""
    play(STRANGER_SELLS + "= position -1")


ASKED = """
    > ask fills
"""
LOOK = """
    > ask fills
    > ask open
"""
ALL_ASKED = """
    > ask fills
    > ask open
    > ask orders
    > ask positions
"""


def test_what_an_answer_is_too_old_to_show_is_asked_for_again(play, lossy):
    play(
        """
        do place buy 1 limit 19900
        > place 1#1 buy 1 limit 19900
        < new 1#1
        < ack 1#1
        x rests web-1 sell 3 20000
        x snapshot fills
        x fill web-1 2 @ 20000
        x drop
        < fill web-1 1 @ 20000
        """
        + ASKED
        + "< shown\n= position -1\nwait 1"
        + ASKED
        + "< shown\n= position -3\nwait 2.9",
        offers=lossy,
    )


def test_what_no_answer_shows_was_filled_before_us_and_is_asked_for_no_more(play, lossy):
    """Of the two contracts that are lacking nobody tells; five seconds later they are nobody's."""
    play(
        """
        do place buy 1 limit 19900
        > place 1#1 buy 1 limit 19900
        < new 1#1
        < ack 1#1
        x rests web-1 sell 3 20000
        x fill web-1 2 @ 20000
        x drop
        x forget
        < fill web-1 1 @ 20000
        """
        + ASKED
        + "< shown\n"
        + 4 * ("wait 1" + ASKED + "< shown\n")
        + "wait 1"
        + LOOK  # in its time
        + "< shown\nwait 3\n",
        offers=lossy,
    )


# The orders show that somebody sold two; the fills are older than that, and the next ones slow.
SHOWN_BY_ORDERS = (
    """
    do place buy 1 limit 19900
    > place 1#1 buy 1 limit 19900
    < new 1#1
    < ack 1#1
    wait 5
    > ask fills
    > ask open
    < shown
    x time 90
    x snapshot fills
    x rests web-1 sell 2 20000
    x fill web-1 2 @ 20000
    x drop
    < stream up gap
"""
    + ALL_ASKED
    + "< shown\n= position 0\n"
    + ASKED
    + "do flatten"
    + LOOK
    + """
    > cancel 1#1
    < canceled 1#1
    < ack 1#1
    wait 1.15                           -- as long as a flatten waits for an answer
    > ask fills
    = waiting flatten
"""
)


@pytest.mark.exact_times("a question is due in the instant in which the flatten asks")
def test_a_flatten_waits_for_what_the_orders_show_and_the_fills_do_not(play, lossy):
    closes = """
        < shown
        > place 2.exit#1 buy 2 market
        = position -2
    """
    play(SHOWN_BY_ORDERS + closes, offers=lossy)


@pytest.mark.exact_times("a question is due in the instant in which the flatten asks")
def test_what_no_answer_shows_holds_no_flatten_up_for_ever(play, lossy):
    play(
        SHOWN_BY_ORDERS
        + "x forget\n< shown\n= position 0"  # and neither does an answer that left since
        + "\nwait 3.7\n= waiting flatten"
        + ASKED
        + "wait 0.3"
        + ALL_ASKED
        + "= waiting",
        offers=lossy,
    )


def test_what_was_given_up_is_no_news(mnq):
    ledger, timers, clock = Ledger(10), [], [1.0]
    outbox = SimpleNamespace(
        ledger=ledger,
        settings=OrderSettings(),
        now_s=lambda: clock[0],
        later=lambda delay_s, call: timers.append(delay_s),
        never=lambda timer: None,
    )
    moved = []
    strangers = Strangers(outbox, 5.0, moved.append)
    strangers.ask = lambda still: None
    order = stranger(mnq, 2)
    assert strangers.is_news(order)
    strangers.told(order)
    clock[0] = 6.0
    assert outbox.lacking(mnq)  # nobody has answered since
    strangers.answered(0.9)
    assert outbox.lacking(mnq)
    strangers.answered(1.0)
    assert moved == [mnq]
    assert (strangers.is_news(order), outbox.lacking(mnq), timers) == (False, False, [5.0, 1.0])
    assert not strangers.is_news(order)
    assert strangers.is_news(stranger(mnq, 3))


@pytest.mark.parametrize(("time_ns", "lacks"), [(4, 0), (5, 1)])
def test_a_word_from_before_a_fill_was_taken_back_tells_of_none_that_is_lacking(
    mnq, time_ns, lacks
):
    """A flatten that waits for what nobody can show leaves what is held as it is (voids, all,
    103)."""
    ledger = Ledger(10)
    fill = Execution(
        exec_id="7",
        instrument=mnq,
        order_id="web-1",
        cl_ord_id="",
        side=Side.SELL,
        qty=1,
        px=Decimal(20000),
        time_ns=3,
        fee=None,
    )
    ledger.book(fill, None)
    assert ledger.lacks(stranger(mnq, 1, time_ns)) == 0
    ledger.void(structs.replace(fill, time_ns=5), None)
    assert ledger.lacks(stranger(mnq, 1, time_ns)) == lacks


def stranger(instrument, cum_qty, time_ns=1):
    return OrderState(
        instrument=instrument,
        order_id="web-1",
        cl_ord_id="",
        side=Side.SELL,
        ord_type=OrdType.LIMIT,
        ord_status=OrdStatus.PARTIALLY_FILLED,
        order_qty=9,
        cum_qty=cum_qty,
        leaves_qty=9 - cum_qty,
        price=None,
        stop_px=None,
        avg_px=None,
        time_ns=time_ns,
    )
