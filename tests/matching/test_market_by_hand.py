"""A market that somebody sets by hand: what it does to orders, and how its rows go on from there.

`set 98x5 99x5`: quoted so, and five traded at 98.
"""

from dryfill.matching.rules import UnknownSize


def test_it_fills_what_it_reaches_and_sets_stops_off(tell):
    tell("""
        0  quote 99x5 101x5
        1  trade 100x1
        2  #1 buy 2 limit 98 -> 1 new limit 98
        3  #2 sell 1 stop 97 -> 2 new stop 97
        4  #3 sell 1 stop 90 -> 3 new stop 90
        5  set 97x9 98x9 -> 1 trade 2@98 maker; 2 triggered stop 97 limit 87; 2 trade 1@97 taker
        6  #4 sell 1 market -> 4 new limit 87; 4 trade 1@97 taker
    """)


def test_a_trailing_stop_follows_it_and_the_rows_go_on_from_there(tell):
    tell("""
        0  quote 99x5 101x5
        1  trade 100x1
        2  #1 sell 1 trail 3 -> 1 new stop 97
        3  set 110x5 111x5
        4  quote 99x5 101x5
        5  trade 107x1 -> 1 triggered stop 107 limit 97; 1 trade 1@99 taker
    """)


def test_what_is_set_while_it_stands_still_counts_when_it_opens(tell):
    tell("""
        0  quote 99x5 101x5
        1  trade 100x1
        2  #1 buy 2 limit 98 -> 1 new limit 98
        3  #2 sell 1 stop 97 -> 2 new stop 97
        4  halt
        5  set 95x5 96x5
        6  open -> 1 trade 2@96 taker; 2 triggered stop 97 limit 87; 2 trade 1@95 taker
    """)


def test_what_it_shows_is_there_and_no_more(tell):
    tell("""
        0  quote 99x5 101x5
        1  trade 100x1
        2  set 100x3 101x3
        3  #1 buy 4 limit 101 -> 1 new limit 101; 1 trade 3@101 taker, 1 left
    """)


def test_what_only_a_bars_volume_held_back_goes_on_with_it_once_the_bar_is_over(tell):
    tell(
        """
        0  bar 60 100/104/98/99 v2 bid 99/103/97/98x? ask 101/105/99/100x?
        1  #1 buy 3 market -> 1 new limit 111; 1 trade 2@101 taker, 1 left, unknown size
        2  set 100x5 101x5
        61 set 100x5 101x5 -> 1 trade 1@101 taker
    """,
        unknown_size=UnknownSize.ALL,
    )
