"""What order and trade events mean, and that the order core ends as the gateway's truth whatever is
repeated, late or in another order."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dryfill.live.meaning.inference import Inference
from dryfill.live.meaning.models import OrderModel, TradeModel, Unreadable
from dryfill.trading import instruments
from dryfill.trading.order import OrderRequest
from dryfill.trading.orders.order_core import OrderCore
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.words import ExecType, OrdStatus, OrdType, Side

MNQ = instruments.find("MNQZ26")
C = "CON.F.US.MNQ.Z26"


def order(status=1, filled=0, *, at=1, size=3, **changes):
    fields = {
        "id": 9001, "account_id": 1, "contract_id": C, "status": status, "type": 1, "side": 0,
        "size": size, "created_ns": 1, "updated_ns": at, "limit_price": Decimal("20000.25"),
        "stop_price": None, "fill_volume": filled,
        "filled_price": Decimal("20000.25") if filled else None, "custom_tag": "7#1",
        "parent_id": None, "linked_id": None, "trail_ticks": None,
    }  # fmt: skip
    return OrderModel(**fields | changes)


def trade(number, size=1, *, at=1, **changes):
    fields = {
        "id": number, "account_id": 1, "contract_id": C, "created_ns": at,
        "price": Decimal("20000.25"), "profit": None, "fees": Decimal("0.37"),
        "commissions": Decimal("0.25"), "side": 0, "size": size, "voided": False, "order_id": 9001,
    }  # fmt: skip
    return TradeModel(**fields | changes)


@pytest.fixture
def inference():
    return Inference({C: MNQ}.get)


STEPS = [
    (None, order(), ExecType.NEW),
    (None, order(6), None),
    (order(6), order(1, at=2), ExecType.NEW),
    (order(), order(1, 1, at=2), ExecType.TRADE),
    (order(1, 1), order(1, 1, at=2), None),
    (order(1, 1, at=5), order(1, 0, at=2), None),
    (order(1, 1), order(2, 3, at=2), ExecType.TRADE),
    (order(1, 1), order(3, 1, at=2), ExecType.CANCELED),
    (order(), order(7, at=2), None),
    (order(), order(4, at=2), ExecType.EXPIRED),
    (None, order(5), ExecType.REJECTED),
    (order(2, 3), order(1, 0, at=9), None),
    (order(2, 3), order(3, 3, at=9), None),
    (order(3), order(3, 1, at=9), ExecType.TRADE),  # a fill that its cancel did not know of
    (order(3), order(1, 1, at=9), None),
    (order(), order(at=2, limit_price=Decimal("20000.50")), ExecType.REPLACED),
    (order(), order(at=2, size=2), ExecType.REPLACED),
    (order(at=5), order(at=2, size=2), None),
    (None, order(8), ExecType.SUSPENDED),
    (order(8), order(1, at=2), ExecType.NEW),
    (order(1, 2), order(1, 1, at=2, size=2), ExecType.TRADE_CANCEL),
    (order(2, 3), order(2, 2, at=2), ExecType.TRADE_CANCEL),
    (order(2, 3, at=2), order(2, 2, at=2), None),  # no newer than what we know
]


@pytest.mark.parametrize(("before", "now", "what"), STEPS)
def test_what_happened_is_the_difference(before, now, what, inference):
    if before is not None:
        inference.order(before)
    report = inference.order(now)
    assert (None if report is None else report.exec_type) == what


def test_a_status_that_nobody_knows_keeps_the_order_as_it_was(inference):
    inference.order(order())
    assert inference.order(order(9, at=2)) is None
    assert inference.strange == 1
    assert inference.order(order(1, 1, at=3)).exec_type is ExecType.TRADE


def test_a_trade_carries_its_price_fee_and_id(inference):
    inference.order(order())
    report = inference.trade(trade(5, 2))
    assert (report.exec_id, report.last_qty, report.last_px) == ("5", 2, Decimal("20000.25"))
    assert report.fee == Decimal("0.62")
    assert (report.order.cum_qty, report.order.leaves_qty) == (2, 1)
    assert report.order.cl_ord_id == "7#1"


def test_an_order_that_is_filled_is_as_large_as_that_whatever_was_taken_back(inference):
    state = inference.state(order(2, 2, size=3))
    assert (state.order_qty, state.cum_qty, state.ord_status) == (2, 2, OrdStatus.FILLED)


@pytest.mark.parametrize("first", ["order", "trade"])
def test_a_voided_trade_takes_its_fill_back_whichever_word_comes_first(inference, first):
    inference.order(order(1, 2))
    inference.trade(trade(5, 2))
    void, less = trade(5, 2, voided=True), order(1, 0, at=2, size=1)
    if first == "order":
        told = inference.order(less)
        assert (told.exec_type, told.exec_id) == (ExecType.TRADE_CANCEL, None)
    report = inference.trade(void)
    assert (report.exec_type, report.exec_id, report.last_qty) == (ExecType.TRADE_CANCEL, "5", 2)
    state = report.order
    assert (state.cum_qty, state.order_qty, state.ord_status) == (0, 1, OrdStatus.NEW)
    assert inference.trade(void).exec_id == report.exec_id  # told twice


def test_a_trade_that_was_voided_before_it_was_told_is_in_no_orders_word(inference):
    inference.order(order())
    assert inference.void(trade(5, 2, voided=True)) is False
    inference.trade(trade(5, 2))
    assert inference.trade(trade(6, 1)).order.cum_qty == 1


def test_a_trade_before_its_order_is_known_says_what_it_can(inference):
    report = inference.trade(trade(5, 2))
    assert (report.order.order_id, report.order.cl_ord_id) == ("9001", "")
    assert report.order.ord_status is OrdStatus.PARTIALLY_FILLED


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (order(side=2), "side 2 is none that is known"),
        (order(type=9), "order type 9 is none that is known"),
        (order(contract_id="X"), "contract 'X' is none that was looked up"),
        (order(limit_price=Decimal("20000.10")), "is not on the 0.25 tick"),
        (order(filled=4), "4 filled of 3"),
        (trade(1, size=0), "size is 0"),
        (trade(1, price=Decimal("20000.1")), "is not on the 0.25 tick"),
    ],
)
def test_what_cannot_be_is_unreadable(model, why, inference):
    with pytest.raises(Unreadable, match=why):
        (inference.order if isinstance(model, OrderModel) else inference.trade)(model)


def test_an_order_without_a_filled_volume_is_counted_by_its_trades(inference):
    inference.order(order(fill_volume=None, at=1))
    inference.trade(trade(5, 2))
    assert inference.state(order(fill_volume=None, at=2)).cum_qty == 2
    assert inference.state(order(2, fill_volume=None, at=3)).cum_qty == 3


def test_what_is_remembered_is_bounded():
    inference = Inference({C: MNQ}.get, most=10)
    for number in range(50):
        inference.order(order(id=number))
        inference.trade(trade(number, order_id=number))
    assert len(inference._last) == len(inference._traded) == 10


@st.composite
def lives(draw):
    """What the gateway sends in one order's life, in its own order: order events and trades."""
    size, filled, told, at = draw(st.integers(1, 4)), 0, [], 1
    told.append(order(1, 0, at=at, size=size))
    for number in range(draw(st.integers(0, size))):
        filled += 1
        at += 1
        status = 2 if filled == size else 1
        told += [order(status, filled, at=at, size=size), trade(number, at=at)]
    if filled < size and draw(st.booleans()):
        told.append(order(3, filled, at=at + 1, size=size))
    return told


@given(lives(), st.data())
def test_the_core_ends_as_the_truth_however_events_are_repeated_and_mixed(told, data):
    """Trades may come before their order event or after it, and anything may come twice."""
    truth = [each for each in told if isinstance(each, OrderModel)][-1]
    mixed = list(told)
    for n in range(len(mixed) - 1):
        if type(mixed[n]) is not type(mixed[n + 1]) and data.draw(st.booleans()):
            mixed[n], mixed[n + 1] = mixed[n + 1], mixed[n]
    repeats = data.draw(st.lists(st.integers(0, len(mixed) - 1), max_size=4))
    mixed += [mixed[n] for n in repeats]
    request = OrderRequest(
        cl_ord_id="7#1", instrument=MNQ, side=Side.BUY, ord_type=OrdType.LIMIT,
        order_qty=truth.size, price=MNQ.decimal(80_001),
    )  # fmt: skip
    core, inference = OrderCore(request, OrderSettings()), Inference({C: MNQ}.get)
    for model in mixed:
        is_order = isinstance(model, OrderModel)
        report = inference.order(model) if is_order else inference.trade(model)
        if report is not None:
            core.apply(report)
    assert core.cum_qty == truth.fill_volume
    assert core.venue_status is inference.state(truth).ord_status
