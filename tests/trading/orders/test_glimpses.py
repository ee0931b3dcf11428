"""What a look shows of an order since when something happened to it: only news is acted on."""

from decimal import Decimal
from types import SimpleNamespace

import pytest

from dryfill.trading import instruments
from dryfill.trading.order import OrderRequest, OrderState
from dryfill.trading.orders.handle import Order
from dryfill.trading.orders.intake import Intake
from dryfill.trading.orders.order_core import OrderCore
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.words import OrdStatus, OrdType, Side

MNQ = instruments.find("MNQ")
NEW, PART, FILLED = OrdStatus.NEW, OrdStatus.PARTIALLY_FILLED, OrdStatus.FILLED
CANCELED = OrdStatus.CANCELED


def state(status, cum_qty):
    return OrderState(
        instrument=MNQ,
        order_id="7",
        cl_ord_id="1#1",
        side=Side.BUY,
        ord_type=OrdType.LIMIT,
        ord_status=status,
        order_qty=2,
        cum_qty=cum_qty,
        leaves_qty=0 if status.terminal else 2 - cum_qty,
        price=Decimal(20_000),
        stop_px=None,
        avg_px=None,
        time_ns=cum_qty,
    )


@pytest.mark.parametrize(
    ("known", "told", "shown", "acted"),
    [
        ((FILLED, 2), True, (FILLED, 2), False),
        ((CANCELED, 1), True, (CANCELED, 1), False),
        ((CANCELED, 1), True, (NEW, 0), False),  # older than what we know
        ((CANCELED, 1), True, (FILLED, 2), True),  # filled further, after all
        ((CANCELED, 1), False, (CANCELED, 1), True),  # nobody was told of its end
        ((PART, 1), False, (PART, 1), False),
        ((PART, 1), False, (CANCELED, 1), True),
    ],
)
def test_only_news_of_an_order_is_acted_on(known, told, shown, acted):
    request = OrderRequest(
        cl_ord_id="1#1",
        instrument=MNQ,
        side=Side.BUY,
        ord_type=OrdType.LIMIT,
        order_qty=2,
        price=Decimal(20_000),
    )
    order, settled = Order(OrderCore(request, OrderSettings())), []
    order.core.acked("7")
    order.core.seen(state(*known))
    order.ended = told
    intake = Intake(None, settled.append, lambda instrument: None)
    intake.outbox = SimpleNamespace(
        orders=SimpleNamespace(revive=lambda order: False, learn_id=lambda order: []),
        noted=lambda order: None,
    )
    intake.end = lambda order, state: None
    intake.glimpse(order, state(*shown))
    assert settled == ([order] if acted else [])


def test_what_a_round_shows_of_an_order_in_doubt_is_its_answer(play):
    play("""
    do place buy 2 limit 20000
    > place 1#1 buy 2 limit 20000
    < new 1#1
    < ack 1#1
    do modify 1#1 limit 19999
    > modify 1#1 price 19999
    < lost 1#1
    > look 1#1
    < stream down
    < lost 1#1
    wait 0.25
    > look 1#1
    < lost 1#1
    wait 0.5
    > look 1#1
    < lost 1#1
    wait 0.25
    > ask fills
    > ask open
    x replaced 1#1 price 19999
    x drop
    < shown
    = got modify 1#1 -> None
    wait 0.9
    """)
