"""What is older than what is known changes nothing (INV-17), and doubt is asked about ever less."""

import pytest
from scripted_broker import MNQ

from dryfill.trading.order import ExecutionReport, OrderState
from dryfill.trading.orders.commands import Do
from dryfill.trading.orders.doubt import Doubt
from dryfill.trading.orders.news import is_old_report, is_old_state
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.orders.standing import shown
from dryfill.trading.words import ExecType, OrdStatus, OrdType, Side

PENDING, SUSPENDED, NEW = OrdStatus.PENDING_NEW, OrdStatus.SUSPENDED, OrdStatus.NEW
PART, FILLED, CANCELED = OrdStatus.PARTIALLY_FILLED, OrdStatus.FILLED, OrdStatus.CANCELED


def state(status, cum_qty=0, time_ns=0):
    return OrderState(
        instrument=MNQ,
        order_id="7",
        cl_ord_id="1#1",
        side=Side.BUY,
        ord_type=OrdType.LIMIT,
        ord_status=status,
        order_qty=5,
        cum_qty=cum_qty,
        leaves_qty=5 - cum_qty,
        price=None,
        stop_px=None,
        avg_px=None,
        time_ns=time_ns,
    )


@pytest.mark.parametrize(
    ("known", "cum_qty", "what", "told", "told_qty", "old"),
    [
        (PENDING, 0, ExecType.NEW, NEW, 0, False),
        (SUSPENDED, 0, ExecType.NEW, NEW, 0, False),
        (NEW, 0, ExecType.NEW, NEW, 0, True),
        (PART, 2, ExecType.NEW, NEW, 0, True),
        (PENDING, 0, ExecType.SUSPENDED, SUSPENDED, 0, False),
        (SUSPENDED, 0, ExecType.SUSPENDED, SUSPENDED, 0, True),
        (NEW, 0, ExecType.TRADE, PART, 1, False),
        (PART, 2, ExecType.TRADE, PART, 1, True),
        (PART, 2, ExecType.REPLACED, PART, 2, False),
        (PART, 2, ExecType.REPLACED, PART, 1, True),
        (PART, 2, ExecType.CANCELED, CANCELED, 0, False),  # CME's cancel tells of no fills
        (CANCELED, 0, ExecType.TRADE, PART, 1, True),
        (FILLED, 5, ExecType.CANCELED, CANCELED, 5, True),
    ],
)
def test_a_report_of_an_earlier_state_is_old(known, cum_qty, what, told, told_qty, old):
    report = ExecutionReport(exec_type=what, order=state(told, told_qty))
    assert is_old_report(known, cum_qty, report) is old


@pytest.mark.parametrize(
    ("known", "cum_qty", "told", "told_qty", "time_ns", "old"),
    [
        (NEW, 0, NEW, 0, 10, False),
        (NEW, 0, NEW, 0, 9, True),
        (NEW, 0, PART, 1, 9, False),
        (PART, 2, PART, 1, 11, True),
        (PART, 2, PART, 2, 10, False),
        (PENDING, 0, SUSPENDED, 0, 10, False),
        (SUSPENDED, 0, SUSPENDED, 0, 10, False),
        (NEW, 0, SUSPENDED, 0, 11, True),
        (CANCELED, 0, NEW, 0, 11, True),
    ],
)
def test_a_look_that_shows_an_earlier_state_is_old(known, cum_qty, told, told_qty, time_ns, old):
    assert is_old_state(known, cum_qty, 10, state(told, told_qty, time_ns)) is old


@pytest.mark.parametrize(
    ("status", "flight", "accepted", "wanted", "expected"),
    [
        (PENDING, Do.PLACE, False, True, PENDING),
        (PENDING, Do.PLACE, False, False, PENDING),
        (PENDING, None, True, True, NEW),
        (NEW, Do.CANCEL, True, True, OrdStatus.PENDING_CANCEL),
        (NEW, None, True, False, OrdStatus.PENDING_CANCEL),
        (NEW, Do.MODIFY, True, True, OrdStatus.PENDING_REPLACE),
        (NEW, Do.MODIFY, True, False, OrdStatus.PENDING_CANCEL),
        (NEW, Do.LOOK, True, True, NEW),
        (CANCELED, Do.CANCEL, True, False, CANCELED),
        (PART, None, True, True, PART),
    ],
)
def test_a_trader_sees_what_is_under_way(status, flight, accepted, wanted, expected):
    assert shown(status, flight, accepted=accepted, wanted=wanted) is expected


def pauses(doubt, ends):
    """The pause before each look-up, and after the last."""
    found = [doubt.pause_s]
    for end in ends:
        getattr(doubt, end)() if end == "failed" else doubt.missed(0.0)
        found.append(doubt.pause_s)
    return found


LOOKS = OrderSettings(look_first_s=0.25, look_most_s=4.0, retry_most_s=1.0, breaker_tries=5)


@pytest.mark.parametrize(
    ("reduces", "ends", "expected"),
    [
        (False, ["failed"] * 6, [0, 0.25, 0.5, 1, 2, 4, 4]),
        # Whom nobody answers is not asked faster for reducing risk.
        (True, ["failed"] * 6, [0, 0.25, 0.5, 1, 1, 1, 4]),
        (False, ["missed"] * 3, [0, 0.25, 0.5, 1]),
        (False, ["failed"] * 3 + ["missed"] * 2, [0, 0.25, 0.5, 1, 0.25, 0.5]),
    ],
)
def test_an_order_in_doubt_is_looked_up_at_once_and_then_less_and_less_often(
    reduces, ends, expected
):
    doubt = Doubt(LOOKS, 100.0, risk_reducing=reduces)
    doubt.arise()
    assert pauses(doubt, ends) == expected
    doubt.arise_later()
    assert doubt.pause_s == 0.25


def test_a_cancel_waits_for_looks_that_nobody_answered():
    doubt = Doubt(LOOKS, 100.0, risk_reducing=False)
    assert (doubt.exists, doubt.vain_s) == (False, 0.0)
    doubt.failed()
    assert (doubt.exists, doubt.vain_s) == (True, 0.25)
    doubt.missed(0.0)
    assert doubt.vain_s == 0.0


def test_what_is_not_there_is_proved_by_looks_that_began_late_enough():
    settings = OrderSettings(visible_s=5.0, misses=2)
    doubt = Doubt(settings, 100.0, risk_reducing=False)
    seen = [doubt.missed(began_s) for began_s in (100.0, 104.75, 105.0, 105.5)]
    assert seen == [False, False, False, True]


def test_a_doubt_goes_before_a_cancel_until_it_was_looked_at_in_vain():
    doubt = Doubt(LOOKS, 100.0, risk_reducing=False)
    doubt.arise(first=True)
    doubt.arise()
    assert doubt.first
    doubt.failed()
    assert not doubt.first
    doubt.resume()
    assert (doubt.first, doubt.resumed) == (True, True)
    doubt.missed(0.0)
    assert (doubt.first, doubt.vain_s) == (False, 0.25)
    doubt.overdue()
    assert (doubt.exists, doubt.first) == (True, False)
