"""Models from every shape in which they come; what cannot be read says which member and why."""

import json
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dryfill.live.hubs.records import read
from dryfill.live.meaning.models import (
    AccountModel,
    DepthModel,
    OrderModel,
    PositionModel,
    QuoteModel,
    TapeModel,
    TradeModel,
    Unreadable,
    exact,
    moment,
    read_model,
    whole,
)
from dryfill.live.meaning.shapes import contract_of, models

ORDER = {
    "id": 9001,
    "accountId": 1001,
    "contractId": "CON.F.US.MNQ.Z26",
    "symbolId": "F.US.MNQ",
    "creationTimestamp": "2026-11-20T15:00:00+00:00",
    "updateTimestamp": "2026-11-20T15:00:02.1+00:00",
    "status": 1,
    "type": 1,
    "side": 0,
    "size": 3,
    "limitPrice": 20000.25,
    "stopPrice": None,
    "fillVolume": 1,
    "filledPrice": 20000.25,
    "customTag": "7.entry#1",
}
SHAPES = {
    "bare": [ORDER],
    "with an action": [{"action": 1, "data": ORDER}],
    "data as a list": [{"action": 1, "data": [ORDER]}],
    "an id before it": [1001, ORDER],
    "nested": [[1001, {"action": 1, "data": ORDER}]],
    "other keys": [{"Action": 1, "Data": {k.upper(): v for k, v in ORDER.items()}}],
    "no array at all": ORDER,
    "numbers as text": [{k: str(v) if isinstance(v, int | float) else v for k, v in ORDER.items()}],
    "more members": [{**ORDER, "newMember": {"x": [1]}, "status": 1}],
}


def through_the_wire(arguments):
    """As it is after it was JSON: numbers are exact."""
    return read(json.dumps({"type": 1, "target": "T", "arguments": [arguments]})).arguments


@pytest.mark.parametrize("shape", SHAPES)
def test_an_order_is_the_same_in_every_shape(shape):
    [low] = models(through_the_wire(SHAPES[shape]))
    order = read_model(OrderModel, low)
    assert (order.id, order.status, order.size, order.fill_volume) == (9001, 1, 3, 1)
    assert order.limit_price == Decimal("20000.25")
    assert order.stop_price is None
    assert order.custom_tag == "7.entry#1"
    assert order.updated_ns == 1_795_186_802_100_000_000


def test_several_models_come_out_in_order():
    several = [[{"action": 0, "data": {"id": 1}}, {"id": 2}], {"data": [{"id": 3}, {"id": 4}]}]
    assert [m["id"] for m in models(several)] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("arguments", "contract"),
    [
        (["CON.F.US.MNQ.Z26", {}], "CON.F.US.MNQ.Z26"),
        ([["CON.F.US.MNQ.Z26", {}]], "CON.F.US.MNQ.Z26"),
        ([{}], None),
        ([], None),
        ({}, None),
    ],
)
def test_the_contract_stands_before_market_data(arguments, contract):
    assert contract_of(arguments) == contract


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"id": None}, "id is missing"),
        ({"status": "open"}, "status is 'open': no number"),
        ({"size": 2.5}, "size is .*2.5.*: no whole number"),
        ({"size": True}, "size is True: a truth value is no number"),
        ({"limitPrice": "1e309000"}, "limitprice is '1e309000': no finite number"),
        ({"limitPrice": [1]}, "limitprice is .*: no number"),
        ({"limitPrice": "NaN"}, "limitprice is 'NaN': no finite number"),
        ({"updateTimestamp": "yesterday"}, "updatetimestamp is 'yesterday'"),
        ({"updateTimestamp": 7}, "updatetimestamp is 7: no time"),
        ({"id": 2**70}, "id is .*: no whole number"),
        ({"contractId": True}, "contractid is True: no text"),
    ],
)
def test_what_cannot_be_read_is_named(change, why):
    [low] = models(through_the_wire({**ORDER, **change}))
    with pytest.raises(Unreadable, match=why):
        read_model(OrderModel, low)


def test_a_code_that_nobody_knows_is_kept_as_its_number():
    [low] = models(through_the_wire({**ORDER, "status": 9, "type": 42}))
    order = read_model(OrderModel, low)
    assert (order.status, order.type) == (9, 42)


def test_the_other_models():
    base = {
        "id": "5",
        "accountId": 1,
        "contractId": "C",
        "creationTimestamp": "2026-11-20T15:00:00",
    }
    rows = [
        (TradeModel, {**base, "price": 1, "profitAndLoss": None, "side": 1, "size": 1,
                      "voided": "False", "orderId": 2}, "profit", None),
        (PositionModel, {**base, "type": 2, "size": 0, "averagePrice": "1.5"}, "average_price",
         Decimal("1.5")),
        (AccountModel, {"id": 1, "name": "A", "canTrade": 1}, "simulated", None),
        (QuoteModel, {"symbol": "F.US.MNQ", "bestBid": 0}, "best_bid", Decimal(0)),
        (TapeModel, {"price": -1.25, "volume": 3, "type": 1,
                     "timestamp": "2026-11-20T15:00:00Z"}, "price", Decimal("-1.25")),
        (DepthModel, {"price": 1, "volume": 0, "type": 6, "timestamp": "2026-11-20T15:00:00Z"},
         "volume", 0),
    ]  # fmt: skip
    for kind, given_model, name, value in rows:
        [low] = models(through_the_wire(given_model))
        assert getattr(read_model(kind, low), name) == value, kind


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1969-12-31T18:00:00-06:00", 0),
        ("1970-01-01T05:30:00.5+05:30", 500_000_000),
        ("1970-01-01T00:00:00", 0),
        ("1970-01-01T00:00:00.1234567Z", 123_456_700),
        ("1970-01-01T00:00:00.1234567891+00:00", 123_456_789),
        ("1969-12-31T23:59:59.5Z", -500_000_000),
    ],
)
def test_a_moment_is_exact(text, ns):
    assert moment(text) == ns


@given(st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-1e9, max_value=1e9))
def test_a_price_is_read_exactly_as_number_and_as_text(price):
    text = format(price, "f")
    [number] = read('{"type":1,"target":"T","arguments":[' + text + "]}").arguments
    assert exact(number) == exact(text) == price


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.decimals(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=4,
)
LIKE_AN_ORDER = st.fixed_dictionaries(dict.fromkeys(ORDER, JSON))


@given(st.one_of(JSON, LIKE_AN_ORDER, st.lists(LIKE_AN_ORDER, max_size=2)))
def test_whatever_comes_is_read_or_unreadable(value):
    for low in models(value):
        for kind in (OrderModel, TradeModel, PositionModel, AccountModel, QuoteModel, TapeModel):
            with suppress(Unreadable):
                assert type(read_model(kind, low)) is kind


@given(st.integers(-(2**63) + 1, 2**63 - 1))
def test_a_whole_number_is_itself(number):
    assert whole(number) == whole(str(number)) == whole(Decimal(number)) == number
