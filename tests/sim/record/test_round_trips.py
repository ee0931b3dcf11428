"""Round trips are told by order, not by the lots that an order's fills made."""

from decimal import Decimal

from dryfill import instruments
from dryfill.app.report.text import price_shown
from dryfill.sim.desk.account import Account
from dryfill.sim.desk.fees import fee_schedule
from dryfill.sim.record.round_trips import round_trips
from dryfill.trading.words import Side

ES = instruments.find("ES")


def account_of(*fills):
    account = Account("SIM", Decimal(0), fee_schedule({"ES": "1.40"}))
    for n, (side, qty, units, tag) in enumerate(fills, start=1):
        account.fill(ES, side, qty, units, n, tag)
    return account


def test_an_entry_filled_in_parts_and_closed_in_parts_is_one_round_trip():
    account = account_of(
        (Side.BUY, 2, 100, "1.entry#1"),
        (Side.BUY, 1, 102, "1.entry#1"),
        (Side.SELL, 1, 110, "1.target#1"),
        (Side.SELL, 2, 110, "1.target#1"),
    )
    (trip,) = round_trips(account.closings)
    assert (trip.qty, trip.opened_ns, trip.closed_ns) == (3, 1, 4)
    assert trip.exit_px == Decimal("27.50")
    assert trip.entry_px * 12 == 302
    assert trip.profit == account.realised - account.fees_paid
    assert trip.fees == Decimal("8.40")


def test_one_entry_closed_by_two_orders_is_two_round_trips_in_order_of_closing():
    account = account_of(
        (Side.SELL, 3, 100, "1.entry#1"),
        (Side.BUY, 1, 96, "1.target#1"),
        (Side.BUY, 2, 104, "1.stop#1"),
    )
    trips = round_trips(account.closings)
    assert [(t.side, t.qty, t.exit_tag) for t in trips] == [
        (Side.SELL, 1, "1.target#1"),
        (Side.SELL, 2, "1.stop#1"),
    ]
    assert sum(t.profit for t in trips) == account.realised - account.fees_paid


def test_a_mean_between_ticks_is_shown_with_more_decimals():
    assert price_shown(ES, Decimal("4932")) == "4932.00"
    assert price_shown(ES, Decimal("4932.125")) == "4932.1250"
