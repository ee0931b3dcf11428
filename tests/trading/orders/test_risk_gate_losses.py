"""Daily loss and trailing floor: what trips them, when, and for how long."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, localcontext
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dryfill.trading import instruments
from dryfill.trading.broker import AccountState
from dryfill.trading.calendar import calendar
from dryfill.trading.errors import RefusedByUs
from dryfill.trading.order import Execution
from dryfill.trading.orders.risk.exposure import GateState, OrderView
from dryfill.trading.orders.risk.gate import RiskGate
from dryfill.trading.orders.risk.limits import RiskLimits
from dryfill.trading.words import Side

ES, ZN = instruments.find("ES"), instruments.find("ZN")
CME = calendar("cme-equity")
CHICAGO = ZoneInfo("America/Chicago")


def at(text):
    """A Chicago wall time as ns."""
    moment = datetime.fromisoformat(text).replace(tzinfo=CHICAGO)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000


TEN = at("2025-03-10 10:00")  # a Monday, the first one of summer time


def gate_of(**limits):
    return RiskGate(RiskLimits(**limits), calendar=CME)


def account(cash, open_profit=0, time_ns=TEN):
    return AccountState(
        name="A",
        currency="USD",
        cash=Decimal(cash),
        realised=Decimal(0),
        open_profit=Decimal(open_profit),
        fees=Decimal(0),
        time_ns=time_ns,
    )


def fill(side, qty, px, *, fee=None, time_ns=TEN, instrument=ES):
    return Execution(
        exec_id="x",
        instrument=instrument,
        order_id="1",
        cl_ord_id="1#1",
        side=side,
        qty=qty,
        px=Decimal(px),
        time_ns=time_ns,
        fee=None if fee is None else Decimal(fee),
    )


def opens(gate, time_ns):
    try:
        gate.check(
            OrderView(instrument=ES, side=Side.BUY, qty=1),
            GateState(now_ns=time_ns, steady_ns=time_ns, positions=()),
        )
    except RefusedByUs:
        return False
    return True


def trailing(**limits):
    """A gate with a floor 2,000 below the best balance, from 50,000."""
    given = {"trailing_loss": 2000, "starting_balance": 50_000} | limits
    return gate_of(**given)


# --- the daily loss -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cash", "open_profit", "trips"),
    [
        ("49000.01", 0, False),
        ("49000.00", 0, True),
        ("48999.99", 0, True),
        ("49500", "-499.99", False),
        ("49500", "-500", True),
        ("48000", "1000.01", False),
        ("60000", 0, False),
    ],
)
def test_the_daily_loss_trips_at_its_limit(cash, open_profit, trips):
    gate = gate_of(daily_loss=1000)
    gate.note_account(account(50_000))
    gate.note_account(account(cash, open_profit))
    assert (gate.tripped is not None) is trips
    assert opens(gate, TEN) is not trips


def test_the_reason_names_rule_value_limit_and_day():
    gate = gate_of(daily_loss=Decimal("1000.50"))
    gate.note_account(account(50_000))
    gate.note_account(account(48_900))
    assert gate.tripped == (
        "daily loss: 1100 lost on 2025-03-10, limit 1000.50; nothing opens until the next trade "
        "date"
    )
    assert gate.day_result == -1100


@pytest.mark.parametrize("ask", [False, True])
def test_the_daily_loss_holds_until_the_next_trade_date_begins_whatever_is_won_back(ask):
    gate = gate_of(daily_loss=1000)
    gate.note_account(account(50_000))
    gate.note_account(account(49_000))
    why = gate.tripped
    gate.note_account(account(48_000))
    gate.note_account(account(51_000))
    gate.release()
    assert gate.tripped == why  # the loss that tripped it, not a later one
    begins = at("2025-03-10 17:00")
    assert not opens(gate, begins - 1)
    if ask:
        assert opens(gate, begins)
    else:
        gate.note_account(account(50_900, time_ns=begins))
    assert gate.tripped is None


def test_each_trade_date_counts_from_what_the_account_was_worth_before_it():
    gate = gate_of(daily_loss=1000)
    gate.note_account(account(50_000))
    gate.note_account(account(49_200, 100))
    next_day = at("2025-03-11 09:00")
    gate.note_account(account(48_400, time_ns=next_day))
    assert gate.day_result == -900
    assert gate.tripped is None
    gate.note_account(account(48_300, time_ns=next_day))
    assert gate.tripped is not None


def test_the_weekend_belongs_to_mondays_trade_date_and_clocks_may_change_in_it():
    gate = gate_of(daily_loss=1000)
    gate.note_account(account(50_000, time_ns=at("2025-03-07 15:00")))
    gate.note_account(account(49_000, time_ns=at("2025-03-07 15:59")))
    assert not opens(gate, at("2025-03-07 17:00") - 1)
    assert opens(gate, at("2025-03-07 17:00"))
    gate.note_account(account(48_500, time_ns=at("2025-03-09 18:00")))
    assert gate.day_result == -500
    gate.note_account(account(48_000, time_ns=at("2025-03-10 16:30")))
    assert gate.tripped is not None
    assert not opens(gate, at("2025-03-10 17:00") - 1)
    assert opens(gate, at("2025-03-10 17:00"))


# --- between two words of the broker's ------------------------------------------------------------


@pytest.mark.parametrize(("px", "trips"), [("4990.25", False), ("4990", True)])
def test_open_loss_is_followed_with_the_market(px, trips):
    gate = gate_of(daily_loss=1000)
    gate.note_account(account(50_000))
    gate.note_mark(ES, Decimal(5000), TEN)
    gate.note_fill(fill(Side.BUY, 2, "5000"))
    gate.note_mark(ES, Decimal(4995), TEN)
    gate.note_mark(ES, Decimal(px), TEN)
    assert (gate.tripped is not None) is trips


def test_a_short_position_loses_when_the_market_rises():
    gate = gate_of(daily_loss=1000)
    gate.note_fill(fill(Side.SELL, 1, "5000"))
    gate.note_mark(ES, Decimal("5019.75"), TEN)
    assert gate.day_result == Decimal("-987.5")
    gate.note_mark(ES, Decimal(5020), TEN)
    assert gate.tripped is not None


def test_fills_cost_their_distance_to_the_market_and_their_fee():
    gate = gate_of(daily_loss=1000)
    gate.note_mark(ES, Decimal(5000), TEN)
    gate.note_fill(fill(Side.BUY, 2, "5000.25", fee="2.80"))
    assert gate.day_result == Decimal("-27.80")
    gate.note_mark(ES, Decimal(5001), TEN)
    gate.note_fill(fill(Side.SELL, 2, "5001", fee="2.80"))
    assert gate.day_result == Decimal("69.40")
    gate.note_mark(ES, Decimal(4000), TEN)
    assert gate.day_result == Decimal("69.40")


def test_a_win_taken_before_the_broker_books_it_is_not_missed_for_a_moment():
    gate = gate_of(daily_loss=1000)
    gate.note_day(date(2025, 3, 10), Decimal(50_000))
    gate.note_position(ES, 1)
    gate.note_mark(ES, Decimal(5010), TEN)
    gate.note_account(account(48_800, 500))
    assert gate.tripped is None
    gate.note_fill(fill(Side.SELL, 1, "5010"))  # the 500 are neither open nor in the cash told
    assert gate.day_result == -700
    gate.note_account(account(49_300, 0))
    assert gate.day_result == -700
    assert gate.tripped is None


def test_the_brokers_word_goes_before_our_own_sums():
    gate = gate_of(daily_loss=1000)
    gate.note_account(account(50_000))
    gate.note_fill(fill(Side.BUY, 1, "5000"))
    gate.note_mark(ES, Decimal(4985), TEN)
    gate.note_account(account("49998.60", "-700"))
    assert gate.day_result == Decimal("-701.40")
    gate.note_mark(ES, Decimal(4984), TEN)
    assert gate.day_result == Decimal("-751.40")


def test_a_position_held_at_the_start_is_followed_once_it_is_told():
    gate = gate_of(daily_loss=1000)
    gate.note_position(ES, -1)
    gate.note_mark(ES, Decimal(5000), TEN)
    gate.note_mark(ES, Decimal(5020), TEN)
    assert gate.tripped is not None


def test_money_is_exact_whatever_the_callers_decimal_context():
    gate = gate_of(daily_loss=Decimal("1000000.015625"))
    with localcontext(prec=4):
        gate.note_account(account("9000000"))
        gate.note_position(ZN, 1)
        gate.note_mark(ZN, Decimal("110.015625"), TEN)
        gate.note_account(account("8000000", "0.984375"))
        assert gate.day_result == Decimal("-999999.015625")
        gate.note_mark(ZN, Decimal("110.014625"), TEN)
        assert gate.tripped is not None


# --- what is known --------------------------------------------------------------------------------


def test_until_a_balance_is_known_the_day_counts_from_zero():
    gate = gate_of(daily_loss=1000, trailing_loss=500)
    gate.note_fill(fill(Side.BUY, 1, "5000", fee="1.40"))
    gate.note_mark(ES, Decimal(4985), TEN)
    assert gate.day_result == Decimal("-751.40")
    assert gate.floor is None
    assert gate.tripped is None
    gate.note_account(account("49998.60", "-760"))
    assert gate.day_result == Decimal("-751.40")  # the account began 751.40 above what it is now
    assert gate.tripped.startswith("trailing loss: the account is at 49238.60, below its floor 49")


def test_a_start_in_mid_day_counts_from_the_balance_that_is_told():
    gate = gate_of(daily_loss=1000)
    gate.note_day(date(2025, 3, 10), Decimal(50_000))
    gate.note_account(account(49_100))
    assert gate.day_result == -900
    late = gate_of(daily_loss=1000)
    late.note_account(account(49_100))
    assert late.day_result == 0
    late.note_day(date(2025, 3, 10), Decimal(50_100))
    assert late.day_result == -1000
    assert late.tripped is not None


def test_fills_before_the_balance_is_told_count():
    gate = gate_of(daily_loss=1000)
    gate.note_fill(fill(Side.BUY, 1, "5000"))
    gate.note_mark(ES, Decimal(4990), TEN)
    gate.note_day(date(2025, 3, 10), Decimal(50_000))
    assert gate.day_result == -500


def test_a_new_day_that_is_told_ends_the_daily_lock():
    gate = gate_of(daily_loss=1000)
    gate.note_account(account(50_000))
    gate.note_account(account(49_000))
    gate.note_day(date(2025, 3, 11), Decimal(49_000))
    assert gate.tripped is None
    assert gate.day_result == 0


def test_the_gate_follows_no_money_where_no_loss_is_limited():
    gate = gate_of(order_qty=1)
    gate.note_account(account(50_000))
    gate.note_day(date(2025, 3, 10), Decimal(50_000))
    gate.note_position(ES, 5)
    gate.note_mark(ES, Decimal(5000), TEN)
    gate.note_fill(fill(Side.SELL, 1, "4000"))
    assert (gate.day_result, gate.floor, gate.tripped) == (0, None, None)


# --- the trailing floor ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cash", "open_profit", "trips"),
    [
        ("48000.01", 0, False),
        ("48000.00", 0, False),  # at the floor is not below it
        ("47999.99", 0, True),
        ("49000", "-1000", False),
        ("49000", "-1000.01", True),
    ],
)
def test_the_account_fails_below_its_floor(cash, open_profit, trips):
    gate = trailing()
    gate.note_account(account(50_000))
    gate.note_account(account(cash, open_profit))
    assert gate.floor == 48_000
    assert (gate.tripped is not None) is trips


def test_a_failed_account_stays_failed():
    gate = trailing()
    gate.note_account(account(47_999))
    gate.note_account(account(47_000))
    gate.note_account(account(60_000))
    gate.release()
    assert not opens(gate, at("2025-03-12 10:00"))
    gate.note_day(date(2025, 3, 13), Decimal(60_000))
    assert gate.tripped == (
        "trailing loss: the account is at 47999, below its floor 48000; nothing opens in it any "
        "more"
    )


def test_the_floor_rises_with_end_of_day_balances_only_and_never_falls():
    gate = trailing()
    days = (at(f"2025-03-{day} 12:00") for day in (10, 11, 12, 13))
    floors = []
    for time_ns, (within, end) in zip(
        days, [(53_000, 51_000), (51_500, 49_500), (50_000, 51_001), (51_000, 51_000)], strict=True
    ):
        gate.note_account(account(within, time_ns=time_ns))
        floors.append(gate.floor)
        gate.note_account(account(end, time_ns=time_ns))
        assert gate.floor == floors[-1]
    assert floors == [48_000, 49_000, 49_000, 49_001]
    assert gate.tripped is None


@pytest.mark.parametrize(
    ("balance", "floor"), [(51_999, 49_999), (52_000, 50_000), (52_001, 50_000), (90_000, 50_000)]
)
def test_the_floor_stops_rising_at_the_starting_balance_where_asked(balance, floor):
    gate = trailing(trailing_stops_at_start=True)
    gate.note_account(account(balance))
    opens(gate, at("2025-03-11 09:00"))
    assert gate.floor == floor
    free = trailing()
    free.note_account(account(balance))
    opens(free, at("2025-03-11 09:00"))
    assert free.floor == balance - 2000


def test_a_past_day_raises_the_floor_and_changes_nothing_else():
    gate = trailing(daily_loss=1000)
    gate.note_account(account(51_000))
    gate.note_day(date(2025, 3, 7), Decimal(52_500))
    assert gate.floor == 50_500
    assert gate.day_result == 0
    gate.note_day(date(2025, 3, 6), Decimal(50_500))
    assert gate.floor == 50_500
    assert gate.tripped is None
    gate.note_day(date(2025, 3, 5), Decimal("53000.01"))
    assert gate.tripped.startswith("trailing loss")


def test_without_a_starting_balance_the_first_one_told_counts():
    gate = gate_of(trailing_loss=2000)
    assert gate.floor is None
    gate.note_account(account(30_000))
    assert gate.floor == 28_000


def test_open_profit_counts_against_the_floor_unless_told_otherwise():
    cash_only = trailing(trailing_counts_open=False)
    cash_only.note_account(account(48_500, -4000))
    assert cash_only.tripped is None
    cash_only.note_account(account(47_999, 4000))
    assert cash_only.tripped is not None


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-3000, 3000)), max_size=30), st.booleans())
def test_the_floor_never_falls_and_never_passes_the_start(steps, stops):
    gate = trailing(trailing_stops_at_start=stops)
    balance, day, floors = 50_000, date(2025, 3, 10), [Decimal(48_000)]
    for days, change in steps:
        day, balance = day + timedelta(days=days), balance + change
        gate.note_account(account(balance, time_ns=at(f"{day} 12:00")))
        assert gate.floor >= floors[-1]
        assert not stops or gate.floor <= 50_000
        floors.append(gate.floor)
        assert gate.tripped is not None or balance >= gate.floor
