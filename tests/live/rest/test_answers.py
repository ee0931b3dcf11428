"""What became of a request: a table of what the wire said, and a search that it never says no by
mistake."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dryfill.live.rest.answers import code_name, judge, retry_after_s
from dryfill.trading.errors import NotSent, OutcomeUnknown, Refused, SessionExpired
from dryfill.trading.words import Reason


def answer(**members):
    return json.dumps(members).encode()


def no(code, message=None, **more):
    return answer(success=False, errorCode=code, errorMessage=message, **more)


ENDS = {
    "the order has an id and was rejected all the same": (
        "Order/place", 200, no(2, "Invalid stop price", orderId=9001),
        Refused, "Order/place: OrderRejected: Invalid stop price", Reason.SELL_STOP_NOT_BELOW_LAST,
    ),
    "a key that is none says where it comes from": (
        "Auth/loginKey", 200, no(3), Refused, "InvalidCredentials; DRYFILL_LIVE_USER_NAME and",
        Reason.NONE,
    ),
    "off the grid": (
        "Order/place", 200, no(2, "Invalid stop price. Price is not aligned to tick size."),
        Refused, "aligned", Reason.PRICE_OFF_TICK,
    ),
    "market closed": (
        "Order/place", 200, no(5), Refused, "OutsideTradingHours", Reason.MARKET_CLOSED,
    ),
    "money": ("Order/place", 200, no(3), Refused, "InsufficientFunds", Reason.INSUFFICIENT_FUNDS),
    "in flight is no refusal": (
        "Order/cancel", 200, no(4), OutcomeUnknown, "it is in flight", None,
    ),
    "the same number elsewhere": (
        "Order/place", 200, no(4), Refused, "AccountViolation", Reason.NONE,
    ),
    "cancelled too late": ("Order/cancel", 200, no(3), Refused, "Rejected", Reason.TOO_LATE),
    "an order that is not there": (
        "Order/modify", 200, no(2), Refused, "OrderNotFound", Reason.UNKNOWN_ORDER,
    ),
    "a code that nobody knows": ("Order/place", 200, no(77), Refused, "code 77", Reason.NONE),
    "no code": ("Order/place", 200, answer(success=False), Refused, "code -1", Reason.NONE),
    "the token is gone": ("Order/place", 401, b"", SessionExpired, "401", Reason.NONE),
    "too many": ("Order/place", 429, b"", NotSent, "429", Reason.NONE),
    "a body that says nothing": ("Order/place", 400, b"no body", Refused, "no body", Reason.NONE),
    "no such path": ("Order/plaice", 404, b"", Refused, "404: no text", Reason.NONE),
    "the server failed": ("Order/place", 502, b"<html>", OutcomeUnknown, "502; it may have", None),
    "a question failed": ("Order/search", 502, b"", OutcomeUnknown, "nothing was learnt", None),
    "cut in the middle": (
        "Order/place", 200, b'{"orderId": 9001, "succ', OutcomeUnknown, "it may have", None,
    ),
    "no answer at all": ("Order/place", 200, b"[]", OutcomeUnknown, "that is no answer", None),
    "success as text": (
        "Order/place", 200, b'{"success": "true"}', OutcomeUnknown, "that is no answer", None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDS)
def test_a_request_ends_as_the_wire_said(name):
    endpoint, status, body, kind, text, reason = ENDS[name]
    with pytest.raises(kind, match=text) as caught:
        judge(endpoint, status, {}, body)
    assert type(caught.value) is kind
    if reason is not None:
        assert caught.value.reason == reason


def test_success_is_its_members_with_exact_numbers():
    body = b'{"success": true, "errorCode": 0, "price": 0.1, "orderId": 9007199254740993}'
    found = judge("Order/place", 200, {}, body)
    assert found["price"] == Decimal("0.1")
    assert found["orderId"] == 9007199254740993


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after": "0"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-3"}, None),
        (
            {
                "Retry-After": "Fri, 20 Nov 2026 15:00:30 GMT",
                "Date": "Fri, 20 Nov 2026 15:00:00 GMT",
            },
            30.0,
        ),
        (
            {
                "Retry-After": "Fri, 20 Nov 2026 14:00:00 GMT",
                "Date": "Fri, 20 Nov 2026 15:00:00 GMT",
            },
            0.0,
        ),
        ({"Retry-After": "Fri, 20 Nov 2026 15:00:30 GMT"}, None),
    ],
)
def test_how_long_the_gateway_asks_us_to_wait(headers, seconds):
    assert retry_after_s(headers) == seconds


def test_429_tells_how_long():
    with pytest.raises(NotSent) as caught:
        judge("Order/place", 429, {"Retry-After": "3"}, b"")
    assert caught.value.limited
    assert caught.value.retry_after_s == 3.0
    assert caught.value.retry_safe


def test_a_code_has_the_name_of_its_endpoint():
    assert code_name("Order/place", 2) == "OrderRejected"
    assert code_name("Order/search", 1) == "AccountNotFound"
    assert code_name("Order/search", 9) == "code 9"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["success", "errorCode", "errorMessage", "x"]), inner)
    ),
    max_leaves=4,
)


@given(
    st.sampled_from(["Order/place", "Order/cancel", "Position/closeContract"]),
    st.sampled_from([200, 201, 204, 301, 500, 502, 503, 504, 599]),
    JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=30),
)
def test_only_a_whole_answer_that_says_no_is_a_refusal(endpoint, status, body):
    try:
        members = judge(endpoint, status, {}, body)
    except OutcomeUnknown:
        return
    except Refused:
        members = json.loads(body)
        assert (status, members["success"]) == (200, False)
        return
    assert (status, members["success"]) == (200, True)
