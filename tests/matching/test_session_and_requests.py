"""The session's states, cancels, replaces, and what an order may not be."""

import pytest
from msgspec.structs import replace

from dryfill.matching.commands import FreezeOrder, NewOrder
from dryfill.matching.reference import ReferenceEngine
from dryfill.matching.rules import PROJECTX_SIM, Rules
from dryfill.trading.words import OrdType, Side


def test_pre_open_takes_limits_and_stops_and_matches_none_until_the_open(tell):
    tell("""
        0  pre_open
        1  quote 101x5 100x5
        2  trade 100x1
        3  #1 buy 3 limit 100 -> 1 new limit 100
        4  #2 buy 1 market -> 2 rejected TYPE_NOT_ALLOWED_NOW
        5  #3 buy 1 limit 100 ioc -> 3 rejected TYPE_NOT_ALLOWED_NOW
        6  #4 buy 1 join bid -> 4 rejected TYPE_NOT_ALLOWED_NOW
        7  #5 sell 1 stop 98 -> 5 new stop 98
        8  replace #1 limit 101 -> 1 replaced qty 3 limit 101
        9  trade 97x9
        10 quote 99x5 100x3
        11 open -> 1 trade 3@100 taker; 5 triggered stop 98 limit 88; 5 trade 1@97 taker
    """)


def test_a_frozen_order_stands_in_no_queue_and_joins_one_when_it_thaws(tape_of):
    engine = ReferenceEngine(Rules(profile=PROJECTX_SIM))
    engine.extend(tape_of([(0, "quote", (97, 3, 99, 2)), (4, "quote", (95, 8, 98, 8))]))
    engine.submit(1, NewOrder(1, Side.BUY, OrdType.JOIN_BID, 2))
    engine.submit(2, FreezeOrder(1))
    engine.submit(5, FreezeOrder(1, frozen=False))
    for at, ahead in ((1, 3), (2, None), (4, None), (5, 0)):
        engine.advance(at)
        engine.check()
        book = engine.book()
        [order] = (*book.orders, *book.frozen)
        assert order.ahead == ahead, at


def test_our_own_crossed_pre_open_orders_leave_the_younger_at_the_open(tell):
    tell("""
        0  pre_open
        1  quote 99x5 105x5
        2  #1 buy 3 limit 102 -> 1 new limit 102
        3  #2 sell 3 limit 101 -> 2 new limit 101
        4  open -> 1 canceled SELF_MATCH
    """)


def test_no_cancel_takes_new_orders_and_keeps_those_there_are(tell):
    tell("""
        0  quote 99x5 105x5
        1  #1 buy 3 limit 98 -> 1 new limit 98
        2  no_cancel
        3  cancel #1 -> 1 cancel_rejected TYPE_NOT_ALLOWED_NOW
        4  replace #1 qty 2 -> 1 replace_rejected TYPE_NOT_ALLOWED_NOW
        5  #2 buy 1 limit 98 -> 2 new limit 98
        6  #3 buy 1 market -> 3 rejected TYPE_NOT_ALLOWED_NOW
    """)


def test_a_halt_lets_orders_go_and_nothing_else(tell):
    tell("""
        0  quote 99x5 105x5
        1  #1 buy 3 limit 98 -> 1 new limit 98
        2  halt
        3  trade 97x9
        4  #2 buy 1 limit 98 -> 2 rejected MARKET_CLOSED
        5  replace #1 qty 2 -> 1 replace_rejected MARKET_CLOSED
        6  cancel #1 -> 1 canceled
    """)


def test_the_close_ends_day_orders_and_keeps_gtc(tell):
    tell("""
        0  quote 99x5 105x5
        1  trade 100x1
        2  #1 buy 3 limit 98 gtc -> 1 new limit 98
        3  #2 sell 1 stop 97 -> 2 new stop 97
        4  #3 buy 3 limit 99 -> 3 new limit 99
        5  close -> 2 expired DAY_ENDED; 3 expired DAY_ENDED
        6  #4 buy 1 limit 90 -> 4 rejected MARKET_CLOSED
        7  replace #1 limit 97 -> 1 replace_rejected MARKET_CLOSED
        8  cancel #1 -> 1 canceled
        9  cancel #2 -> 2 cancel_rejected TOO_LATE
    """)


def test_what_rested_over_a_gap_is_filled_at_the_open_s_price(tell):
    tell("""
        0  quote 99x5 105x5
        1  #1 buy 3 limit 98 gtc -> 1 new limit 98
        2  close
        3  quote 94x5 95x5
        4  open -> 1 trade 3@95 taker
    """)


def test_late_and_unknown_requests_are_answered_with_the_truth(tell):
    told = tell("""
        0  quote 99x5 105x5
        1  #1 buy 3 limit 105 -> 1 new limit 105; 1 trade 3@105 taker
        2  cancel #1 -> 1 cancel_rejected TOO_LATE
        3  replace #1 qty 9 -> 1 replace_rejected TOO_LATE
        4  cancel #7 -> 7 cancel_rejected UNKNOWN_ORDER
    """)
    late = told.reports[2]
    assert (late.ord_status.name, late.order_qty, late.cum_qty) == ("FILLED", 3, 3)


def test_a_cancel_that_crosses_a_fill_comes_after_it(tell):
    tell("""
        0  quote 99x5 105x5
        1  #1 buy 3 limit 100 -> 1 new limit 100
        5  trade 100x2 -> 1 trade 2@100 maker, 1 left; 1 canceled
        5  cancel #1
    """)


def test_a_smaller_quantity_keeps_the_place_and_a_larger_one_loses_it(tell):
    story = """
        0  quote 100x5 105x5
        1  #1 buy 3 limit 100 -> 1 new limit 100
        2  quote 100x9 105x5
        3  replace #1 {} -> 1 replaced qty {} limit {}
    """
    assert tell(story.format("qty 2", 2, 100)).ahead(1) == 5
    assert tell(story.format("qty 3 limit 100", 3, 100)).ahead(1) == 5
    assert tell(story.format("qty 4", 4, 100)).ahead(1) == 9
    assert tell(story.format("limit 101", 3, 101)).ahead(1) == 0


def test_a_replace_counts_fills_in_its_total(tell):
    tell("""
        0  quote 100x5 105x2
        1  #1 buy 6 limit 105 -> 1 new limit 105; 1 trade 2@105 taker, 4 left
        2  replace #1 qty 5 -> 1 replaced qty 5 limit 105
        3  replace #1 qty 0 -> 1 replace_rejected QUANTITY_OUT_OF_RANGE
        4  quote 100x5 105x3 -> 1 trade 1@105 taker, 2 left
        5  replace #1 qty 3 -> 1 canceled
    """)


def test_a_replace_that_becomes_marketable_matches_at_once(tell):
    tell("""
        0  quote 100x5 105x2
        1  #1 buy 6 limit 101 -> 1 new limit 101
        2  replace #1 limit 105 -> 1 replaced qty 6 limit 105; 1 trade 2@105 taker, 4 left
    """)


def test_a_replaced_stop_is_checked_as_on_entry_and_left_alone_when_refused(tell):
    told = tell("""
        0  quote 100x5 105x2
        1  trade 103x1
        2  #1 sell 1 stop 99 -> 1 new stop 99
        3  replace #1 stop 103 -> 1 replace_rejected SELL_STOP_NOT_BELOW_LAST
        4  replace #1 limit 90 -> 1 replace_rejected NOT_SUPPORTED
        5  replace #1 stop 102 -> 1 replaced qty 1 stop 102
    """)
    assert told.stop_px(1) == 102


def test_a_new_trail_starts_from_the_market_as_it_is(tell):
    told = tell("""
        0  quote 100x5 105x2
        1  trade 103x1
        2  #1 sell 1 trail 9 -> 1 new stop 94
        3  replace #1 trail 2 -> 1 replaced qty 1 stop 101
        4  replace #1 trail 0 -> 1 replace_rejected NOT_SUPPORTED
        5  trade 104x1
    """)
    assert told.stop_px(1) == 102


def test_quantities_and_prices_out_of_range_are_refused(tell):
    tell(
        """
        0  quote 100x50 105x50
        1  #1 buy 0 limit 100 -> 1 rejected QUANTITY_OUT_OF_RANGE
        2  #2 buy 11 limit 100 -> 2 rejected QUANTITY_OUT_OF_RANGE
        3  #3 buy 10 limit 100 -> 3 new limit 100
        4  #4 buy 1 limit 0 -> 4 rejected PRICE_NOT_POSITIVE
        5  replace #3 limit 0 -> 3 replace_rejected PRICE_NOT_POSITIVE
    """,
        max_qty=10,
        negative_prices=False,
    )


def test_negative_prices_trade_like_any_other(tell):
    tell("""
        0  quote -40x5 -38x5
        1  #1 buy 6 limit -38 -> 1 new limit -38; 1 trade 5@-38 taker, 1 left
        2  trade -39x1 -> 1 trade 1@-38 taker
    """)


def test_an_engine_refuses_rules_that_its_profile_cannot_work_with():
    with pytest.raises(ValueError, match="protection"):
        ReferenceEngine(Rules())
    with pytest.raises(ValueError, match="market_needs_opposite"):
        ReferenceEngine(
            Rules(protection=4, profile=replace(Rules().profile, market_needs_opposite=False))
        )
    with pytest.raises(ValueError, match="tick"):
        ReferenceEngine(Rules(protection=4, tick=0))


def test_a_market_order_may_wait_for_a_quote_where_the_venue_says_so(tell):
    tell(
        """
        0  #1 buy 3 market -> 1 new
        1  quote - 105x2 -> 1 trade 2@105 taker, 1 left
    """,
        profile=replace(PROJECTX_SIM, market_needs_opposite=False),
    )


def test_the_sender_s_own_bugs_are_errors_and_no_reports():
    engine = ReferenceEngine(Rules(protection=4))
    good = NewOrder(1, Side.BUY, OrdType.LIMIT, 1, price=5)
    engine.submit(5, good)
    engine.advance(5)
    for at_ns, order, what in [
        (5, good, "used before"),
        (4, replace(good, order_id=2), "too late"),
        (6, replace(good, order_id=2, price=None), "lacks price"),
        (6, replace(good, order_id=2, stop_px=3), "has no stop_px"),
        (6, NewOrder(2, Side.BUY, OrdType.TRAILING_STOP, 1, trail=0), "trail is 0"),
    ]:
        with pytest.raises(ValueError, match=what):
            engine.submit(at_ns, order)
    with pytest.raises(ValueError, match="committed"):
        engine.advance(4)
