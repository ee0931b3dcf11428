"""Orders that provide: queue position under each model, trades at and through our price."""

from dryfill.matching.rules import QueueModel


def test_at_the_back_all_that_was_shown_trades_before_us(tell):
    told = tell("""
        0  quote 100x10 101x7
        1  #1 buy 3 limit 100 -> 1 new limit 100
        2  trade 100x9
        3  trade 100x1
        4  trade 100x1 -> 1 trade 1@100 maker, 2 left
        5  trade 100x5 -> 1 trade 2@100 maker
    """)
    assert told.engine.book().orders == ()


def test_the_last_contract_ahead_stands_between_us_and_a_fill(tell):
    assert (
        tell("""
        0  quote 100x10 101x7
        1  #1 buy 3 limit 100 -> 1 new limit 100
        2  trade 100x10
    """).ahead(1)
        == 0
    )


def test_a_trade_and_the_drop_it_caused_move_the_queue_once_at_the_back(tell):
    assert (
        tell("""
        0  quote 100x10 101x7
        1  #1 buy 3 limit 100 -> 1 new limit 100
        2  quote 100x20 101x7
        3  trade 100x4
        4  quote 100x16 101x7
    """).ahead(1)
        == 6
    )


def test_cancels_leave_from_behind_as_long_as_they_can_at_the_back(tell):
    assert (
        tell("""
        0  quote 100x10 101x7
        1  #1 buy 3 limit 100 -> 1 new limit 100
        2  quote 100x20 101x7
        3  quote 100x12 101x7
    """).ahead(1)
        == 10
    )
    assert (
        tell("""
        0  quote 100x10 101x7
        1  #1 buy 3 limit 100 -> 1 new limit 100
        2  quote 100x20 101x7
        3  quote 100x9 101x7
    """).ahead(1)
        == 9
    )


def test_in_front_the_first_trade_at_our_price_is_ours(tell):
    tell(
        """
        0  quote 100x10 101x7
        1  #1 buy 3 limit 100 -> 1 new limit 100
        2  trade 100x2 -> 1 trade 2@100 maker, 1 left
    """,
        queue=QueueModel.FRONT,
    )


def test_an_unexplained_drop_is_divided_by_the_powers_of_ahead_and_behind(tell):
    # 10 ahead, 20 behind, a drop of 9: squares give 9 * 100 // 500 = 1, cubes 9 * 1000 // 9000 = 1,
    # the first power 9 * 10 // 30 = 3.
    story = """
        0  quote 100x10 101x7
        1  #1 buy 3 limit 100 -> 1 new limit 100
        2  quote 100x30 101x7
        3  quote 100x21 101x7
    """
    assert tell(story, queue=QueueModel.PROBABILISTIC).ahead(1) == 9
    assert tell(story, queue=QueueModel.PROBABILISTIC, queue_power=1).ahead(1) == 7
    assert tell(story, queue=QueueModel.BACK).ahead(1) == 10


def test_a_drop_that_a_trade_explains_moves_the_queue_by_the_trade_alone(tell):
    # Taken for cancels, the drop would move 14 ahead of 30 by another 2.
    story = """
        0  quote 100x20 101x7
        1  #1 buy 3 limit 100 -> 1 new limit 100
        2  quote 100x30 101x7
        3  trade 100x6
        4  quote 100x30 101x8
        5  quote 100x24 101x7
    """
    assert tell(story, queue=QueueModel.PROBABILISTIC, queue_power=1).ahead(1) == 14


def test_a_drop_before_its_trade_in_one_nanosecond_moves_the_queue_once(tell):
    # The drop of 6 of 30 moves 10 ahead by 2; the trade then says that all 6 came off the front.
    story = """
        0  quote 100x10 101x7
        1  #1 buy 3 limit 100 -> 1 new limit 100
        2  quote 100x30 101x7
        3  quote 100x24 101x7
        {}  trade 100x6
    """
    rules = {"queue": QueueModel.PROBABILISTIC, "queue_power": 1}
    assert tell(story.format(3), **rules).ahead(1) == 4
    assert tell(story.format(4), **rules).ahead(1) == 2


def test_a_level_that_goes_in_the_nanosecond_of_its_trade_gives_us_what_passed_the_queue(tell):
    tell("""
        0  quote 100x10 101x7
        1  #1 buy 9 limit 100 -> 1 new limit 100
        3  quote 99x10 101x7
        3  trade 100x14 -> 1 trade 4@100 maker, 5 left
    """)


def test_a_level_behind_the_best_is_unknown_until_it_is_the_best(tell):
    told = tell("""
        0  quote 100x10 101x7
        1  #1 buy 3 limit 99 -> 1 new limit 99
        2  trade 99x50
    """)
    assert told.ahead(1) is None
    assert (
        tell("""
        0  quote 100x10 101x7
        1  #1 buy 3 limit 99 -> 1 new limit 99
        2  quote 99x12 100x7
    """).ahead(1)
        == 12
    )


def test_alone_on_a_better_price_we_are_first_and_stay_first(tell):
    assert (
        tell("""
        0  quote 100x10 103x7
        1  #1 buy 3 limit 101 -> 1 new limit 101
        2  quote 101x12 103x7
    """).ahead(1)
        == 0
    )


def test_a_trade_beyond_our_limit_fills_us_at_our_limit_up_to_its_size(tell):
    tell("""
        0  quote 100x10 101x7
        1  #1 buy 3 limit 100 -> 1 new limit 100
        2  #2 buy 3 limit 99 -> 2 new limit 99
        3  trade 98x4 -> 1 trade 3@100 maker; 2 trade 1@99 maker, 2 left
    """)


def test_a_trade_fills_ours_in_time_order_and_never_more_than_itself(tell):
    tell("""
        0  quote 100x2 101x7
        1  #1 buy 3 limit 100 -> 1 new limit 100
        2  #2 buy 3 limit 100 -> 2 new limit 100
        3  trade 100x6 -> 1 trade 3@100 maker; 2 trade 1@100 maker, 2 left
    """)


def test_a_buyer_s_trade_at_our_bid_met_sellers_and_does_not_move_our_queue(tell):
    assert (
        tell("""
        0  quote 100x2 101x7
        1  #1 buy 3 limit 100 -> 1 new limit 100
        2  trade 100x6 buyer
    """).ahead(1)
        == 2
    )


def test_a_quote_that_reaches_our_limit_fills_us_there_and_is_used_up(tell):
    tell("""
        0  quote 100x2 101x7
        1  #1 buy 3 limit 100 -> 1 new limit 100
        2  #2 buy 3 limit 99 -> 2 new limit 99
        3  quote 97x2 98x5 -> 1 trade 3@100 maker; 2 trade 2@99 maker, 1 left
        4  #3 buy 1 market ioc -> 3 new limit 108; 3 canceled NO_LIQUIDITY
    """)


def test_a_sell_mirrors_a_buy(tell):
    tell("""
        0  quote 100x2 101x7
        1  #1 sell 3 limit 101 -> 1 new limit 101
        2  trade 101x9 buyer -> 1 trade 2@101 maker, 1 left
        3  quote 102x1 103x5 -> 1 trade 1@101 maker
    """)


def test_an_unknown_shown_size_leaves_the_place_unknown(tell):
    told = tell("""
        0  quote 100x? 101x?
        1  #1 buy 3 limit 100 -> 1 new limit 100
        2  trade 100x50
        3  trade 99x1 -> 1 trade 1@100 maker, 2 left
    """)
    assert told.ahead(1) == 0
