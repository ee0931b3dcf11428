"""Price, then time, among many owners: what the book says of each message, on either engine."""

import doctest
from random import Random

import numpy as np
import pytest
from tidy import ROOT

from dryfill.matching.engines import make_order_book, native_is_there
from dryfill.matching.order_book import QTY_MAX, BookReport, Level, Messages, SelfMatch
from dryfill.trading.words import NO_PRICE, ExecType, Reason, Side

BUY, SELL = Side
ENGINES = ["reference"] + (["native"] if native_is_there() else [])


@pytest.fixture(params=ENGINES)
def made(request):
    """Makes books of one engine."""
    return lambda policy=SelfMatch.CANCEL_RESTING: make_order_book(request.param, policy)


def trades(reports):
    """(aggressor, resting, price, quantity, what each still wants); there are trades alone."""
    assert all(report.exec_type is ExecType.TRADE for report in reports)
    return [
        (r.order_id, r.against_id, r.price, r.qty, r.leaves_qty, r.against_leaves) for r in reports
    ]


def ids(book, side):
    book.check()
    return [order.order_id for order in book.orders(side)]


def test_the_better_price_trades_first_and_then_the_older_order(made):
    book = made()
    for order_id, price in ((1, 102), (2, 101), (3, 101), (4, 100), (5, 101)):
        assert book.limit(order_id, SELL, price, 2) == ()
    assert ids(book, SELL) == [4, 2, 3, 5, 1]
    assert trades(book.limit(6, BUY, 101, 7)) == [
        (6, 4, 100, 2, 5, 0),
        (6, 2, 101, 2, 3, 0),
        (6, 3, 101, 2, 1, 0),
        (6, 5, 101, 1, 0, 1),
    ]
    assert ids(book, SELL) == [5, 1]
    assert ids(book, BUY) == []


def test_what_a_limit_order_leaves_rests_behind_the_others_at_its_price(made):
    book = made()
    book.limit(1, BUY, 99, 5)
    book.limit(2, SELL, 100, 3)
    assert trades(book.limit(3, BUY, 100, 10)) == [(3, 2, 100, 3, 7, 0)]
    assert book.levels(BUY) == (Level(100, 7, 1), Level(99, 5, 1))
    assert book.best(SELL) is None
    assert book.best(BUY) == Level(100, 7, 1)


def test_what_an_ioc_or_a_market_order_leaves_is_cancelled_and_told(made):
    book = made()
    book.limit(1, SELL, 100, 3)
    book.limit(2, SELL, 101, 3)
    first, rest = book.ioc(3, BUY, 100, 5, owner=9)
    assert trades([first]) == [(3, 1, 100, 3, 2, 0)]
    gone = BookReport(ExecType.CANCELED, 3, BUY, 0, 2, 0, 9, reason=Reason.NO_LIQUIDITY)
    assert rest == gone
    *traded, rest = book.market(4, BUY, 4)
    assert trades(traded) == [(4, 2, 101, 3, 1, 0)]
    assert (rest.exec_type, rest.qty, rest.leaves_qty) == (ExecType.CANCELED, 1, 0)
    assert len(book) == 0


def test_an_order_that_becomes_smaller_keeps_its_place_and_one_that_grows_loses_it(made):
    book = made()
    for order_id in (1, 2, 3):
        book.limit(order_id, BUY, 100, 5)
    assert book.reduce(1, 4) == ()
    assert book.replace(2, 100, 5) == ()
    assert book.replace(2, 100, 1) == ()
    assert ids(book, BUY) == [1, 2, 3]
    assert book.ahead(3) == 2
    assert book.replace(1, 100, 2) == ()
    assert ids(book, BUY) == [2, 3, 1]
    assert (book.ahead(2), book.ahead(3), book.ahead(1)) == (0, 1, 6)


@pytest.mark.parametrize("qty", [5, 6, QTY_MAX])
def test_an_order_of_which_no_less_is_taken_than_it_has_ends(made, qty):
    book = made()
    book.limit(1, BUY, 100, 5)
    assert book.reduce(1, qty) == ()
    assert len(book) == 0
    assert book.levels(BUY) == ()


def test_an_order_that_is_replaced_across_the_spread_trades_as_the_aggressor(made):
    book = made()
    book.limit(1, BUY, 99, 5, owner=7)
    book.limit(2, SELL, 101, 3, owner=8)
    (trade,) = book.replace(1, 101, 4)
    expected = BookReport(ExecType.TRADE, 1, BUY, 101, 3, 1, 7, 2, 0, 8)
    assert trade == expected
    assert book.levels(BUY) == (Level(101, 1, 1),)


def test_nothing_behind_an_order_changes_what_is_ahead_of_it(made):
    book = made()
    book.limit(1, SELL, 100, 4)
    book.limit(2, SELL, 100, 1)
    book.limit(3, SELL, 100, 9)
    assert book.ahead(2) == 4
    book.cancel(3)
    assert book.ahead(2) == 4
    book.market(4, BUY, 3)
    assert book.ahead(2) == 1
    book.limit(5, SELL, 99, 50)  # at a better price, which is not its queue
    assert book.ahead(2) == 1
    assert book.ahead(6) is None


@pytest.mark.parametrize(
    ("policy", "said", "left"),
    [
        (SelfMatch.CANCEL_RESTING, [("CANCELED", 1, 2), ("TRADE", 3, 1)], [(3, 3)]),
        (SelfMatch.CANCEL_AGGRESSOR, [("CANCELED", 3, 4)], []),
        (SelfMatch.ALLOW, [("TRADE", 3, 2), ("TRADE", 3, 1)], [(3, 1)]),
    ],
)
def test_an_owner_trades_with_an_own_order_only_where_that_is_allowed(made, policy, said, left):
    book = made(policy)
    book.limit(1, SELL, 100, 2, owner=7)
    book.limit(2, SELL, 100, 1, owner=8)
    reports = book.limit(3, BUY, 100, 4, owner=7)
    assert [(r.exec_type.name, r.order_id, r.qty) for r in reports] == said
    assert [(order.order_id, order.leaves_qty) for order in book.orders(BUY)] == left
    cancelled = [r for r in reports if r.exec_type is ExecType.CANCELED]
    assert all(r.reason is Reason.SELF_MATCH and r.owner == 7 for r in cancelled)
    assert all({r.order_id, r.against_id} == {1, 3} for r in cancelled)


def test_orders_of_nobody_known_match_with_each_other(made):
    book = made(SelfMatch.CANCEL_AGGRESSOR)
    book.limit(1, SELL, 100, 2)
    assert trades(book.limit(2, BUY, 100, 2)) == [(2, 1, 100, 2, 0, 0)]


def test_an_id_that_rests_is_refused_and_one_that_is_over_may_come_again(made):
    book = made()
    book.limit(1, BUY, 100, 5)
    for again in (book.limit(1, BUY, 99, 2), book.ioc(1, SELL, 100, 2)):
        (refused,) = again
        assert (refused.exec_type, refused.qty) == (ExecType.REJECTED, 2)
        assert (refused.leaves_qty, refused.reason) == (0, Reason.DUPLICATE_TAG)
    book.cancel(1)
    assert book.limit(1, BUY, 99, 2) == ()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda book: book.cancel(5), ExecType.CANCEL_REJECTED),
        (lambda book: book.reduce(5, 1), ExecType.CANCEL_REJECTED),
        (lambda book: book.replace(5, 100, 1), ExecType.REPLACE_REJECTED),
    ],
)
def test_a_request_for_an_order_that_does_not_rest_is_told(made, call, says):
    reports = call(made())
    assert reports == (BookReport(says, 5, None, 0, 0, 0, 0, reason=Reason.UNKNOWN_ORDER),)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda book: book.limit(1, BUY, 100, 0), "qty is 0; give 1 to"),
        (lambda book: book.market(1, BUY, QTY_MAX + 1), "qty is 2147483648"),
        (lambda book: book.ioc(1, 3, 100, 1), "side is 3; give 1"),
        (lambda book: book.limit(1, BUY, NO_PRICE, 1), "price is NO_PRICE"),
        (lambda book: book.reduce(1, -1), "qty is -1"),
        (lambda book: book.levels(0), "0 is not a valid Side"),
    ],
)
def test_values_that_no_order_can_have_raise(made, call, words):
    with pytest.raises(ValueError, match=words):
        call(made())


def test_a_row_that_no_order_can_have_is_named_before_anything_is_done(made):
    book = made()
    rows = Messages([1, 1, 9], [1, 2, 3], [1, 1, 1], [100, 100, 100], [1, 1, 1])
    with pytest.raises(ValueError, match="row 2: kind is 9; give one of MessageKind"):
        book.submit_many(rows)
    assert len(book) == 0


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"price": [100.25, 100.5]}, "column price is 1-dimensional float64"),
        ({"qty": [1]}, "column qty has 1 rows, kind has 2"),
        ({"side": None}, "no column side; only owner may be left out"),
        ({"order_id": np.array([1, 2**63], dtype=np.uint64)}, "order_id is 1-dimensional uint64"),
    ],
)
def test_columns_that_are_no_rows_of_whole_numbers_are_refused(made, changed, words):
    rows = Messages([1, 1], [1, 2], [1, 1], [100, 100], [1, 1])
    with pytest.raises(ValueError, match=words):
        made().submit_many(rows._replace(**changed))


def test_columns_of_other_integers_and_none_at_all_are_read(made):
    book = made()
    narrow = [np.array(c, dtype=np.int32) for c in ([1, 1], [1, 2], [1, 2], [100, 100], [3, 2])]
    told = book.submit_many(Messages(*narrow))
    assert (told.row.tolist(), told.qty.tolist()) == ([1], [2])
    assert book.submit_many(Messages([], [], [], [], [])).row.tolist() == []


def test_contracts_are_neither_made_nor_lost(made):
    draw = Random(3).randrange
    book, wanted = made(), {}
    for order_id in range(1, 1500):
        side, price, qty = Side(1 + draw(2)), 95 + draw(10), 1 + draw(9)
        wanted[order_id] = qty
        call = (book.limit, book.limit, book.ioc)[draw(3)]
        for report in call(order_id, side, price, qty, draw(3)):
            wanted[report.order_id] -= report.qty
            if report.exec_type is ExecType.TRADE:
                wanted[report.against_id] -= report.qty
                assert wanted[report.against_id] == report.against_leaves
            assert wanted[report.order_id] >= report.leaves_qty
        book.check()
    resting = {o.order_id: o.leaves_qty for side in Side for o in book.orders(side)}
    assert resting == {order_id: left for order_id, left in wanted.items() if left}


def test_an_unknown_policy_is_refused(made):
    with pytest.raises(ValueError, match="5 is not a valid SelfMatch"):
        made(5)


def test_what_the_page_shows_is_what_happens():
    failed, tried = doctest.testfile(
        str(ROOT / "docs" / "order-book.md"), module_relative=False, raise_on_error=False
    )
    assert tried > 10
    assert not failed
