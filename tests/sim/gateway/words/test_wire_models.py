"""What the gateway writes, read back by the adapter's own reader: nothing is lost or rounded."""

import json
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dryfill.live.hubs.records import read
from dryfill.live.meaning.models import (
    AccountModel,
    OrderModel,
    PositionModel,
    QuoteModel,
    TapeModel,
    TradeModel,
    moment,
    read_model,
)
from dryfill.live.meaning.shapes import contract_of, models
from dryfill.sim.gateway.hubs.hub_link import invocation
from dryfill.sim.gateway.venue.listing import list_contract
from dryfill.sim.gateway.venue.venue import Ticker
from dryfill.sim.gateway.words.market_wire import quote_arguments, trade_arguments
from dryfill.sim.gateway.words.wire_models import (
    PROFILES,
    STATUSES,
    WireProfile,
    account_model,
    contract_id,
    contract_model,
    fill_model,
    order_model,
    position_model,
    stamp,
    user_arguments,
)
from dryfill.trading import instruments
from dryfill.trading.broker import AccountState
from dryfill.trading.events import Quote, Trade
from dryfill.trading.order import Execution, OrderState, PositionState
from dryfill.trading.tape import TradeRows, make_tape
from dryfill.trading.words import OrdStatus, OrdType, Side

MNQ = instruments.find("MNQZ26")
T = 1_795_186_802_100_000_700
NOW = PROFILES["current"]


def order(**changes):
    fields = {
        "instrument": MNQ,
        "order_id": "9001",
        "cl_ord_id": "7.entry#1",
        "side": Side.BUY,
        "ord_type": OrdType.LIMIT,
        "ord_status": OrdStatus.PARTIALLY_FILLED,
        "order_qty": 3,
        "cum_qty": 1,
        "leaves_qty": 2,
        "price": MNQ.decimal(80_001),
        "stop_px": None,
        "avg_px": MNQ.decimal(80_001),
        "time_ns": T,
    }
    return OrderState(**fields | changes)


def through(arguments):
    """As it is on the wire, read by the adapter."""
    text = invocation("T", arguments)
    return read(text[:-1]).arguments


@pytest.mark.parametrize("envelope", ["wrapped", "flat", "mixed"])
def test_an_order_comes_back_as_it_was(envelope):
    profile = WireProfile(envelope=envelope)
    model = order_model(order(), 1001, created_ns=T - 10**9, profile=profile)
    [low] = models(through(user_arguments(model, 1, is_order=True, profile=profile)))
    back = read_model(OrderModel, low)
    assert (back.id, back.account_id, back.contract_id) == (9001, 1001, "CON.F.US.MNQ.Z26")
    assert (back.status, back.type, back.side, back.size, back.fill_volume) == (1, 1, 0, 3, 1)
    assert (back.limit_price, back.filled_price) == (Decimal("20000.25"), Decimal("20000.25"))
    assert (back.custom_tag, back.updated_ns, back.created_ns) == ("7.entry#1", T, T - 10**9)


def test_a_child_names_its_parent_and_has_no_tag():
    state = order(cl_ord_id="", parent_id="9000", ord_status=OrdStatus.SUSPENDED, price=None)
    model = order_model(state, 1001, created_ns=T, profile=NOW, linked_id=9002)
    assert (model["status"], model["customTag"]) == (8, None)
    assert (model["parentOrderId"], model["linkedOrderId"]) == (9000, 9002)


def test_a_trailing_stop_is_read_back_as_a_distance_in_price():
    state = order(ord_type=OrdType.TRAILING_STOP, price=None, stop_px=MNQ.decimal(79_960))
    model = order_model(state, 1001, created_ns=T, profile=NOW, trail_ticks=40)
    assert (model["trailDistance"], model["trailPrice"]) == (40, Decimal("10.00"))


def test_a_mean_price_has_nine_decimals_at_the_most():
    third = Decimal("20000.58333333333333333333333")
    filled = order_model(order(avg_px=third), 1001, created_ns=T, profile=NOW)
    position = PositionState(instrument=MNQ, qty=3, avg_px=third, time_ns=T)
    held = position_model(position, 1001, position_id=3, long=True, profile=NOW)
    assert filled["filledPrice"] == held["averagePrice"] == Decimal("20000.583333333")
    exact = order_model(order(avg_px=Decimal("0.0000005")), 1001, created_ns=T, profile=NOW)
    assert exact["filledPrice"] == Decimal("0.0000005")


def test_every_state_of_ours_has_a_number_of_theirs():
    assert set(STATUSES) == set(OrdStatus)


def test_the_older_profile_leaves_out_what_older_clients_do_not_survive():
    old = PROFILES["2025-07"]
    assert order_model(order(), 1, created_ns=T, profile=NOW).keys() - order_model(
        order(), 1, created_ns=T, profile=old
    ).keys() == {"trailDistance", "trailPrice", "parentOrderId", "linkedOrderId"}
    assert "symbolId" not in contract_model(MNQ, active=True, profile=old)
    assert contract_model(MNQ, active=True, profile=NOW)["tickValue"] == Decimal("0.50")


def test_a_fill_a_position_and_money_come_back_exact():
    fill = Execution(
        exec_id="5002", instrument=MNQ, order_id="9006", cl_ord_id="", side=Side.SELL, qty=1,
        px=MNQ.decimal(80_041), time_ns=T, fee=Decimal("0.37"),
    )  # fmt: skip
    [low] = models(through([fill_model(fill, 1001, profit=Decimal("20.5"), profile=NOW)]))
    back = read_model(TradeModel, low)
    assert (back.price, back.profit, back.fees) == (
        Decimal("20010.25"),
        Decimal("20.5"),
        Decimal("0.37"),
    )
    flat = PositionState(instrument=MNQ, qty=0, avg_px=None, time_ns=T)
    model = position_model(flat, 1001, position_id=3, long=True, profile=NOW)
    [low] = models(through([model]))
    closed = read_model(PositionModel, low)
    assert (closed.type, closed.size) == (1, 0)
    state = AccountState(
        name="PRACTICE-1", currency="USD", cash=Decimal("50000.10"), realised=Decimal(0),
        open_profit=Decimal(0), fees=Decimal(0), time_ns=T,
    )  # fmt: skip
    [low] = models(through([{"action": 1, "data": account_model(state, 1001)}]))
    assert read_model(AccountModel, low).balance == Decimal("50000.10")


@pytest.mark.parametrize("tape", ["list", "object"])
def test_market_data_come_back_with_their_contract(tape):
    trades = TradeRows(*(np.array([n], np.int64) for n in (0, T, 80_001, 3, 2)))
    ticker = Ticker(list_contract(MNQ, make_tape(trades=trades)))
    ticker.quote = Quote(MNQ, T, 80_000, None, None, None)
    quote = through(quote_arguments(ticker, T))
    [low] = models(quote)
    back = read_model(QuoteModel, low)
    assert contract_of(quote) == contract_id(MNQ)
    assert (back.best_bid, back.best_ask, back.updated_ns) == (Decimal("20000"), None, T)
    event = Trade(MNQ, T, 80_000, 3, Side.SELL)
    trade = through(trade_arguments(event, T, WireProfile(tape=tape)))
    [low] = models(trade)
    tick = read_model(TapeModel, low)
    assert (tick.price, tick.volume, tick.type) == (Decimal("20000"), 3, 1)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("ESZ26", "CON.F.US.EP.Z26"),
        ("NQH27", "CON.F.US.ENQ.H27"),
        ("ES", "CON.F.US.EP"),
    ],
)
def test_a_contract_has_the_gateways_root(name, wanted):
    assert contract_id(instruments.find(name)) == wanted


@pytest.mark.parametrize("name", ["6JZ26", "ZNZ26", "ESZ26", "GCZ26"])
def test_no_price_is_written_with_an_exponent_or_noise(name):
    instrument = instruments.find(name)
    for units in (1, 3, 12_345, -7):
        price = instrument.decimal(units)
        text = json.dumps(format(price, "f"))[1:-1]
        assert f'"limitPrice":{text},' in invocation(
            "T",
            [order_model(order(instrument=instrument, price=price), 1, created_ns=T, profile=NOW)],
        )


@given(st.integers(0, 4_000_000_000 * 10**7))
def test_a_stamp_is_read_back_to_the_hundred_nanoseconds(hundreds):
    assert moment(stamp(hundreds * 100)) == hundreds * 100
