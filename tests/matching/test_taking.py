"""Orders that take: market and limit, what the level still has, protection, IOC, our own orders."""

import pytest

from dryfill.matching.errors import UnknownSizeError
from dryfill.matching.rules import PROJECTX_SIM, QueueModel, UnknownSize


def test_a_limit_takes_what_is_shown_and_rests_with_the_rest(tell):
    tell("""
        0  quote 100x5 101x7
        10 #1 buy 9 limit 101 -> 1 new limit 101; 1 trade 7@101 taker, 2 left
        20 quote 100x5 101x7
        30 quote 100x5 101x8 -> 1 trade 1@101 taker, 1 left
        40 quote 100x5 102x9
    """)


def test_a_limit_one_tick_short_takes_nothing(tell):
    told = tell("""
        0  quote 100x5 102x7
        10 #1 buy 3 limit 101 -> 1 new limit 101
    """)
    assert told.ahead(1) == 0, "alone on a better price"


def test_taken_quantity_stays_taken_until_the_level_grows_or_leaves(tell):
    tell("""
        0  quote 100x5 101x7
        1  #1 buy 5 market -> 1 new limit 111; 1 trade 5@101 taker
        2  quote 100x9 101x7
        3  #2 buy 5 market ioc -> 2 new limit 111; 2 trade 2@101 taker, 3 left
             ; 2 canceled NO_LIQUIDITY
        4  quote 100x9 101x9
        5  #3 buy 5 market ioc -> 3 new limit 111; 3 trade 2@101 taker, 3 left
             ; 3 canceled NO_LIQUIDITY
        6  quote 100x9 102x9
        7  quote 100x9 101x9
        8  #4 buy 9 market -> 4 new limit 111; 4 trade 9@101 taker
    """)


def test_a_shrinking_level_caps_what_is_left_in_it(tell):
    tell("""
        0  quote 100x5 101x9
        1  #1 buy 4 market -> 1 new limit 111; 1 trade 4@101 taker
        2  quote 100x5 101x3
        3  #2 buy 9 limit 101 ioc -> 2 new limit 101; 2 trade 3@101 taker, 6 left
             ; 2 canceled NO_LIQUIDITY
    """)


def test_a_row_precedes_an_order_of_the_same_nanosecond(tell):
    tell("""
        0  quote 100x5 101x7
        5  #1 buy 1 limit 101 -> 1 new limit 101
        5  quote 100x5 102x7
    """)


def test_session_state_precedes_a_row_of_the_same_nanosecond(tell):
    tell("""
        0  quote 100x5 103x7
        1  #1 buy 1 limit 101 -> 1 new limit 101
        5  quote 100x5 101x7
        5  halt
        6  open -> 1 trade 1@101 taker
    """)


def test_a_protected_market_order_rests_at_its_limit_and_goes_on_at_recorded_prices(tell):
    told = tell("""
        0  quote 100x5 101x2
        1  #1 buy 9 market -> 1 new limit 111; 1 trade 2@101 taker, 7 left
        2  quote 100x5 103x3 -> 1 trade 3@103 taker, 4 left
        3  trade 103x1 -> 1 trade 1@103 taker, 3 left
        4  trade 100x1 -> 1 trade 1@103 taker, 2 left
        5  quote 108x1 112x5
        6  quote 108x1 110x1 -> 1 trade 1@111 maker, 1 left
    """)
    assert told.reports[-1].price == 111


def test_an_order_that_the_market_has_left_behind_is_met_at_its_own_price(tell):
    tell("""
        0  quote 100x5 103x1
        1  #1 buy 2 limit 105 -> 1 new limit 105; 1 trade 1@103 taker, 1 left
        2  quote 106x5 107x5
        3  quote 103x5 104x5 -> 1 trade 1@105 maker
    """)


def test_protection_counts_from_the_best_bid_for_a_sell(tell):
    tell("""
        0  quote 100x1 101x2
        1  #1 sell 2 market -> 1 new limit 90; 1 trade 1@100 taker, 1 left
        2  quote 89x5 101x2
        3  quote 90x5 101x2 -> 1 trade 1@90 maker
    """)


def test_an_unprotected_market_order_works_without_a_limit(tell):
    tell(
        """
        0  quote 100x5 101x2
        1  #1 buy 5 market -> 1 new; 1 trade 2@101 taker, 3 left
        2  quote 100x5 150x2 -> 1 trade 2@150 taker, 1 left
        3  trade 151x4 -> 1 trade 1@151 taker
    """,
        profile=PROJECTX_SIM,
    )


def test_a_market_order_with_nothing_opposite_is_refused(tell):
    tell("""
        0  quote 100x5 -
        1  #1 buy 1 market -> 1 rejected NO_OPPOSITE
        2  #2 sell 1 market -> 2 new limit 90; 2 trade 1@100 taker
    """)


def test_a_join_rests_at_its_own_side_s_best(tell):
    told = tell("""
        0  quote 100x5 101x7
        1  #1 buy 1 join bid -> 1 new limit 100
        2  #2 sell 1 join ask -> 2 new limit 101
        3  #3 sell 1 join bid -> 3 rejected NOT_SUPPORTED
        4  quote - 101x7
        5  #4 buy 1 join bid -> 4 rejected NO_LIQUIDITY
    """)
    assert told.ahead(2) == 7


def test_our_resting_order_goes_when_our_own_aggressor_reaches_it(tell):
    tell("""
        0  quote 100x5 104x7
        1  #1 sell 2 limit 102 -> 1 new limit 102
        2  #2 buy 1 limit 101 -> 2 new limit 101
        3  #3 buy 3 limit 102 -> 3 new limit 102; 1 canceled SELF_MATCH
        4  #4 sell 6 limit 100 -> 4 new limit 100; 3 canceled SELF_MATCH; 2 canceled SELF_MATCH
             ; 4 trade 5@100 taker, 1 left
    """)


def test_our_own_order_at_the_quote_is_met_only_when_nothing_is_ahead_of_it(tell):
    story = """
        0  quote 100x5 101x7
        1  #1 sell 2 limit 101 -> 1 new limit 101
        2  #2 buy 3 limit 101 -> 2 new limit 101{}; 2 trade 3@101 taker
    """
    tell(story.format(""))
    tell(story.format("; 1 canceled SELF_MATCH"), queue=QueueModel.FRONT)


def test_a_target_far_away_survives_a_market_order_still_on_its_way(tell):
    tell("""
        0  quote 100x5 101x1
        1  #1 sell 2 limit 105 -> 1 new limit 105
        2  #2 buy 3 market -> 2 new limit 111; 2 trade 1@101 taker, 2 left
        3  quote 100x5 102x1 -> 2 trade 1@102 taker, 1 left
        4  quote 100x5 106x1 -> 1 canceled SELF_MATCH; 2 trade 1@106 taker
    """)


@pytest.mark.parametrize(
    ("rule", "trades"),
    [
        (UnknownSize.ALL, "; 1 trade 3@101 taker, unknown size"),
        (UnknownSize.ONE, "; 1 trade 1@101 taker, 2 left, unknown size"),
        (UnknownSize.NONE, ""),
    ],
)
def test_an_unknown_size_gives_what_the_named_rule_says(tell, rule, trades):
    again = "-> 1 trade 1@101 taker, 1 left, unknown size" if rule is UnknownSize.ONE else ""
    story = f"""
        0  quote 100x? 101x?
        1  #1 buy 3 limit 101 -> 1 new limit 101{trades}
        2  quote 100x? 101x? {again}
    """
    tell(story, unknown_size=rule)


def test_an_unknown_size_without_a_rule_is_an_error_that_names_the_way_out(tell):
    with pytest.raises(UnknownSizeError, match=r"the quote at 101 has no size.*unknown_size"):
        tell("""
            0  quote 100x? 101x?
            1  #1 buy 3 limit 101
        """)


def test_an_unknown_size_is_no_error_while_no_order_needs_it(tell):
    tell("""
        0  quote 100x? 101x?
        1  #1 buy 3 limit 100 -> 1 new limit 100
        2  trade 101x?
    """)
