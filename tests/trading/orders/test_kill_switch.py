"""What a pulled kill switch lets through: what, with the others of its side, only closes."""

import pytest
from scripted_broker import MNQ

from dryfill.trading.errors import RefusedByUs
from dryfill.trading.order import Buy, OrderRequest, Sell
from dryfill.trading.orders.handle import Order
from dryfill.trading.orders.order_core import OrderCore
from dryfill.trading.orders.risk.switch import KillSwitch
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.words import OrdType, Side


def working(tag, side, qty):
    request = OrderRequest(
        cl_ord_id=tag, instrument=MNQ, side=side, ord_type=OrdType.MARKET, order_qty=qty
    )
    return Order(OrderCore(request, OrderSettings()))


SELLS, BUYS = working("1#1", Side.SELL, 1), working("2#1", Side.BUY, 3)
STOP = working("3.stop#1", Side.SELL, 3)  # as large as what it protects, and made smaller with it
CASES = {
    "all that is held": (Sell(3), 3, [], True),
    "one more": (Sell(4), 3, [], False),
    "of a short": (Buy(3), -3, [], True),
    "on the side that adds": (Buy(1), 3, [], False),
    "nothing is held": (Sell(1), 0, [], False),
    "beside another that sells": (Sell(3), 3, [SELLS], False),
    "as much as the other leaves": (Sell(2), 3, [SELLS], True),
    "beside one that buys": (Sell(3), 3, [BUYS], True),
    "beside the stop of it": (Sell(3), 3, [STOP], True),
}


@pytest.mark.parametrize("case", CASES)
def test_while_it_is_pulled_only_what_closes_passes(case):
    spec, held, others, passes = CASES[case]
    switch = KillSwitch()
    switch.check(spec, held, others)
    switch.pull("enough")
    if passes:
        switch.check(spec, held, others)
    else:
        with pytest.raises(RefusedByUs, match="kill switch: enough; only what closes passes"):
            switch.check(spec, held, others)
    switch.release()
    switch.check(spec, held, others)


def test_without_a_reason_it_says_so_and_whoever_follows_hears_of_each_change():
    switch, heard = KillSwitch(), []
    switch.heard = heard.append
    switch.pull("")
    assert switch.kept().reason == "no reason given"
    switch.release()
    assert (heard, switch.kept().reason) == (["no reason given", None], "")
