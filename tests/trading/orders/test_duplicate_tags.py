"""An order that is refused because its tag was used before: RS-04, where our own sending had come.

`tests/trading/orders/conftest.py` says how scripts are written.
"""

from decimal import Decimal

import pytest
from msgspec import structs
from scripted_broker import MNQ

from dryfill.trading.errors import Refused
from dryfill.trading.order import OrderRequest, OrderState
from dryfill.trading.orders.handle import Order
from dryfill.trading.orders.order_core import OrderCore
from dryfill.trading.orders.sending.duplicates import Duplicates
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.words import OrdStatus, OrdType, Reason, Side

BEFORE = """
    do place buy 1
    > place 1#1 buy 1 market
    < new 1#1
    < ack 1#1
    < fill 1#1 1 @ 20000
"""
SCRIPTS = {
    "it is there: the order goes its way": """
        do place buy 2 limit 20000
        > place 1#1 buy 2 limit 20000
        x new 1#1
        x drop
        < refuse 1#1 DUPLICATE_TAG
        > look 1#1
        = working 1#1
        < found 1#1
        = status 1#1 NEW
        do cancel 1#1
        > cancel 1#1
        < canceled 1#1
        < ack 1#1
        = got cancel 1#1 -> cancelled(0)
        = incidents
        = timers 0
    """,
    "an entry that was filled by its first sending is protected": """
        do bracket buy 1 loss 40t
        > place 1.entry#1 buy 1 market
        x new 1.entry#1
        x fill 1.entry#1 1 @ 20000
        < refuse 1.entry#1 DUPLICATE_TAG
        > look 1.entry#1
        < found 1.entry#1
        > place 1.stop#1 sell 1 stop 19990
    """,
    "a stop that is there gets no second one beside it": """
        do bracket buy 1 loss 40t
        > place 1.entry#1 buy 1 market
        < new 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        < ack 1.entry#1
        x new 1.stop#1
        < refuse 1.stop#1 DUPLICATE_TAG
        > look 1.stop#1
        < found 1.stop#1
        = working 1.stop#1
        = incidents
    """,
    "its event comes first: the refusal says nothing": """
        do place buy 2 limit 20000
        > place 1#1 buy 2 limit 20000
        < new 1#1
        < refuse 1#1 DUPLICATE_TAG
        = working 1#1
    """,
    "it is not shown for long enough: there is none": """
        do place buy 2 limit 20000
        > place 1#1 buy 2 limit 20000
        < refuse 1#1 DUPLICATE_TAG
        > look 1#1
        < none 1#1
    """
    + "".join(f"wait {pause}\n> look 1#1\n< none 1#1\n" for pause in (0.25, 0.5, 1, 2, 2, 2))
    + """
        = status 1#1 REJECTED
        = timers 0
    """,
    "another order under its tag is none of ours": BEFORE
    + """
        do place buy 2 limit 20000
        > place 2#1 buy 2 limit 20000
        x new 2#1 order_qty 3
        < refuse 2#1 DUPLICATE_TAG
        > look 2#1
        < found 2#1
        = status 2#1 REJECTED
        = timers 0
    """,
    "one that was filled before ours left is none of ours": """
        x time 100
    """
    + BEFORE
    + """
        x time 90
        do bracket buy 1 loss 40t
        > place 2.entry#1 buy 1 market
        x new 2.entry#1
        x fill 2.entry#1 1 @ 20000
        < refuse 2.entry#1 DUPLICATE_TAG
        > look 2.entry#1
        < found 2.entry#1
        = status 2.entry#1 REJECTED
        = position 1
        = timers 0
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_goes_as_the_script_says(name, play):
    play(SCRIPTS[name])


ASKED = OrderRequest(
    cl_ord_id="1#1",
    instrument=MNQ,
    side=Side.BUY,
    ord_type=OrdType.STOP_LIMIT,
    order_qty=2,
    price=Decimal(20_001),
    stop_px=Decimal(20_000),
)
LEFT_NS = 50
# what is found under the tag, beside what was asked for; whether it is ours
FOUND = {
    "as it was sent": ({}, True),
    "at another price": ({"price": Decimal(20_002)}, False),
    "at another stop price": ({"stop_px": Decimal(19_999)}, False),
    "at no price that is told": ({"price": None, "stop_px": None}, True),
    "on the other side": ({"side": Side.SELL}, False),
    "of another type": ({"ord_type": OrdType.STOP}, False),
    "of another size": ({"order_qty": 3}, False),
    "filled since ours left": ({"cum_qty": 1, "time_ns": LEFT_NS + 1}, True),
    "filled when ours left": ({"cum_qty": 1, "time_ns": LEFT_NS}, False),
    "untouched for long": ({"time_ns": 1}, True),
    "over since before": ({"ord_status": OrdStatus.CANCELED, "time_ns": 1}, False),
}


@pytest.mark.parametrize("case", FOUND)
def test_what_is_found_under_the_tag_is_ours_where_it_is_what_was_asked_for(case):
    differs, ours = FOUND[case]
    refusal = Refused("used before", reason=Reason.DUPLICATE_TAG)
    duplicates = Duplicates(lambda: 0, OrderSettings())
    order = Order(OrderCore(ASKED, OrderSettings()))
    as_sent = OrderState(
        instrument=MNQ,
        order_id="7",
        cl_ord_id="1#1",
        side=ASKED.side,
        ord_type=ASKED.ord_type,
        ord_status=OrdStatus.NEW,
        order_qty=2,
        cum_qty=0,
        leaves_qty=2,
        price=ASKED.price,
        stop_px=ASKED.stop_px,
        avg_px=None,
        time_ns=LEFT_NS + 1,
    )
    state = structs.replace(as_sent, **differs)
    assert duplicates.found(order, state) is None, "nobody refused it"
    duplicates.refused(order, refusal, LEFT_NS)
    assert duplicates.found(order, None) is None
    assert duplicates.found(order, state) is (None if ours else refusal)
    assert duplicates.found(order, state) is None, "it was said once"


def test_an_order_that_leaves_now_was_not_touched_before():
    duplicates = Duplicates(lambda: 70 * 10**9, OrderSettings(overlap_s=60.0))
    assert duplicates.since_ns(5 * 10**9) == 10 * 10**9
    assert duplicates.since_ns(15 * 10**9) == 15 * 10**9
