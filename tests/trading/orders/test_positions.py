"""Positions: exact, each fill once, and never behind what an order's state says."""

from decimal import Context, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from dryfill.trading import instruments
from dryfill.trading.order import Execution, OrderRequest, PositionState
from dryfill.trading.orders.handle import Order
from dryfill.trading.orders.order_core import OrderCore
from dryfill.trading.orders.positions import (
    Ledger,
    Position,
    PositionBook,
    fill_of,
    report_of,
)
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.words import OrdStatus, OrdType, Side

MNQ = instruments.find("MNQ")


def fill(n, side, qty, units):
    return Execution(
        exec_id=str(n),
        instrument=MNQ,
        order_id=str(n),
        cl_ord_id="",
        side=side,
        qty=qty,
        px=MNQ.decimal(units),
        time_ns=n,
    )


FILLS = st.lists(
    st.tuples(st.sampled_from(list(Side)), st.integers(1, 9), st.integers(-40, 40)), max_size=30
)


@settings(max_examples=200, derandomize=True)
@given(FILLS)
def test_the_mean_price_is_that_of_the_newest_contracts_held_exactly(fills):
    book, lots = PositionBook(), []  # lots: one signed contract each, at its price
    for n, (side, qty, units) in enumerate(fills):
        position = book.apply(fill(n, side, qty, units))
        for _ in range(qty):
            if lots and lots[0][0] != side.sign:
                lots = lots[1:]
            else:
                lots.append((side.sign, Fraction(MNQ.decimal(units))))
        assert position.qty == sum(sign for sign, _ in lots)
        assert bool(position) == bool(lots)
        mean = sum((px for _, px in lots), Fraction(0)) / len(lots) if lots else None
        if mean is None:
            assert position.avg_px is None
        else:
            told = Context(prec=28).divide(Decimal(mean.numerator), Decimal(mean.denominator))
            assert str(position.avg_px) == str(told), "to the digit, without zeros at its end"


def test_the_callers_decimal_context_does_not_decide_a_mean_price():
    book = PositionBook()
    with localcontext() as context:
        context.prec = 3
        book.apply(fill(1, Side.BUY, 1, 80_000))
        assert book.apply(fill(2, Side.BUY, 1, 80_001)).avg_px == Decimal("20000.125")


def test_a_fill_is_booked_once_and_instruments_are_apart():
    ledger = Ledger(10)
    one = fill(1, Side.BUY, 2, 80_000)
    other = structs.replace(fill(2, Side.SELL, 1, 100), instrument=instruments.find("CL"))
    assert ledger.book(one, None)
    assert not ledger.book(one, None)
    assert ledger.book(other, None)
    assert ledger.position(MNQ).qty == 2
    assert ledger.position(instruments.find("CL")).qty == -1
    assert ledger.position(instruments.find("ES")).qty == 0


def test_contracts_known_from_a_look_are_held_at_their_orders_mean(play):
    stage = play(
        """
        do place buy 2 limit 20000
        > place 1#1 buy 2 limit 20000
        x new 1#1
        x fill 1#1 1 @ 19999
        x fill 1#1 1 @ 20000
        < lost 1#1
        > look 1#1
        < found 1#1
        = position 2
        """
    )
    assert stage.manager.view.position(MNQ).avg_px == Decimal("19999.5")
    assert stage.orders["1#1"].avg_px == Decimal("19999.5")


@pytest.mark.parametrize("told", [1, 2])
def test_the_fills_that_follow_a_look_are_not_held_twice(told, play):
    script = """
        do place buy 2 limit 20000
        > place 1#1 buy 2 limit 20000
        x new 1#1
        x fill 1#1 1 @ 19999
        x fill 1#1 1 @ 20000
        < lost 1#1
        > look 1#1
        < found 1#1
        < told
    """
    stage = play(script + "< told\n" * told + "= position 2\n= incidents\n")
    assert stage.listener.lines.count("position 2") == told


@settings(max_examples=200, derandomize=True)
@given(st.lists(FILLS.filter(bool), min_size=1), st.randoms(use_true_random=False))
def test_fills_that_are_told_late_are_counted_at_their_own_time(bursts, random):
    """Within a burst, fills come in any order: the position is as if each had come at its time."""
    in_order, as_told, n = PositionBook(), PositionBook(), 0
    for burst in bursts:
        fills = [fill(n + m, *each) for m, each in enumerate(burst, 1)]
        n += len(fills)
        for each in fills:
            true = in_order.apply(each)
        random.shuffle(fills)
        for each in fills:
            told = as_told.apply(each)
        assert told == true


def test_a_fill_that_was_looked_up_does_not_change_which_contracts_are_held():
    """RS-21: two bought, sold by their stop, four bought; the first three fills are told last."""
    book = PositionBook()
    first, stop = fill(1, Side.BUY, 2, 80_001), fill(2, Side.SELL, 2, 79_960)
    book.apply(fill(3, Side.BUY, 4, 79_956))
    book.apply(first)
    assert book.apply(stop) == Position(MNQ, 4, Decimal(19989))


@settings(max_examples=200, derandomize=True)
@given(FILLS, st.sets(st.integers(1, 30)), st.integers(0, 30))
def test_a_fill_that_is_taken_back_was_never_there(fills, voided, when):
    """Whatever is taken back, and when: what is left is held, at the mean price that it has."""
    book, without = PositionBook(), PositionBook()
    for n, each in enumerate(fills, 1):
        told = fill(n, *each)
        book.apply(told)
        if n not in voided:
            without.apply(told)
        elif n > when:
            book.void(told)
    for n in sorted(voided):
        if n <= min(when, len(fills)):
            book.void(fill(n, *fills[n - 1]))
    assert book.get(MNQ) == without.get(MNQ)


def test_a_fill_is_taken_back_once_and_one_that_comes_after_that_counts_nothing():
    ledger = Ledger(10)
    one, other = fill(1, Side.BUY, 2, 80_000), fill(2, Side.BUY, 1, 80_004)
    ledger.book(one, None)
    assert ledger.void(one, None)
    assert not ledger.void(one, None)
    assert not ledger.book(one, None)
    assert ledger.void(other, None), "before it is told"
    assert not ledger.book(other, None)
    assert ledger.position(MNQ) == Position(MNQ)
    assert ledger.voided(one)


def test_what_was_a_strangers_and_is_ours_is_claimed_once():
    ledger = Ledger(executions_most=10)
    for n in (1, 2):
        ledger.book(structs.replace(fill(n, Side.SELL, n, 0), order_id="7"), None)
    asked = OrderRequest(
        cl_ord_id="1#1", instrument=MNQ, side=Side.SELL, ord_type=OrdType.MARKET, order_qty=3
    )
    order = Order(OrderCore(asked, OrderSettings()))
    order.core.acked("7")
    ledger.note(order)
    assert (order.booked, ledger.take_claimed("MNQ"), ledger.take_claimed("MNQ")) == (3, [-3], [])


def test_a_position_that_did_not_move_has_no_moves():
    ledger = Ledger(executions_most=10)
    assert ledger.moves("MNQ") == 0
    ledger.book(fill(1, Side.BUY, 1, 0), None)
    assert (ledger.moves("MNQ"), ledger.moves("ES")) == (1, 0)
    assert ledger.lots() == [("MNQ", ((1, MNQ.decimal(0)),))]


@pytest.mark.parametrize(("symbol", "held"), [("MNQ", 2), ("CL", 3), ("ZN", 3)])
def test_the_brokers_word_on_a_position_has_in_it_what_is_not_told_yet_of_its_own_orders(
    symbol, held
):
    ledger, other = Ledger(10), instruments.find(symbol)
    request = OrderRequest(
        cl_ord_id="1#1", instrument=other, side=Side.BUY, ord_type=OrdType.MARKET, order_qty=1
    )
    order = Order(OrderCore(request, OrderSettings()))
    order.core.cum_qty = 1  # a look showed it: its fill is still to be told
    ledger.note(order)
    ledger.take_over(PositionState(instrument=MNQ, qty=2, avg_px=Decimal(20_000), time_ns=1))
    assert sum(ledger.position(each).qty for each in {MNQ, other}) == held


@pytest.mark.parametrize(
    ("late", "held"), [((1,), 2), ((2,), 2), ((3,), 3), ((1, 1), 2), ((1, 2), 3)]
)
def test_fills_told_after_the_brokers_word_on_a_position_are_in_it_already(late, held):
    """Two were known from a look and not told; what comes beyond them moves the position."""
    ledger = Ledger(10)
    request = OrderRequest(
        cl_ord_id="1#1", instrument=MNQ, side=Side.BUY, ord_type=OrdType.LIMIT, order_qty=9
    )
    order = Order(OrderCore(request, OrderSettings()))
    order.core.cum_qty = 2
    ledger.note(order)
    ledger.take_over(PositionState(instrument=MNQ, qty=2, avg_px=Decimal(20_000), time_ns=1))
    for n, qty in enumerate(late, 1):
        order.core.cum_qty = max(2, sum(late[:n]))
        ledger.book(fill(n, Side.BUY, qty, 80_004), order)
        ledger.note(order)
        assert ledger.position(MNQ).qty == order.core.cum_qty
    assert ledger.position(MNQ).qty == held
    assert order.covered == max(0, 2 - sum(late))


# order filled so far (told), its end; the fill found: status, filled and left by the report made
REPORTS = {
    "a part": (0, None, 2, (OrdStatus.PARTIALLY_FILLED, 2, 3)),
    "another part": (2, None, 1, (OrdStatus.PARTIALLY_FILLED, 3, 2)),
    "the rest": (2, None, 3, (OrdStatus.FILLED, 5, 0)),
    "more than there was": (2, None, 4, (OrdStatus.FILLED, 6, 0)),
    "before it was cancelled": (0, OrdStatus.CANCELED, 2, (OrdStatus.CANCELED, 2, 0)),
    "a part of what is filled": (0, OrdStatus.FILLED, 2, (OrdStatus.PARTIALLY_FILLED, 2, 0)),
    "the last of what is filled": (2, OrdStatus.FILLED, 3, (OrdStatus.FILLED, 5, 0)),
    "all of it, and so it was never cancelled": (
        0,
        OrdStatus.CANCELED,
        5,
        (OrdStatus.FILLED, 5, 0),
    ),
}


@pytest.mark.parametrize("case", REPORTS)
def test_a_fill_that_a_look_found_is_the_report_that_the_stream_should_have_brought(case):
    told, ends, qty, expected = REPORTS[case]
    request = OrderRequest(
        cl_ord_id="1#1", instrument=MNQ, side=Side.BUY, ord_type=OrdType.MARKET, order_qty=5
    )
    order = Order(OrderCore(request, OrderSettings()))
    order.core.acked("7")
    if told:
        order.core.apply(report_of(order, fill(1, Side.BUY, told, 0)))
    if ends is not None:
        order.core.venue_status = ends
    report = report_of(order, fill(2, Side.BUY, qty, 80_000))
    state = report.order
    assert (state.ord_status, state.cum_qty, state.leaves_qty) == expected
    assert fill_of(report) == structs.replace(fill(2, Side.BUY, qty, 80_000), cl_ord_id="1#1")


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        (None, OrdStatus.PARTIALLY_FILLED),
        (OrdStatus.FILLED, OrdStatus.FILLED),
        (OrdStatus.CANCELED, OrdStatus.CANCELED),
    ],
)
def test_how_large_an_order_of_the_brokers_making_is_he_alone_knows(ends, expected):
    """He may have enlarged it, and nobody was told: it is not filled because its smaller size is
    (native, hostile, thin, 76)."""
    request = OrderRequest(
        cl_ord_id="1#1", instrument=MNQ, side=Side.BUY, ord_type=OrdType.LIMIT, order_qty=3
    )
    order = Order(OrderCore(request, OrderSettings()))
    order.core.acked("7")
    order.core.adopted = True
    if ends is not None:
        order.core.venue_status, order.core.cum_qty = ends, 3
    state = report_of(order, fill(2, Side.BUY, 3, 80_000)).order
    assert (state.ord_status, state.cum_qty, state.leaves_qty) == (expected, 3, 0)
