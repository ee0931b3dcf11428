"""One order without a loop or a broker: what brokers get wrong, and what holds all the same."""

from decimal import Decimal

import pytest
from msgspec import structs

from dryfill.trading import instruments
from dryfill.trading.errors import ProtocolError, Refused
from dryfill.trading.order import ExecutionReport, OrderRequest, OrderState
from dryfill.trading.orders.commands import Command, Do
from dryfill.trading.orders.order_core import OrderCore
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.words import ExecType, OrdStatus, OrdType, Reason, Side

MNQ = instruments.find("MNQ")
REQUEST = OrderRequest(
    cl_ord_id="1#1",
    instrument=MNQ,
    side=Side.BUY,
    ord_type=OrdType.LIMIT,
    order_qty=3,
    price=Decimal(20_000),
)


def report(exec_type, status, cum_qty=0, last_qty=0, px=None, **given):
    state = OrderState(
        instrument=MNQ,
        order_id="9",
        cl_ord_id="1#1",
        side=Side.BUY,
        ord_type=OrdType.LIMIT,
        ord_status=status,
        order_qty=3,
        cum_qty=cum_qty,
        leaves_qty=3 - cum_qty,
        price=Decimal(20_000),
        stop_px=None,
        avg_px=given.pop("avg_px", Decimal(0)),  # CME always says 0 (market-facts 4, [20])
        time_ns=0,
        **given,
    )
    px = None if px is None else Decimal(px)
    exec_id = f"x{cum_qty}" if last_qty else None
    return ExecutionReport(
        exec_type=exec_type, order=state, last_qty=last_qty, last_px=px, exec_id=exec_id
    )


NEW = report(ExecType.NEW, OrdStatus.NEW)
ONE = report(ExecType.TRADE, OrdStatus.PARTIALLY_FILLED, 1, 1, "20000")
THREE = report(ExecType.TRADE, OrdStatus.FILLED, 3, 2, "19999.25")


@pytest.fixture
def core():
    core = OrderCore(REQUEST, OrderSettings())
    core.sent(core.next_command(), 0.0)
    core.acked("9")
    return core


def test_the_mean_price_is_our_own_sum_whatever_the_broker_says(core):
    for each in (NEW, ONE, THREE):
        core.apply(each)
    assert core.avg_px == Decimal("19999.5")


def test_of_fills_that_only_a_look_knows_the_brokers_mean_is_taken(core):
    state = structs.replace(THREE.order, avg_px=Decimal("19999.5"))
    core.sent(structs.replace(OrderCore(REQUEST, OrderSettings()).next_command(), do=Do.LOOK), 1.0)
    core.looked(state, 1.0)
    assert (core.cum_qty, core.told.qty, core.avg_px) == (3, 0, Decimal("19999.5"))
    assert core.venue_status is OrdStatus.FILLED


def test_a_cancel_that_says_nothing_was_filled_takes_no_fill_back(core):
    core.apply(NEW)
    core.apply(ONE)
    core.apply(report(ExecType.CANCELED, OrdStatus.CANCELED, 0))
    assert (core.venue_status, core.cum_qty, core.leaves_qty) == (OrdStatus.CANCELED, 1, 0)


def test_a_fill_after_the_end_counts_and_the_end_stays(core):
    core.apply(NEW)
    core.apply(report(ExecType.CANCELED, OrdStatus.CANCELED))
    core.apply(ONE)
    assert (core.venue_status, core.cum_qty) == (OrdStatus.CANCELED, 1)


def test_an_order_that_was_lost_and_is_there_is_found_once(core):
    """Found again at each report, its end would be forgotten."""
    core.lost, core.venue_status = True, OrdStatus.REJECTED
    core.apply(NEW)
    assert (core.venue_status, core.lost, core.wish.working) == (OrdStatus.NEW, False, False)
    core.apply(report(ExecType.CANCELED, OrdStatus.CANCELED))
    core.apply(ONE)
    assert (core.venue_status, core.cum_qty) == (OrdStatus.CANCELED, 1)


def test_a_step_that_no_order_takes_is_refused_but_its_fill_counts(core):
    core.apply(NEW)
    odd = structs.replace(ONE, exec_type=ExecType.NEW)
    core.apply(odd)  # an old NEW, but a fill none the less
    assert core.cum_qty == 1
    with pytest.raises(ProtocolError, match="from NEW to FILLED by CANCELED"):
        core.apply(structs.replace(THREE, exec_type=ExecType.CANCELED))
    assert (core.venue_status, core.cum_qty) == (OrdStatus.NEW, 3)


def test_an_older_working_state_changes_nothing(core):
    core.apply(NEW)
    core.apply(ONE)
    core.apply(report(ExecType.CANCEL_REJECTED, OrdStatus.NEW, 0))
    assert (core.venue_status, core.cum_qty) == (OrdStatus.PARTIALLY_FILLED, 1)


def test_a_snapshot_older_than_what_was_told_changes_nothing(core):
    old = structs.replace(NEW.order, time_ns=5)
    told = structs.replace(NEW.order, time_ns=7, price=Decimal(20_001))
    core.apply(NEW)
    core.apply(ExecutionReport(exec_type=ExecType.REPLACED, order=told))
    core.seen(old)
    assert core.price == 20_001
    core.seen(structs.replace(old, time_ns=7))
    assert core.price == 20_000


def test_an_order_taken_back_before_it_was_sent_never_leaves():
    core = OrderCore(REQUEST, OrderSettings())
    core.want_gone()
    assert core.next_command() is None
    assert core.venue_status is OrdStatus.CANCELED


def test_a_refused_cancel_of_an_order_that_nobody_heard_of_does_not_end_it():
    core = OrderCore(REQUEST, OrderSettings())
    core.sent(core.next_command(), 0.0)
    core.unknown(1.0)
    core.want_gone()
    core.sent(Command(Do.CANCEL), 1.0)
    core.refused(Do.CANCEL, Reason.UNKNOWN_ORDER, "which order?", 2.0)
    assert core.venue_status is not OrdStatus.REJECTED
    assert core.next_command().do is Do.LOOK


def test_a_cancel_is_not_taken_back(core):
    core.apply(NEW)
    core.want_gone()
    core.want(structs.replace(core.wish, order_qty=5, price=Decimal(20_001)))
    assert not core.wish.working
    assert core.next_command().do is Do.CANCEL


def test_an_order_that_the_venue_ended_says_why(core):
    core.apply(NEW)
    core.apply(report(ExecType.CANCELED, OrdStatus.CANCELED, reason=Reason.SELF_MATCH))
    assert (core.reason, core.text) == (Reason.SELF_MATCH, "SELF_MATCH")


@pytest.mark.parametrize(
    ("error", "status", "incidents"),
    [
        (Refused("no", reason=77), OrdStatus.REJECTED, []),
        (ValueError("a bug"), OrdStatus.PENDING_NEW, ["broker_error"]),
    ],
)
def test_whatever_a_broker_raises_ends_in_refused_or_unknown(error, status, incidents, play):
    def then(stage):
        stage.broker.in_flight.pop("1#1")[1].set_exception(error)

    stage = play("do place buy 1 limit 20000\n> place 1#1 buy 1 limit 20000", then=then)
    assert stage.orders["1#1"].status is status
    assert [incident.kind for incident in stage.manager.view.incidents] == incidents


def test_a_report_that_breaks_the_rules_is_an_incident_and_its_fill_is_held(play):
    play(
        """
        do place buy 2 limit 20000
        > place 1#1 buy 2 limit 20000
        < replaced 1#1
        = incidents protocol
        < fill 1#1 1 @ 20000
        = position 1
        """
    )


def test_closing_orders_and_stops_go_with_risk_reducing_urgency(play):
    urgent = play(
        """
        do bracket buy 1 loss 40t
        > place 1.entry#1 buy 1 market
        < new 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        """
    )
    plain = play("do place buy 1\n> place 1#1 buy 1 market")
    assert (urgent.broker.urgency, plain.broker.urgency) == (1, 0)


def test_a_stop_that_is_set_off_before_it_is_acknowledged_breaks_no_rule(play):
    play(
        """
        do place sell 2 stop 19990
        > place 1#1 sell 2 stop 19990
        < triggered 1#1
        = incidents
        < fill 1#1 2 @ 19990
        = position -2
        = status 1#1 FILLED
        """
    )
