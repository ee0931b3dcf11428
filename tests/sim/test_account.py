"""Money to the last fraction of a cent: lots, round trips, fees, and the one identity of cash."""

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dryfill.sim.desk.account import Account
from dryfill.sim.desk.fees import fee_schedule
from dryfill.trading import instruments
from dryfill.trading.errors import UsageError
from dryfill.trading.order import Execution
from dryfill.trading.orders.positions import PositionBook
from dryfill.trading.words import Side

ES, ZN, ZB, NQ = (instruments.find(root) for root in ("ES", "ZN", "ZB", "NQ"))
BUY, SELL = Side.BUY, Side.SELL


def account(fees=None, cash="50000"):
    return Account("SIM", Decimal(cash), fee_schedule(fees))


def trade(book, *fills, instrument=ES):
    for n, (side, qty, units) in enumerate(fills):
        book.fill(instrument, side, qty, units, n, f"{n}#1")
    return book


def trips(book):
    return [(t.side.name, t.qty, t.entry_units, t.exit_units, t.entry_tag) for t in book.closings]


def test_the_oldest_contracts_are_closed_first():
    book = trade(account(), (BUY, 2, 100), (BUY, 3, 110), (SELL, 3, 120))
    assert trips(book) == [("BUY", 2, 100, 120, "0#1"), ("BUY", 1, 110, 120, "1#1")]
    assert book.holding(ES).qty == 2
    assert book.holding(ES).avg_px == ES.decimal(110)


def test_a_fill_through_zero_closes_everything_and_opens_the_other_side():
    book = trade(account(), (BUY, 2, 100), (SELL, 5, 104), (BUY, 4, 100))
    assert trips(book) == [("BUY", 2, 100, 104, "0#1"), ("SELL", 3, 104, 100, "1#1")]
    assert book.holding(ES).qty == 1
    assert book.realised == (2 * 4 + 3 * 4) * Decimal("12.50")


def test_a_fill_that_is_taken_back_never_was():
    fills = [(BUY, 2, 100), (SELL, 1, 104), (BUY, 1, 108), (SELL, 2, 110)]
    book = trade(account({"*": "1.25"}), *fills)
    left = [(side, qty, units, n, f"{n}#1") for n, (side, qty, units) in enumerate(fills) if n != 1]
    book.book_again(ES, left, Decimal("1.25"), 9)
    never = trade(account({"*": "1.25"}))
    for side, qty, units, n, tag in left:
        never.fill(ES, side, qty, units, n, tag)
    assert trips(book) == trips(never)
    assert (book.cash, book.realised, book.fees_paid) == (
        never.cash,
        never.realised,
        never.fees_paid,
    )
    assert (book.holding(ES).qty, book.holding(ES).avg_px) == (
        never.holding(ES).qty,
        never.holding(ES).avg_px,
    )
    assert book.holding(ES).changed_ns == 9


def test_what_was_held_before_the_first_fill_stays_when_one_is_taken_back():
    book = trade(account(), (BUY, 2, 100))
    book.holding(ES).begins()
    book.fill(ES, SELL, 1, 104, 5, "5#1")
    book.book_again(ES, [], Decimal(0), 9)
    assert (book.holding(ES).qty, book.realised, book.closings) == (2, Decimal(0), [])


def test_a_short_earns_when_the_price_falls():
    book = trade(account(), (SELL, 2, 100))
    assert book.holding(ES).qty == -2
    assert book.holding(ES).open_profit(96) == Decimal(100)
    trade(book, (BUY, 2, 96))
    assert (book.realised, book.holding(ES).qty, book.holding(ES).avg_px) == (100, 0, None)


def test_fees_fall_on_each_side_and_each_contract():
    book = trade(account("topstepx"), (BUY, 2, 100), (SELL, 1, 100))
    assert book.fees_paid == Decimal("1.40") * 3
    assert book.cash == Decimal(50_000) - Decimal("4.20")
    assert book.realised == 0
    (trip,) = book.closings
    assert (trip.fees, trip.profit) == (Decimal("2.80"), Decimal("-2.80"))


def test_fees_of_a_fill_through_zero_are_counted_once():
    book = trade(account({"ES": "1.4"}), (BUY, 1, 100), (SELL, 3, 100), (BUY, 2, 100))
    assert book.fees_paid == Decimal("1.4") * 6
    assert sum(t.fees for t in book.closings) == book.fees_paid


@pytest.mark.parametrize(("bond", "value"), [(ZN, "15.625"), (ZB, "31.25")])
def test_a_tick_of_a_bond_is_no_whole_number_of_cents(bond, value):
    book = trade(account(), (BUY, 1, 7000), (SELL, 1, 7001), (SELL, 1, 7001), instrument=bond)
    assert book.realised == Decimal(value)
    assert book.cash == Decimal(50_000) + Decimal(value)


def test_instruments_do_not_close_each_other():
    book = account()
    trade(book, (BUY, 1, 100))
    trade(book, (SELL, 1, 100), instrument=NQ)
    assert (book.holding(ES).qty, book.holding(NQ).qty, trips(book)) == (1, -1, [])


def test_a_contract_without_a_fee_changes_nothing():
    book = account({"NQ": "1"})
    with pytest.raises(UsageError, match="none for ES"):
        trade(book, (BUY, 1, 100))
    assert (book.cash, book.holdings) == (50_000, {})


def test_a_small_precision_of_the_callers_does_not_round_the_account():
    with localcontext() as context:
        context.prec = 4
        book = trade(account("topstepx"), (BUY, 3, 17_001), (SELL, 3, 17_004), (BUY, 3, 20_000))
        assert book.holding(ES).avg_px == 5000
    assert book.cash == Decimal(50_000) + Decimal("112.50") - Decimal("12.60")


FILLS = st.lists(
    st.tuples(
        st.sampled_from([ES, ZN, NQ]),
        st.sampled_from([BUY, SELL]),
        st.integers(1, 7),
        st.integers(-500, 500),
    ),
    max_size=40,
)
FEES = st.tuples(*[st.decimals("-2", "5", places=4)] * 3)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(FILLS, FEES)
def test_cash_is_the_sum_of_the_fills(fills, fees):
    """Whatever was traded: cash and what is held, at any price, are worth what flowed."""
    per_side = dict(zip(("ES", "ZN", "NQ"), fees, strict=True))
    book = account(per_side)
    flowed = paid = Fraction(0)
    held = {instrument.symbol: 0 for instrument in (ES, ZN, NQ)}
    for n, (instrument, side, qty, units) in enumerate(fills):
        fee = book.fill(instrument, side, qty, units, n, f"{n}#1")
        flowed -= side.sign * qty * units * Fraction(instrument.unit_value)
        paid += qty * Fraction(per_side[instrument.root])
        held[instrument.symbol] += side.sign * qty
        assert fee == qty * per_side[instrument.root]
        assert book.cash == book.starting_cash + book.realised - book.fees_paid
    assert {s: book.holdings[s].qty for s in book.holdings} == {
        s: qty for s, qty in held.items() if s in book.holdings
    }
    mark = 123
    worth = sum(held[i.symbol] * mark * Fraction(i.unit_value) for i in (ES, ZN, NQ))
    opened = sum(Fraction(h.open_profit(mark)) for h in book.holdings.values())
    assert Fraction(book.cash) + opened == 50_000 + flowed + worth - paid
    assert Fraction(book.fees_paid) == paid
    assert sum(t.profit + t.fees for t in book.closings) == book.realised
    in_lots = sum(lot.qty * lot.fee_each for h in book.holdings.values() for lot in h.lots)
    assert sum(t.fees for t in book.closings) + in_lots == book.fees_paid


@settings(max_examples=100, derandomize=True)
@given(
    st.lists(
        st.tuples(st.sampled_from(list(Side)), st.integers(1, 9), st.integers(-40, 40)), max_size=30
    )
)
def test_broker_and_manager_name_the_same_mean_price_after_every_fill(fills):
    money, book = account(), PositionBook()
    for n, (side, qty, units) in enumerate(fills, start=1):
        money.fill(ES, side, qty, units, n, "")
        fill = Execution(
            exec_id=str(n),
            instrument=ES,
            order_id=str(n),
            cl_ord_id="",
            side=side,
            qty=qty,
            px=ES.decimal(units),
            time_ns=n,
        )
        position = book.apply(fill)
        holding = money.holding(ES)
        assert (position.qty, position.avg_px) == (holding.qty, holding.avg_px)
