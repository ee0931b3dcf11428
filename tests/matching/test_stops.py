"""Stops: which side, what sets them off, at what price they are filled, how they trail."""

import pytest
from msgspec.structs import replace

from dryfill.matching.rules import CME, PROJECTX_SIM, Trigger

UNCHECKED = replace(CME, stop_side_checked=False)
BY_QUOTE = replace(CME, trigger=Trigger.QUOTE)


@pytest.mark.parametrize(
    ("order", "answer"),
    [
        ("sell 1 stop 101", "rejected SELL_STOP_NOT_BELOW_LAST"),
        ("sell 1 stop 100", "rejected SELL_STOP_NOT_BELOW_LAST"),
        ("sell 1 stop 99", "new stop 99"),
        ("buy 1 stop 99", "rejected BUY_STOP_NOT_ABOVE_LAST"),
        ("buy 1 stop 100", "rejected BUY_STOP_NOT_ABOVE_LAST"),
        ("buy 1 stop 101", "new stop 101"),
        ("sell 1 stop 100 limit 90", "rejected SELL_STOP_NOT_BELOW_LAST"),
        ("sell 1 trail 3 stop 100", "rejected SELL_STOP_NOT_BELOW_LAST"),
    ],
)
def test_a_stop_has_to_lie_beyond_the_last_trade(tell, order, answer):
    tell(f"""
        0  quote 99x5 101x5
        1  trade 100x1
        2  #1 {order} -> 1 {answer}
    """)


def test_a_stop_is_taken_on_either_side_before_the_first_trade(tell):
    tell("""
        0  quote 99x5 101x5
        1  #1 sell 1 stop 105 -> 1 new stop 105
        2  trade 100x1 -> 1 triggered stop 105 limit 95; 1 trade 1@99 taker
    """)


def test_an_unchecked_stop_on_the_wrong_side_is_set_off_at_once(tell):
    tell(
        """
        0  quote 99x5 101x5
        1  trade 100x1
        2  #1 sell 1 stop 100 -> 1 new stop 100; 1 triggered stop 100 limit 90; 1 trade 1@99 taker
    """,
        profile=UNCHECKED,
    )


def test_a_quote_alone_sets_no_stop_off_where_trades_do(tell):
    tell("""
        0  quote 100x5 101x5
        1  trade 100x1
        2  #1 sell 2 stop 99 -> 1 new stop 99
        3  quote 98x5 99x5
        4  trade 99x1 -> 1 triggered stop 99 limit 89; 1 trade 2@98 taker
    """)


def test_a_stop_by_quote_looks_at_the_opposite_side(tell):
    tell(
        """
        0  quote 100x5 102x5
        1  #1 sell 2 stop 99 -> 1 new stop 99
        2  #2 buy 2 stop 102 -> 2 rejected BUY_STOP_NOT_ABOVE_LAST
        3  #3 buy 2 stop 103 -> 3 new stop 103
        4  trade 90x1
        5  quote 99x2 102x5 -> 1 triggered stop 99 limit 89; 1 trade 2@99 taker
        6  quote 99x2 103x5 -> 3 triggered stop 103 limit 113; 3 trade 2@103 taker
    """,
        profile=BY_QUOTE,
    )


def test_the_protection_counts_from_the_trigger_and_the_rest_rests_there(tell):
    tell("""
        0  quote 100x5 101x5
        1  trade 101x1
        2  #1 sell 8 stop 99 -> 1 new stop 99
        3  quote 97x5 98x5
        4  trade 97x1 -> 1 triggered stop 99 limit 89; 1 trade 5@97 taker, 3 left
        5  quote 80x5 88x5
        6  quote 90x1 91x5 -> 1 trade 1@89 maker, 2 left
    """)


def test_a_gap_beyond_the_protection_fills_nothing_and_rests(tell):
    tell("""
        0  quote 100x5 101x5
        1  trade 101x1
        2  #1 sell 2 stop 99 -> 1 new stop 99
        3  quote 80x5 81x5
        4  trade 80x1 -> 1 triggered stop 99 limit 89
        5  trade 89x1
        6  trade 90x1 -> 1 trade 1@89 maker, 1 left
    """)


def test_a_stop_that_the_trade_carried_beyond_its_protection_waits_at_its_limit(tell):
    tell("""
        0  quote 100x5 101x5
        1  trade 101x1
        2  #1 sell 2 stop 99 -> 1 new stop 99
        3  trade 80x1 -> 1 triggered stop 99 limit 89
        4  quote 90x5 91x5 -> 1 trade 2@89 maker
    """)


def test_a_stop_never_fills_better_than_the_trade_that_set_it_off(tell):
    tell("""
        0  quote 101x5 102x5
        1  trade 101x1
        2  #1 sell 2 stop 100 -> 1 new stop 100
        3  trade 99x9 -> 1 triggered stop 100 limit 90; 1 trade 2@99 taker
    """)


def test_a_stop_limit_does_not_take_a_quote_that_the_trade_has_overtaken(tell):
    tell("""
        0  quote 101x5 102x5
        1  trade 101x1
        2  #1 sell 2 stop 100 limit 100 -> 1 new stop 100 limit 100
        3  trade 99x9 -> 1 triggered stop 100 limit 100
        4  quote 98x5 99x5
        5  trade 100x1 -> 1 trade 1@100 maker, 1 left
    """)


def test_one_trade_sets_off_several_stops_in_the_order_it_passed_them(tell):
    tell("""
        0  quote 100x5 101x5
        1  trade 101x1
        2  #1 sell 2 stop 98 -> 1 new stop 98
        3  #2 sell 2 stop 99 -> 2 new stop 99
        4  #3 sell 2 stop 99 -> 3 new stop 99
        5  quote 97x5 98x5
        6  trade 97x1 -> 2 triggered stop 99 limit 89; 2 trade 2@97 taker
             ; 3 triggered stop 99 limit 89; 3 trade 2@97 taker; 1 triggered stop 98 limit 88
             ; 1 trade 1@97 taker, 1 left
    """)


def test_sell_stops_are_set_off_before_buy_stops(tell):
    tell("""
        0  quote 99x5 101x5
        1  #1 buy 1 stop 95 -> 1 new stop 95
        2  #2 sell 1 stop 105 -> 2 new stop 105
        3  trade 100x1 -> 2 triggered stop 105 limit 95; 2 trade 1@99 taker
             ; 1 triggered stop 95 limit 105; 1 trade 1@101 taker
    """)


def test_a_resting_target_meets_a_trade_before_a_stop_does(tell):
    tell("""
        0  quote 100x5 101x5
        1  trade 101x1
        2  #1 sell 2 limit 103 -> 1 new limit 103
        3  #2 buy 1 stop 104 -> 2 new stop 104
        4  trade 104x9 -> 1 trade 2@103 maker; 2 triggered stop 104 limit 114; 2 trade 1@104 taker
    """)


def test_a_trailing_stop_follows_the_market_and_never_steps_back(tell):
    story = """
        0  quote 100x5 101x5
        1  trade 100x1
        2  #1 sell 1 trail 4 -> 1 new stop 96
        3  trade 103x1
        4  trade 102x1
    """
    assert tell(story).stop_px(1) == 99
    tell(story + "        5  trade 99x1 -> 1 triggered stop 99 limit 89; 1 trade 1@99 taker\n")


def test_a_trailing_buy_stop_mirrors_it(tell):
    assert (
        tell("""
        0  quote 100x5 101x5
        1  trade 100x1
        2  #1 buy 1 trail 4 -> 1 new stop 104
        3  trade 97x1
        4  trade 99x1
    """).stop_px(1)
        == 101
    )


def test_a_trailing_stop_with_a_first_trigger_waits_until_the_distance_carries_it(tell):
    story = """
        0  quote 100x5 101x5
        1  trade 100x1
        2  #1 sell 1 trail 4 stop 98 -> 1 new stop 98
        3  trade 102x1
    """
    assert tell(story).stop_px(1) == 98
    assert tell(story + "        4  trade 103x1\n").stop_px(1) == 99


def test_a_trailing_stop_needs_a_price_to_trail(tell):
    tell("""
        0  quote 100x5 101x5
        1  #1 sell 1 trail 4 -> 1 rejected NO_LAST_PRICE
    """)


def test_an_unprotected_stop_works_without_a_limit(tell):
    tell(
        """
        0  quote 100x5 101x5
        1  trade 101x1
        2  #1 sell 8 stop 99 -> 1 new stop 99
        3  quote 60x5 61x5
        4  trade 60x1 -> 1 triggered stop 99; 1 trade 5@60 taker, 3 left
        5  trade 50x9 -> 1 trade 3@50 taker
    """,
        profile=PROJECTX_SIM,
    )


@pytest.mark.parametrize(
    ("then", "says"),
    [
        ("thaw #1", "1 triggered stop 98 limit 88; 1 trade 1@96 taker"),
        ("cancel #1", "1 canceled"),
        ("replace #1 stop 94", "1 replaced qty 1 stop 94"),
        ("replace #1 qty 2", "1 replaced qty 2 stop 98"),
    ],
)
def test_a_frozen_stop_is_not_set_off_until_it_thaws(tell, then, says):
    tell(f"""
        0  quote 99x5 101x5
        1  trade 100x1
        2  #1 sell 1 stop 98 -> 1 new stop 98
        3  freeze #1
        4  quote 96x5 97x5
        5  trade 97x1
        6  {then} -> {says}
    """)


def test_a_frozen_limit_is_passed_over_and_takes_its_place_anew(tell):
    tell("""
        0  quote 99x5 101x5
        1  #1 buy 1 limit 99 -> 1 new limit 99
        2  freeze #1
        3  freeze #1
        4  trade 98x1
        5  thaw #1
        6  trade 98x1 -> 1 trade 1@99 maker
        7  thaw #1
    """)


def test_a_stop_that_thaws_before_the_market_comes_waits_as_before(tell):
    tell("""
        0  quote 99x5 101x5
        1  trade 100x1
        2  #1 sell 1 stop 98 -> 1 new stop 98
        3  freeze #1
        4  thaw #1
        5  trade 98x1 -> 1 triggered stop 98 limit 88; 1 trade 1@98 taker
    """)
