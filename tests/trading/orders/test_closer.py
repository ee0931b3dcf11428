"""Closing orders, one at a time: what they are numbered, and how long each waits and may rest."""

from types import SimpleNamespace

import pytest
from msgspec import structs
from scripted_broker import MNQ

from dryfill.trading.order import OrderRequest
from dryfill.trading.orders.commands import Command, Do
from dryfill.trading.orders.exits.closing import Closer
from dryfill.trading.orders.handle import Order
from dryfill.trading.orders.order_core import OrderCore
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.words import OrdStatus, OrdType, Reason, Side

SETTINGS = OrderSettings(exit_tries=3, exit_patience_s=2.0, closed_retry_s=8.0)


def order(nth, *, cum_qty=0, status=OrdStatus.NEW, side=Side.SELL):
    request = OrderRequest(
        cl_ord_id=f"7.exit#{nth}", instrument=MNQ, side=side, ord_type=OrdType.MARKET, order_qty=3
    )
    core = OrderCore(request, SETTINGS)
    core.sent(Command(Do.PLACE), 1.0)
    core.acked(str(nth))
    core.venue_status, core.cum_qty = status, cum_qty
    return Order(core)


def manager(*, last_call=False):
    """What a closer needs of the manager: keeps what is sent, timed and said."""
    kept = SimpleNamespace(last_call=last_call, sent=[], timers={}, said=[], pauses=[])

    def later(delay_s, call):
        kept.timers[len(kept.timers) + 1] = (delay_s, call)
        return len(kept.timers)

    def send(request):
        kept.sent.append(request)
        core = OrderCore(request, SETTINGS)
        core.sent(Command(Do.PLACE), 1.0)
        core.acked(request.cl_ord_id)
        core.venue_status = OrdStatus.NEW
        return Order(core)

    def pause_s(order, nth, *, not_now):
        kept.pauses.append((nth, not_now))
        return 1.0

    kept.later, kept.send, kept.pause_s = later, send, pause_s
    kept.pause = lambda order, pause_s, call: later(pause_s, call)
    kept.never = lambda timer: kept.timers.pop(timer, None)
    kept.advance = lambda order: None
    kept.incident = lambda kind, text, about="": kept.said.append((kind, about))
    return kept


def closer(sender, **more):
    return Closer("7", MNQ, sender, SETTINGS, lambda: None, **more)


@pytest.mark.parametrize(
    ("orders", "next_tag"),
    [
        ([], "7.exit#1"),
        ([order(1, cum_qty=1, status=OrdStatus.CANCELED)], "7.exit#2"),
        ([order(2, cum_qty=1, status=OrdStatus.CANCELED), order(5, status=OrdStatus.REJECTED)],
         "7.exit#6"),
    ],
)  # fmt: skip
def test_after_a_restart_no_order_gets_the_number_of_another(orders, next_tag):
    sender = manager()
    after = closer(sender)
    after.resume(orders)
    assert after.orders == [each for each in orders if each.cum_qty]
    after.send(Side.SELL, 1)
    assert [each.cl_ord_id for each in sender.sent] == [next_tag]


def test_one_that_works_after_a_restart_is_watched_and_nothing_goes_beside_it():
    sender, works = manager(), order(3, cum_qty=1)
    after = closer(sender)
    after.resume([works])
    after.send(Side.SELL, 1)
    assert (sender.sent, after.live, after.net) == ([], works, -1)
    ((delay_s, replace),) = sender.timers.values()
    assert delay_s == SETTINGS.exit_patience_s
    replace()
    assert not works.core.wish.working


def test_each_that_rests_without_a_fill_may_rest_twice_as_long():
    sender, rests = manager(), []
    closes = closer(sender)
    for _ in range(4):
        closes.send(Side.SELL, 3)
        (delay_s, replace) = sender.timers.popitem()[1]
        rests.append(delay_s)
        replace()
        closes.live.core.venue_status = OrdStatus.CANCELED
        closes.settle()
    assert rests == [2.0, 4.0, 8.0, 8.0]
    assert (closes.orders, sender.said, closes.failures) == ([], [], 0)
    closes.send(Side.SELL, 3)
    closes.live.core.cum_qty = 1
    (_, replace) = sender.timers.popitem()[1]
    replace()
    closes.orders[-1].core.venue_status = OrdStatus.CANCELED
    closes.settle()
    closes.send(Side.SELL, 2)
    assert sender.timers.popitem()[1][0] == 2.0


def refuse(closes, reason, text="no"):
    core = closes.live.core
    core.venue_status, core.reason, core.text = OrdStatus.REJECTED, reason, text
    closes.settle()


def test_refusals_are_counted_and_paused_and_the_markets_state_by_itself():
    sender = manager()
    closes = closer(sender)
    for reason in (Reason.NONE, Reason.NONE, Reason.MARKET_CLOSED, Reason.MARKET_CLOSED):
        closes.send(Side.SELL, 3)
        refuse(closes, reason)
        closes.send(Side.SELL, 3)  # not in a pause
        closes.wake()
    assert sender.pauses == [(1, False), (2, False), (1, True), (2, True)]
    assert [each.cl_ord_id for each in sender.sent] == [f"7.exit#{n}" for n in (1, 2, 3, 4)]
    assert closes.failures == 2
    assert sender.said == [("exit_rejected", "7.exit#1")]  # what is said again says nothing


def test_at_last_call_as_many_go_as_the_settings_allow_and_the_market_is_no_excuse():
    sender = manager(last_call=True)
    closes = closer(sender, sent=1)
    for _ in range(3):
        closes.send(Side.SELL, 3)
        if closes.live is not None:
            refuse(closes, Reason.MARKET_CLOSED)
            closes.wake()
    assert [each.cl_ord_id for each in sender.sent] == ["7.exit#2", "7.exit#3"]
    assert (closes.spent, closes.failures) == (True, 2)


@pytest.mark.parametrize(
    ("held", "stays"), [(3, True), (4, True), (2, False), (0, False), (-3, False)]
)
def test_one_that_could_close_more_than_is_held_is_taken_away(held, stays):
    closes = closer(manager())
    closes.send(Side.SELL, 3)
    closes.fit(held)
    assert closes.live.core.wish.working is stays


@pytest.mark.parametrize(("order_qty", "stays"), [(3, True), (2, False), (4, True)])
def test_one_that_another_hand_made_smaller_is_taken_away(order_qty, stays):
    closes = closer(manager())
    closes.send(Side.SELL, 3)
    agreement = closes.live.core.agreement
    agreement.now = structs.replace(agreement.now, order_qty=order_qty)
    closes.fit(4)
    assert closes.live.core.wish.working is stays


def test_what_it_bought_less_what_it_sold():
    closes = closer(manager())
    assert closes.net == 0
    sold = order(1, cum_qty=2, status=OrdStatus.CANCELED)
    bought = order(2, cum_qty=3, status=OrdStatus.FILLED, side=Side.BUY)
    for each in (sold, bought):
        closes.adopt(each)
    assert (closes.net, closes.live) == (1, None)
    closes.send(Side.BUY, 1)
    assert closes.live.cl_ord_id == "7.exit#3"
