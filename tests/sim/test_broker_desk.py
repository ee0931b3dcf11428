"""The broker's desk: what it takes, what it refuses with which reason, and what it tells."""

from dataclasses import replace
from datetime import date
from decimal import Decimal, localcontext

import pytest

from dryfill.matching.commands import SetStatus
from dryfill.sim.desk.wording import said
from dryfill.trading import instruments
from dryfill.trading.broker import AccountState
from dryfill.trading.errors import Refused
from dryfill.trading.instrument import TickBand
from dryfill.trading.order import ExecutionReport, OrderChange, PositionState
from dryfill.trading.words import (
    ExecType,
    OrdStatus,
    OrdType,
    Reason,
    TimeInForce,
    TradingStatus,
)

ES = instruments.find("ES")
MARKET = """
    0   quote 100x5 101x5
    1   trade 101x1 buyer
    100 quote 100x5 101x5
    200 quote 104x5 105x5
    201 trade 104x1 buyer
    900 quote 104x5 105x5
"""


def refusal(call, *given):
    with pytest.raises(Refused) as caught:
        call(*given)
    return caught.value


# --- tags ------------------------------------------------------------


def test_a_tag_is_taken_once_and_the_first_order_is_untouched(counter):
    at = counter(MARKET).at(1)
    at.place("buy", 1, limit=90, tag="7#1")
    before, told = at.desk.order("1", None), len(at.told)
    found = refusal(at.desk.place, at.request("sell", 5, limit=120, tag="7#1"))
    assert found.reason == Reason.DUPLICATE_TAG
    assert (at.desk.order("1", None), len(at.told), len(at.desk.orders)) == (before, told, 1)


def test_a_tag_is_used_up_by_an_order_that_is_over(counter):
    at = counter(MARKET).at(1)
    at.place("buy", 1, tag="7#1")
    assert refusal(at.desk.place, at.request("buy", 1, tag="7#1")).reason == Reason.DUPLICATE_TAG


def test_an_order_that_the_exchange_rejected_stays_known_and_used_its_tag(counter):
    at = counter(MARKET).at(1)
    found = refusal(at.desk.place, at.request("sell", 1, stop=110, tag="7#1"))
    assert found.reason == Reason.SELL_STOP_NOT_BELOW_LAST
    assert str(found) == "a sell stop must be below the last trade"
    state = at.desk.order(None, "7#1")
    assert (state.ord_status, state.reason) == (OrdStatus.REJECTED, found.reason)
    assert state.text == str(found)
    assert at.desk.order("1", None) == state
    assert at.desk.orders_since(0) == [state]
    assert at.desk.open_orders(None) == []
    assert [e.exec_type for e in at.told] == [ExecType.REJECTED]
    assert refusal(at.desk.place, at.request("buy", 1, tag="7#1")).reason == Reason.DUPLICATE_TAG


def test_an_order_refused_before_the_exchange_leaves_its_tag_free(counter):
    at = counter(MARKET).at(1)
    refusal(at.desk.place, replace_price(at.request("buy", 1, limit=99, tag="7#1"), "24.80"))
    at.place("buy", 1, limit=99, tag="7#1")


# --- the grid ------------------------------------------------------------


def replace_price(request, price):
    return type(request)(
        **{f: getattr(request, f) for f in request.__struct_fields__} | {"price": Decimal(price)}
    )


@pytest.mark.parametrize("price", ["24.80", "24.7500001", "NaN", "Infinity", "1E+40"])
def test_a_price_off_the_grid_is_refused_and_nothing_is_sent(counter, price):
    at = counter(MARKET).at(1)
    found = refusal(at.desk.place, replace_price(at.request("buy", 1, limit=99), price))
    assert found.reason == Reason.PRICE_OFF_TICK
    assert "not aligned to the tick size" in str(found)
    assert (at.told, at.desk.orders) == ([], {})


def test_a_change_to_a_price_off_the_grid_leaves_the_order_as_it_was(counter):
    at = counter(MARKET).at(1)
    order_id = at.place("buy", 1, limit=99)
    before = at.desk.order(order_id, None)
    change = OrderChange(price=Decimal("24.80"), order_qty=3)
    assert refusal(at.desk.modify, order_id, change).reason == Reason.PRICE_OFF_TICK
    assert at.desk.order(order_id, None) == before


@pytest.mark.parametrize(("since", "taken"), [(date(2024, 3, 4), True), (date(2024, 3, 5), False)])
def test_the_tick_is_that_of_the_day(counter, since, taken):
    finer = TickBand(Decimal("0.05"), since=since)
    at = counter(MARKET, instrument=replace(ES, symbol="X", bands=(finer,))).at(1)
    request = replace_price(at.request("buy", 1, limit=90), "4.05")
    if taken:
        at.desk.place(request)
    else:
        assert refusal(at.desk.place, request).reason == Reason.PRICE_OFF_TICK


def test_the_grid_does_not_depend_on_the_callers_decimal_precision(counter):
    at = counter(MARKET).at(1)
    with localcontext() as context:
        context.prec = 3
        request = replace_price(at.request("buy", 1, limit=99), "1234.25")
        order_id = at.desk.place(request)
        assert at.desk.order(order_id, None).price == Decimal("1234.25")


# --- margin ------------------------------------------------------------


def margined(counter, each="20000", fees=None):
    return counter(MARKET, margin={"ES": Decimal(each)}, fees=fees).at(1)


def test_margin_is_checked_to_the_last_contract(counter):
    at = margined(counter, "25000")
    at.place("buy", 2, limit=90)
    found = refusal(at.place, "buy", 1)
    assert found.reason == Reason.INSUFFICIENT_FUNDS
    assert str(found) == "75000 of margin is needed for 3 ES, the equity is 50000"


def test_working_orders_and_what_is_held_count_together(counter):
    at = margined(counter)
    at.place("buy", 1)
    at.place("buy", 1, limit=90)
    assert refusal(at.place, "buy", 1).reason == Reason.INSUFFICIENT_FUNDS
    at.place("sell", 1, limit=130)


def test_the_sides_of_the_book_do_not_add_up(counter):
    at = margined(counter)
    at.place("buy", 2, limit=90)
    at.place("sell", 2, limit=130)


def test_stop_target_and_exit_of_one_position_are_never_refused_for_money(counter):
    at = margined(counter)
    at.place("buy", 2)
    at.account.cash = Decimal(1)
    at.place("sell", 2, stop=90)
    at.place("sell", 2, limit=130)
    at.place("sell", 2)
    assert at.account.holding(ES).qty == 0


def test_a_position_may_turn_without_becoming_larger_but_not_larger(counter):
    at = margined(counter)
    at.place("buy", 2)
    at.account.cash = Decimal(30_000)
    at.place("sell", 3)
    assert at.account.holding(ES).qty == -1
    assert refusal(at.place, "buy", 3).reason == Reason.INSUFFICIENT_FUNDS


def test_a_change_to_more_contracts_is_checked_too(counter):
    at = margined(counter)
    order_id = at.place("buy", 1, limit=90)
    at.desk.modify(order_id, OrderChange(order_qty=2))
    found = refusal(at.desk.modify, order_id, OrderChange(order_qty=3))
    assert found.reason == Reason.INSUFFICIENT_FUNDS
    assert at.desk.order(order_id, None).order_qty == 2
    at.desk.modify(order_id, OrderChange(order_qty=1))


def test_equity_counts_the_open_profit_of_now(counter):
    at = margined(counter, "16675")
    at.place("buy", 2)
    assert refusal(at.place, "buy", 1).reason == Reason.INSUFFICIENT_FUNDS
    at.clock.now_ns += 250 * 10**6  # 75 of open profit, and nothing of ours made the engine move
    at.place("buy", 1)


def test_without_a_known_margin_the_order_is_refused_with_the_way_out(counter):
    at = counter(MARKET, margin={"NQ": Decimal(1)}).at(1)
    assert 'margin={"ES": "1500"}' in str(refusal(at.place, "buy", 1))


# --- changing and cancelling ------------------------------------------------------------


def test_a_cancel_that_comes_too_late_changes_nothing_about_the_order(counter):
    at = counter(MARKET).at(1)
    order_id = at.place("buy", 1, limit=101)
    before, told = at.desk.order(order_id, None), len(at.told)
    assert before.ord_status is OrdStatus.FILLED
    at.at(150)
    found = refusal(at.desk.cancel, order_id)
    assert (found.reason, str(found)) == (
        Reason.TOO_LATE,
        "order 1: too late: the order is over",
    )
    assert at.desk.order(order_id, None) == before
    assert len(at.told) == told


def test_a_refused_change_changes_nothing_about_the_order(counter):
    at = counter(MARKET).at(1)
    order_id = at.place("sell", 1, stop=90)
    before, told = at.desk.order(order_id, None), len(at.told)
    found = refusal(at.desk.modify, order_id, OrderChange(stop_px=ES.decimal(110)))
    assert found.reason == Reason.SELL_STOP_NOT_BELOW_LAST
    assert at.desk.order(order_id, None) == before
    assert len(at.told) == told


@pytest.mark.parametrize("order_id", ["2", "", "x", "²", "-1", "1 ", "9" * 5000])
def test_an_unknown_id_is_refused(counter, order_id):
    at = counter(MARKET).at(1)
    at.place("buy", 1, limit=90)
    for call in (at.desk.cancel, lambda i: at.desk.modify(i, OrderChange(order_qty=2))):
        assert refusal(call, order_id).reason == Reason.UNKNOWN_ORDER
    assert at.desk.order(order_id, None) is None
    assert at.desk.order(order_id, "t9#1") is None


# --- closing a position ------------------------------------------------------------


@pytest.mark.parametrize(("side", "sign"), [("buy", 1), ("sell", -1)])
def test_a_position_is_closed_by_an_order_of_the_brokers_own(counter, side, sign):
    at = counter(MARKET).at(1)
    at.place(side, 3)
    resting = at.place("buy", 1, limit=90)
    part = at.desk.close_position(ES, 1)
    assert at.account.holding(ES).qty == 2 * sign
    at.desk.close_position(ES, None)
    assert at.desk.positions() == []
    assert at.desk.order(part, None).ord_type is OrdType.MARKET
    assert [o.order_id for o in at.desk.open_orders(None)] == [resting]


@pytest.mark.parametrize("qty", [0, -1, 4, None])
def test_more_than_is_held_cannot_be_closed(counter, qty):
    at = counter(MARKET).at(1)
    if qty is not None:
        at.place("buy", 3)
    orders = len(at.desk.orders)
    found = refusal(at.desk.close_position, ES, qty)
    assert str(found).endswith(f"; {'all' if qty is None else qty} cannot be closed")
    assert len(at.desk.orders) == orders


def test_a_client_that_uses_the_brokers_tags_does_not_keep_a_position_open(counter):
    at = counter(MARKET).at(1)
    at.place("buy", 1)
    at.place("buy", 1, limit=90, tag="broker-3")
    at.desk.close_position(ES, None)
    assert at.desk.positions() == []


# --- what it tells ------------------------------------------------------------


def test_a_fill_tells_the_order_then_the_position_then_the_money(counter):
    at = counter(MARKET, fees={"ES": "1.5"}).at(1)
    at.place("buy", 7, limit=101)
    kinds = [type(event) for event in at.told]
    assert kinds == [ExecutionReport, ExecutionReport, PositionState, AccountState]
    new, fill, position, money = at.told
    assert (new.exec_type, fill.exec_type) == (ExecType.NEW, ExecType.TRADE)
    assert (fill.last_qty, fill.last_px, fill.exec_id) == (5, ES.decimal(101), "ES-1")
    assert (fill.order.cum_qty, fill.order.leaves_qty) == (5, 2)
    assert (position.qty, position.avg_px) == (5, ES.decimal(101))
    assert (money.cash, money.fees) == (Decimal("49992.5"), Decimal("7.5"))


def test_the_mean_price_of_an_order_is_over_all_its_fills(counter):
    at = counter("0 quote 100x5 101x2\n1 trade 101x1\n10 quote 100x5 103x4\n20 quote 100x5 103x4")
    order_id = at.at(1).place("buy", 5, limit=103)
    state = at.at(20).desk.order(order_id, None)
    assert state.cum_qty == 5
    assert state.avg_px == (2 * ES.decimal(101) + 3 * ES.decimal(103)) / 5


def test_an_order_that_ends_without_a_fill_says_why(counter):
    at = counter(MARKET).at(1)
    partly = at.place("buy", 7, limit=101, tif=TimeInForce.IOC)
    state = at.desk.order(partly, None)
    assert (state.ord_status, state.cum_qty) == (OrdStatus.CANCELED, 5)
    assert (state.reason, state.text) == (Reason.NO_LIQUIDITY, said(Reason.NO_LIQUIDITY))
    day = at.place("buy", 1, limit=90)
    at.exchange.enter("ES", SetStatus(TradingStatus.CLOSE))
    assert at.desk.order(day, None).text == "the trading day ended"


def test_every_reason_has_words():
    known = set(Reason) - {Reason.NONE, Reason.DUPLICATE_TAG, Reason.INSUFFICIENT_FUNDS}
    for reason in known - {Reason.PRICE_OFF_TICK}:  # these are said where they are raised
        assert said(reason) != reason.name


# --- queries ------------------------------------------------------------


def test_orders_and_executions_since_a_moment_include_that_moment(counter):
    at = counter(MARKET).at(1)
    early = at.place("buy", 1)
    at.at(100)
    late = at.place("buy", 1)
    now_ns = at.clock.now_ns
    assert [o.order_id for o in at.desk.orders_since(now_ns)] == [late]
    assert [o.order_id for o in at.desk.orders_since(now_ns - 99 * 10**6)] == [early, late]
    assert at.desk.orders_since(now_ns + 1) == []
    assert [e.order_id for e in at.desk.executions_since(now_ns)] == [late]
    assert at.desk.executions_since(now_ns + 1) == []


def test_open_orders_are_those_that_work_oldest_first(counter):
    at = counter(MARKET).at(1)
    ids = [at.place("buy", 1, limit=90 + n) for n in range(3)]
    at.desk.cancel(ids[1])
    at.place("buy", 1)
    assert [o.order_id for o in at.desk.open_orders(None)] == [ids[0], ids[2]]
    assert at.desk.open_orders(instruments.find("NQ")) == []


def test_the_account_is_marked_with_the_market_of_now(counter):
    at = counter(MARKET).at(1)
    at.place("buy", 2)
    assert at.desk.account_state().open_profit == 0
    at.clock.now_ns += 250 * 10**6  # nothing of ours made the engine move
    assert at.desk.account_state().open_profit == 2 * 3 * Decimal("12.50")


@pytest.mark.parametrize(("side", "units"), [("buy", 100), ("sell", 101)])
def test_where_nothing_traded_a_position_is_marked_where_it_would_be_closed(counter, side, units):
    at = counter("0 quote 100x5 101x5\n900 quote 100x5 101x5")
    at.place(side, 1)
    assert at.desk.account_state().open_profit == Decimal("-12.50")
    assert at.account.holding(ES).open_profit(units) == Decimal("-12.50")
