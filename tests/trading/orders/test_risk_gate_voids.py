"""Daily loss and a fill that is taken back: the account is worth what it would be without it."""

from decimal import Decimal

import pytest

from dryfill.trading import instruments
from dryfill.trading.calendar import calendar
from dryfill.trading.order import Execution
from dryfill.trading.orders.risk.gate import RiskGate
from dryfill.trading.orders.risk.limits import RiskLimits
from dryfill.trading.words import Side

ES = instruments.find("ES")
TEN_NS = 1_741_618_800_000_000_000  # 2025-03-10 10:00 in Chicago


def fill(exec_id, side, qty, px, fee=None):
    return Execution(
        exec_id=exec_id,
        instrument=ES,
        order_id=exec_id,
        cl_ord_id="1#1",
        side=side,
        qty=qty,
        px=Decimal(px),
        fee=None if fee is None else Decimal(fee),
        time_ns=TEN_NS,
    )


@pytest.fixture
def gate():
    gate = RiskGate(RiskLimits(daily_loss=1000), calendar=calendar("cme-equity"))
    gate.note_mark(ES, Decimal(5000), TEN_NS)
    return gate


def test_what_it_lost_is_lost_no_more_and_nothing_of_it_is_held(gate):
    bought = fill("1", Side.BUY, 2, "5000.25", fee="2.80")
    gate.note_fill(bought)
    gate.note_mark(ES, Decimal(4998), TEN_NS)
    assert gate.day_result == Decimal("-227.80")
    gate.note_void(bought)
    assert gate.day_result == 0
    gate.note_mark(ES, Decimal(4000), TEN_NS)
    assert gate.day_result == 0


def test_what_it_had_closed_loses_with_the_market_again(gate):
    gate.note_fill(fill("1", Side.BUY, 1, "5000"))
    sold = fill("2", Side.SELL, 1, "5000")
    gate.note_fill(sold)
    gate.note_mark(ES, Decimal("4980.25"), TEN_NS)
    assert gate.day_result == 0
    gate.note_void(sold)
    assert gate.day_result == Decimal("-987.50")
    assert gate.tripped is None
    gate.note_mark(ES, Decimal(4980), TEN_NS)
    assert gate.tripped is not None
