"""Data with trades and no quotes: the spread is a named assumption."""


def test_an_uptick_is_the_ask_and_a_downtick_the_bid(tell):
    told = tell(
        """
        0  trade 100x3
        1  trade 101x4
        2  trade 101x5
    """,
        spread=2,
    )
    assert (told.engine.book().bid, told.engine.book().ask) == ((99, 5, 5), (101, 5, 5))
    told = tell(
        """
        0  trade 100x3
        1  trade 99x4
        2  trade 99x5
    """,
        spread=2,
    )
    assert (told.engine.book().bid, told.engine.book().ask) == ((99, 5, 5), (101, 5, 5))


def test_a_known_aggressor_says_more_than_the_tick(tell):
    told = tell("""
        0  trade 100x3 seller
        1  trade 101x4 seller
    """)
    assert told.engine.book().bid == (101, 4, 4)


def test_each_trade_s_size_is_what_can_be_taken(tell):
    tell("""
        0  trade 100x3
        1  #1 buy 5 market -> 1 new limit 110; 1 trade 3@100 taker, 2 left
        2  trade 100x1 -> 1 trade 1@100 taker, 1 left
        3  trade 102x9 -> 1 trade 1@102 taker
    """)


def test_one_trade_never_fills_as_a_trade_and_as_a_quote(tell):
    tell("""
        0  trade 101x3
        1  #1 buy 5 limit 100 -> 1 new limit 100
        2  trade 99x2 -> 1 trade 2@100 maker, 3 left
    """)


def test_an_assumed_quote_that_comes_to_our_price_puts_its_size_ahead(tell):
    tell("""
        0  trade 100x1
        1  #1 sell 3 limit 103 -> 1 new limit 103
        2  trade 102x4 seller
        3  trade 103x5 buyer -> 1 trade 1@103 maker, 2 left
    """)


def test_a_stop_takes_what_the_trade_that_set_it_off_shows(tell):
    tell("""
        0  trade 101x3
        1  #1 sell 5 stop 99 -> 1 new stop 99
        2  trade 98x2 -> 1 triggered stop 99 limit 89; 1 trade 2@98 taker, 3 left
    """)


def test_a_quote_ends_the_assumption_for_good(tell):
    told = tell("""
        0  trade 101x3
        1  quote 90x1 110x1
        2  trade 99x2
    """)
    assert told.engine.book().ask == (110, 1, 1)


def test_a_trade_at_zero_is_a_price_like_any_other(tell):
    """The uptick from 0 to 1 puts the last trade at the ask, however its rows are passed."""
    tell(
        """
        0  trade 1x5
        0  trade 0x5
        0  #1 buy 1 limit -50 -> 1 new limit -50
        1  trade 1x5
        2  #2 buy 1 market -> 2 new limit 11; 2 trade 1@1 taker
    """
    )
