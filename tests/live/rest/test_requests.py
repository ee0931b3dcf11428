"""The port's commands as the gateway reads them: exact digits, its codes, its signs."""

import json
from decimal import Decimal

import msgspec
import pytest

from dryfill.live.rest import requests
from dryfill.trading import instruments
from dryfill.trading.broker import Offers
from dryfill.trading.errors import RefusedByUs
from dryfill.trading.exact_json import wire_json
from dryfill.trading.order import Attached, OrderChange, OrderRequest
from dryfill.trading.price import Ticks
from dryfill.trading.words import OrdType, Reason, Side, TimeInForce

MNQ, YEN = instruments.find("MNQZ26"), instruments.find("6J")
C = "CON.F.US.MNQ.Z26"
OFFERS = Offers(
    ord_types=frozenset(OrdType) - {OrdType.STOP_LIMIT},
    tifs=frozenset({TimeInForce.DAY, TimeInForce.GTC}),
    modify_in_place=True,
    native_brackets=True,
    lossless_stream=False,
    auto_oco=True,
)


def order(kind=OrdType.MARKET, side=Side.BUY, **given):
    fields = {"cl_ord_id": "7#1", "instrument": MNQ, "order_qty": 2} | given
    return OrderRequest(ord_type=kind, side=side, **fields)


def d(text):
    return Decimal(text)


PLACED = {
    "market": (order(), {"type": 2, "side": 0}),
    "sold at a limit": (
        order(OrdType.LIMIT, Side.SELL, price=d("20000.25")),
        {"type": 1, "side": 1, "limitPrice": 20000.25},
    ),
    "stop": (order(OrdType.STOP, stop_px=d("20010")), {"type": 4, "side": 0, "stopPrice": 20010}),
    "stop-limit": (
        order(OrdType.STOP_LIMIT, stop_px=d("20010"), price=d("20011")),
        {"type": 3, "side": 0, "stopPrice": 20010, "limitPrice": 20011},
    ),
    "join the bid": (order(OrdType.JOIN_BID), {"type": 6, "side": 0}),
    "join the ask": (order(OrdType.JOIN_ASK, Side.SELL), {"type": 7, "side": 1}),
    "trailing sell below the last": (
        order(OrdType.TRAILING_STOP, Side.SELL, trail=40),
        {"type": 5, "side": 1, "trailPrice": 19990},
    ),
    "trailing buy above the last": (
        order(OrdType.TRAILING_STOP, trail=40),
        {"type": 5, "side": 0, "trailPrice": 20010},
    ),
    "trailing from a first trigger": (
        order(OrdType.TRAILING_STOP, Side.SELL, trail=40, stop_px=d("19980.25")),
        {"type": 5, "side": 1, "trailPrice": 19980.25},
    ),
    "a long with both legs": (
        order(attached=Attached(stop=Ticks(-40), target=Ticks(80))),
        {
            "type": 2,
            "side": 0,
            "stopLossBracket": {"ticks": -40, "type": 4},
            "takeProfitBracket": {"ticks": 80, "type": 1},
        },
    ),
    "a stop that follows the market": (
        order(attached=Attached(stop=Ticks(-40), trails=True)),
        {
            "type": 2,
            "side": 0,
            "stopLossBracket": {"ticks": -40, "type": 5},
            "takeProfitBracket": None,
        },
    ),
    "a short with a stop alone": (
        order(side=Side.SELL, attached=Attached(stop=Ticks(40))),
        {
            "type": 2,
            "side": 1,
            "stopLossBracket": {"ticks": 40, "type": 4},
            "takeProfitBracket": None,
        },
    ),
}


@pytest.mark.parametrize("name", PLACED)
def test_an_order_on_the_wire(name):
    request, says = PLACED[name]
    body = requests.place(1001, C, request, d("20000"))
    common = {
        "accountId": 1001, "contractId": C, "size": 2, "customTag": "7#1",
        "limitPrice": None, "stopPrice": None, "trailPrice": None,
    }  # fmt: skip
    assert json.loads(wire_json(body)) == common | says


def test_digits_are_exact_and_never_an_exponent():
    request = order(OrdType.LIMIT, instrument=YEN, price=d("0.0069075"))
    text = wire_json(requests.place(1, "C", request)).decode()
    assert '"limitPrice":0.0069075' in text
    assert b'"limitPrice":20000,' in wire_json({"limitPrice": d("2E+4"), "size": 1})
    assert wire_json({"p": d("0.0000005")}) == b'{"p":0.0000005}'


def test_a_float_is_never_sent():
    with pytest.raises(TypeError, match=r"0\.1 is a float"):
        wire_json({"limitPrice": [0.1]})


REFUSED = {
    "an IOC": (order(tif=TimeInForce.IOC), Reason.NOT_SUPPORTED, "no IOC"),
    "a stop-limit": (
        order(OrdType.STOP_LIMIT, stop_px=d(1), price=d(1)),
        Reason.NOT_SUPPORTED,
        "takes no STOP_LIMIT of us; it takes MARKET, LIMIT",
    ),
    "off the grid": (
        order(OrdType.LIMIT, price=d("20000.10")),
        Reason.PRICE_OFF_TICK,
        "20000.10 is not on the 0.25 tick",
    ),
    "no quantity": (order(order_qty=0), Reason.QUANTITY_OUT_OF_RANGE, "quantity is 0"),
    "no number": (order(OrdType.LIMIT, price=d("NaN")), Reason.NONE, "must be finite"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_gateway_has_not_is_refused_before_it_is_sent(name):
    request, reason, why = REFUSED[name]
    with pytest.raises(RefusedByUs, match=why) as caught:
        requests.check(request, OFFERS)
    assert caught.value.reason == reason


@pytest.mark.parametrize("tif", [TimeInForce.DAY, TimeInForce.GTC])
def test_day_and_gtc_are_sent_alike_for_there_is_no_time_in_force(tif):
    requests.check(order(tif=tif), OFFERS)
    assert requests.place(1, C, order(tif=tif)) == requests.place(1, C, order())


def test_a_bracket_is_refused_where_the_account_is_known_to_keep_none():
    request = order(attached=Attached(stop=Ticks(-4)))
    off = msgspec.structs.replace(OFFERS, auto_oco=False)
    with pytest.raises(RefusedByUs) as caught:
        requests.check(request, off)
    assert caught.value.reason == Reason.NOT_SUPPORTED
    requests.check(request, msgspec.structs.replace(OFFERS, auto_oco=None))


def test_a_trailing_stop_without_any_price_is_refused():
    with pytest.raises(RefusedByUs) as caught:
        requests.place(1, C, order(OrdType.TRAILING_STOP, trail=4))
    assert caught.value.reason == Reason.NO_LAST_PRICE


def test_a_change_names_what_changes_and_leaves_the_rest():
    body = requests.modify(1, "9001", OrderChange(order_qty=3), None)
    assert body == {
        "accountId": 1, "orderId": 9001, "size": 3,
        "limitPrice": None, "stopPrice": None, "trailPrice": None,
    }  # fmt: skip
    body = requests.modify(1, "9001", OrderChange(price=d("1"), stop_px=d("2")), None)
    assert (body["limitPrice"], body["stopPrice"]) == (d("1"), d("2"))
    body = requests.modify(1, "9001", OrderChange(trail=8), d("19990"))
    assert (body["trailPrice"], body["stopPrice"]) == (d("19990"), None)


def test_closing_all_and_a_part():
    assert requests.close(1, C, None) == (
        "Position/closeContract",
        {"accountId": 1, "contractId": C},
    )
    assert requests.close(1, C, 2) == (
        "Position/partialCloseContract",
        {"accountId": 1, "contractId": C, "size": 2},
    )
    assert requests.cancel(1, "7") == {"accountId": 1, "orderId": 7}


@pytest.mark.parametrize(
    ("text", "number"), [("9001", 9001), ("7#1", None), ("", None), ("٣", None), ("9" * 30, None)]
)
def test_what_is_no_id_of_the_gateways_is_none(text, number):
    assert requests.order_number(text) == number
