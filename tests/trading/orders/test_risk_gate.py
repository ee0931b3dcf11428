"""Every rule of the gate at its limit, just below it and just beyond it."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from dryfill.trading import instruments
from dryfill.trading.calendar import AlwaysOpen
from dryfill.trading.errors import RefusedByUs
from dryfill.trading.orders.risk.exposure import GateState, MarketView, OrderView, Role
from dryfill.trading.orders.risk.gate import RiskGate
from dryfill.trading.orders.risk.limits import RiskLimits
from dryfill.trading.price import Ticks
from dryfill.trading.words import Side

ES, ZN = instruments.find("ES"), instruments.find("ZN")
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
NOW = 1_700_000_000 * SECOND
CHICAGO = ZoneInfo("America/Chicago")
MARKET = MarketView(bid=Decimal("4999.75"), ask=Decimal(5000), last=Decimal("4999.75"))


def gate_of(**limits):
    return RiskGate(RiskLimits(**limits), calendar=AlwaysOpen())


def buy(qty=1, instrument=ES, **fields):
    return OrderView(instrument=instrument, side=Side.BUY, qty=qty, **fields)


def sell(qty=1, instrument=ES, **fields):
    return OrderView(instrument=instrument, side=Side.SELL, qty=qty, **fields)


def state(now_ns=NOW, held=0, working=(), market=MARKET):
    positions = ((ES, held),) if held else ()
    return GateState(
        now_ns=now_ns, steady_ns=now_ns, positions=positions, working=tuple(working), market=market
    )


def local(text):
    """A Chicago wall time as ns."""
    moment = datetime.fromisoformat(text).replace(tzinfo=CHICAGO)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000


def allowed(gate, order, at):
    try:
        gate.check(order, at)
    except RefusedByUs:
        return False
    return True


# --- no limits, size, instruments -----------------------------------------------------------------


def test_a_gate_without_limits_lets_everything_through():
    gate = gate_of()
    gate.check(buy(10_000, price=Decimal(9_999)), state(held=50_000, market=MarketView()))
    assert gate.tripped is None
    assert not gate.due_flat(NOW)


@pytest.mark.parametrize(("qty", "passes"), [(4, True), (5, True), (6, False)])
def test_an_order_may_be_as_large_as_its_limit(qty, passes):
    assert allowed(gate_of(order_qty=5), buy(qty), state()) is passes


def test_a_refusal_names_rule_value_limit_and_the_way_out():
    with pytest.raises(RefusedByUs) as refused:
        gate_of(name="my rules", order_qty=5).check(buy(6), state())
    assert str(refused.value) == (
        "buy 6 ES refused by my rules: order size 6, limit 5; send a smaller order"
    )


def test_only_allowed_instruments_are_opened_by_symbol_or_root():
    march = instruments.find("ESH24")
    assert allowed(gate_of(instruments=("ES",)), buy(instrument=march), state())
    assert allowed(gate_of(instruments=("ESH4",)), buy(instrument=march), state())
    assert not allowed(gate_of(instruments=("ESM4", "ZN")), buy(instrument=march), state())
    with pytest.raises(RefusedByUs, match="instrument ES; allowed: ZN, 6E"):
        gate_of(instruments=("ZN", "6E")).check(buy(), state())


# --- rate -----------------------------------------------------------------------------------------


def test_of_a_burst_of_200_orders_at_120_a_minute_120_are_sent():
    gate, sent = gate_of(orders_per_minute=120), 0
    for _ in range(200):
        if allowed(gate, buy(), state()):
            gate.note_sent(buy(), state())
            sent += 1
    assert sent == 120
    assert gate.sent(NOW) == (120, 0)


@pytest.mark.parametrize("most", [1, 2, 119, 120])
def test_the_rate_is_met_at_its_limit_and_not_before(most):
    gate = gate_of(orders_per_minute=most)
    for n in range(most):
        gate.check(buy(), state(NOW + n))
        gate.note_sent(buy(), state(NOW + n))
    assert not allowed(gate, buy(), state(NOW + most))


@pytest.mark.parametrize(
    ("after_ns", "passes"), [(MINUTE - 1, False), (MINUTE, True), (MINUTE + 1, True)]
)
def test_an_order_leaves_the_minute_after_exactly_60_seconds(after_ns, passes):
    gate = gate_of(orders_per_minute=2)
    gate.note_sent(buy(), state(NOW))
    gate.note_sent(buy(), state(NOW + 7))
    assert allowed(gate, buy(), state(NOW + after_ns)) is passes


def test_the_minute_slides_and_does_not_start_anew():
    gate = gate_of(orders_per_minute=2)
    for at in (NOW, NOW + 59 * SECOND, NOW + MINUTE):
        gate.check(buy(), state(at))
        gate.note_sent(buy(), state(at))
    assert gate.sent(NOW + MINUTE) == (2, 0)
    with pytest.raises(RefusedByUs, match=r"2 in the last 60 s, limit 2; the next .* 58000 ms"):
        gate.check(buy(), state(NOW + 61 * SECOND))
    assert allowed(gate, buy(), state(NOW + 119 * SECOND))


def test_orders_that_only_reduce_are_counted_apart_and_never_refused_for_the_rate():
    gate, held = gate_of(orders_per_minute=1), state(held=3)
    for _ in range(5):
        gate.check(sell(3), held)
        gate.note_sent(sell(3), held)
    assert gate.sent(NOW) == (0, 5)
    gate.check(buy(), held)
    gate.note_sent(buy(), held)
    assert not allowed(gate, buy(), held)
    assert allowed(gate, sell(3), held)


# --- collar ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "passes"),
    [
        (buy(price=Decimal("4900")), True),  # far on the side that waits
        (buy(price=Decimal("5001.75")), True),
        (buy(price=Decimal("5002.00")), True),  # ask 5000 and 8 ticks
        (buy(price=Decimal("5002.25")), False),
        (buy(stop_px=Decimal("5002.00")), True),
        (buy(stop_px=Decimal("5002.25")), False),
        (buy(stop_px=Decimal("5001"), price=Decimal("5002.25")), False),
        (buy(stop_px=Decimal("5002.25"), price=Decimal("5001")), False),
        (sell(price=Decimal("5100")), True),
        (sell(price=Decimal("4998.00")), True),
        (sell(price=Decimal("4997.75")), True),  # bid 4999.75 and 8 ticks
        (sell(price=Decimal("4997.50")), False),
        (sell(stop_px=Decimal("4997.75")), True),
        (sell(stop_px=Decimal("4997.50")), False),
        (buy(), True),
    ],
)
def test_a_price_may_lie_as_far_beyond_the_market_as_the_collar_says(order, passes):
    assert allowed(gate_of(collar=Ticks(8)), order, state()) is passes


def test_the_collar_counts_the_instruments_own_ticks_and_says_what_would_pass():
    market = MarketView(ask=Decimal("110.015625"))
    gate, bond = gate_of(collar=Ticks(2)), buy(instrument=ZN, price=Decimal("110.046875"))
    gate.check(bond, state(market=market))
    dearer = buy(instrument=ZN, price=Decimal("110.0625"))
    with pytest.raises(RefusedByUs, match=r"against .* 110.015625, limit 2 .*at 110.046875 it"):
        gate.check(dearer, state(market=market))


def test_the_last_trade_stands_for_a_side_that_is_not_known():
    gate, last = gate_of(collar=Ticks(0)), MarketView(last=Decimal(5000))
    assert allowed(gate, buy(price=Decimal(5000)), state(market=last))
    assert not allowed(gate, buy(price=Decimal("5000.25")), state(market=last))
    assert not allowed(gate, sell(price=Decimal("4999.75")), state(market=last))


def test_without_a_market_a_priced_order_is_refused_unless_chosen_otherwise():
    blind, order = state(market=MarketView()), buy(price=Decimal(1))
    with pytest.raises(RefusedByUs, match="price collar: no market known for ES; subscribe"):
        gate_of(collar=Ticks(8)).check(order, blind)
    gate_of(collar=Ticks(8), collar_without_market="allow").check(order, blind)
    gate_of(collar=Ticks(8)).check(buy(), blind)


# --- hours and flat-by ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "passes"),
    [
        (local("2025-03-07 08:30") - 1, False),
        (local("2025-03-07 08:30"), True),
        (local("2025-03-07 15:00") - 1, True),
        (local("2025-03-07 15:00"), False),
    ],
)
def test_orders_open_from_the_first_hour_on_and_up_to_the_last(at, passes):
    assert allowed(gate_of(hours=(time(8, 30), time(15))), buy(), state(at)) is passes


@pytest.mark.parametrize(("hour", "passes"), [(16, False), (17, True), (23, True), (2, True)])
def test_hours_may_go_past_midnight(hour, passes):
    gate = gate_of(hours=(time(17), time(3)))
    assert allowed(gate, buy(), state(local(f"2025-03-07 {hour:02}:00"))) is passes


@pytest.mark.parametrize(
    ("day", "utc_hour"),
    [
        ("2025-03-07", 14),  # winter
        ("2025-03-10", 13),  # the Monday after the clocks went forward
        ("2025-10-31", 13),
        ("2025-11-03", 14),  # the Monday after they went back
        ("2025-03-09", 13),  # the Sundays themselves
        ("2025-11-02", 14),
    ],
)
def test_hours_follow_the_local_clock_through_the_change_of_clocks(day, utc_hour):
    gate = gate_of(hours=(time(8), time(9)))
    opens = local(f"{day} 08:00")
    assert datetime.fromtimestamp(opens / 1e9, UTC).hour == utc_hour
    assert [allowed(gate, buy(), state(opens + ns)) for ns in (-1, 0)] == [False, True]


@pytest.mark.parametrize("day", ["2025-03-07", "2025-03-10", "2025-10-31", "2025-11-03"])
def test_from_flat_by_until_the_market_reopens_nothing_opens(day):
    gate = gate_of(flat_by=time(15, 10))
    begins, ends = local(f"{day} 15:10"), local(f"{day} 17:00")
    moments = (begins - 1, begins, ends - 1, ends)
    assert [gate.due_flat(at) for at in moments] == [False, True, True, False]
    assert [allowed(gate, buy(), state(at)) for at in moments] == [True, False, False, True]
    with pytest.raises(RefusedByUs, match=r"it is 15:10:00 in .* limit 15:10:00; wait until 17"):
        gate.check(buy(), state(begins))


def test_a_flat_by_in_the_hour_that_the_clocks_skip_is_due_after_the_jump():
    gate = gate_of(flat_by=time(2, 30), reopens=time(8))
    jump = local("2025-03-09 03:00")  # 02:00 to 03:00 does not exist
    assert [gate.due_flat(at) for at in (jump - 1, jump)] == [False, True]


# --- what only reduces, and the switch ------------------------------------------------------------


STRICT = {
    "order_qty": 1,
    "net_position": 1,
    "gross_position": 1,
    "orders_per_minute": 1,
    "collar": Ticks(1),
    "hours": (time(1), time(2)),
    "flat_by": time(3),
    "reopens": time(1),
    "zone": "UTC",
    "instruments": ("ZN",),
}


@pytest.mark.parametrize("switch", ["off", "killed"])
@pytest.mark.parametrize(
    "order",
    [
        sell(8, stop_px=Decimal(4000), role=Role.PROTECT, group="7"),
        sell(8, price=Decimal(4000), role=Role.PROTECT, group="7"),
        sell(8, role=Role.EXIT, group="9"),
        sell(8),
        sell(1, price=Decimal(4000)),
    ],
)
def test_no_limit_and_no_kill_refuses_an_order_that_only_reduces(order, switch):
    gate = gate_of(**STRICT)
    if switch == "killed":
        gate.kill("enough")
    gate.note_sent(buy(), state())
    gate.check(order, state(held=8))
    assert not allowed(gate, buy(), state(held=8))


@pytest.mark.parametrize(
    ("held", "order", "working", "reduces"),
    [
        (2, sell(2), (), True),
        (2, sell(3), (), False),
        (2, buy(1), (), False),
        (0, sell(1), (), False),
        (-2, buy(2), (), True),
        (-2, buy(3), (), False),
        (-2, sell(1), (), False),
        (2, sell(1), (sell(1),), True),
        (2, sell(2), (sell(1),), False),  # both may fill
        (2, sell(2), (sell(2, instrument=ZN),), True),
        (2, sell(2), (buy(9),), True),
        (2, sell(2), (sell(2, role=Role.PROTECT, group="7"),), True),  # closing by hand
        (2, sell(2, group="oco"), (sell(2, group="oco"),), True),  # its other side goes
        (2, sell(2, group="oco"), (sell(2, group="other"),), False),
    ],
)
def test_what_only_reduces_passes_a_killed_gate(held, order, working, reduces):
    gate = gate_of()
    gate.kill("enough")
    at = state(held=held, working=working)
    assert allowed(gate, order, at) is reduces
    gate.note_sent(order, at)
    assert gate.sent(NOW) == ((0, 1) if reduces else (1, 0))


def test_the_kill_switch_refuses_what_opens_until_it_is_released():
    gate = gate_of()
    gate.kill("fat fingers")
    assert gate.tripped == "kill switch: fat fingers"
    with pytest.raises(RefusedByUs, match=r"kill switch: fat fingers; .*release\(\) ends a kill"):
        gate.check(buy(), state())
    gate.release()
    gate.check(buy(), state())
    assert gate.tripped is None


def test_exits_only_lets_nothing_but_closing_orders_through():
    gate, held = gate_of(), state(held=2)
    gate.kill("going home", exits_only=True)
    gate.check(sell(2, role=Role.EXIT), held)
    gate.check(sell(2, role=Role.CLOSE), held)
    for order in (sell(2), sell(2, role=Role.PROTECT), buy()):
        with pytest.raises(RefusedByUs, match="exits only: going home"):
            gate.check(order, held)
    gate.kill("going home")
    gate.check(sell(2, role=Role.PROTECT), held)


# --- changes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "passes"),
    [
        (buy(3, price=Decimal(4990)), buy(2, price=Decimal(4990)), True),  # smaller
        (buy(9, price=Decimal(4990)), buy(8, price=Decimal(4990)), True),  # smaller, still beyond
        (buy(3, price=Decimal(4990)), buy(5, price=Decimal(4990)), True),
        (buy(3, price=Decimal(4990)), buy(6, price=Decimal(4990)), False),
        (buy(3, price=Decimal(4990)), buy(3, price=Decimal("5002.25")), False),
        (buy(3, stop_px=Decimal(5001)), buy(3, stop_px=Decimal("5002.25")), False),
        (buy(3, price=Decimal(4990)), buy(2, price=Decimal("5002.25")), False),
    ],
)
def test_a_change_is_checked_like_an_order_but_for_the_rate(before, after, passes):
    gate = gate_of(net_position=5, collar=Ticks(8), orders_per_minute=1)
    gate.note_sent(buy(), state())
    if passes:
        gate.check_change(before, after, state())
    else:
        with pytest.raises(RefusedByUs):
            gate.check_change(before, after, state())


def test_moving_a_protective_stop_is_never_refused():
    gate = gate_of(**STRICT)
    gate.kill("enough")
    before = sell(2, stop_px=Decimal(4990), role=Role.PROTECT)
    gate.check_change(before, sell(2, stop_px=Decimal(4000), role=Role.PROTECT), state(held=2))
