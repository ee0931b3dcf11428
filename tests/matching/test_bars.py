"""Bars: the path within, what it triggers and fills, ambiguity, volume, suspect bars."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dryfill.matching.reference.bar_path import Bar, Span, open_step, steps_after_open
from dryfill.matching.rules import BarPath, QueueModel, UnknownSize

# 100 up to 104, down to 98, close at 99; bid a tick below, ask a tick above.
SWING = "bar 60 100/104/98/99 v1000 bid 99/103/97/98x50 ask 101/105/99/100x50"


def test_a_bar_fills_what_its_quotes_and_trades_reach_on_its_way(tell):
    tell(
        f"""
        0  {SWING}
        1  #1 sell 3 limit 104 -> 1 new limit 104
        2  #2 sell 2 limit 105 -> 2 new limit 105
        59 wait -> 1 trade 3@104 maker
    """,
        queue=QueueModel.FRONT,
        bar_path=BarPath.HIGH_FIRST,
    )


def test_an_ambiguous_bar_visits_the_stop_first_and_says_so(tell):
    story = f"""
        0  {SWING}
        1  #1 sell 3 limit 102 -> 1 new limit 102
        2  #2 sell 3 stop 99 -> 2 new stop 99
        59 wait -> {{}}
    """
    stop = "2 triggered stop 99 limit 89; 2 trade 3@98 taker, ambiguous"
    target = "1 trade 3@102 maker, ambiguous"
    told = tell(story.format(f"{stop}; {target}"))
    assert told.engine.ambiguous_bars == 1
    told = tell(story.format(f"{target}; {stop}"), bar_path=BarPath.HIGH_FIRST)
    assert told.engine.ambiguous_bars == 1


def test_the_nearest_extreme_comes_first_where_our_orders_do_not_decide(tell):
    # The low is 2 away, the high 4: a buy limit at 98.. is met before a sell limit at 103.
    told = tell(f"""
        0  {SWING}
        1  #1 sell 3 limit 102 -> 1 new limit 102
        2  #2 buy 3 limit 99 -> 2 new limit 99
        59 wait -> 2 trade 3@99 maker; 1 trade 3@102 maker
    """)
    assert told.engine.ambiguous_bars == 0


def test_an_adverse_bar_for_a_short_visits_the_high_first(tell):
    told = tell(f"""
        0  {SWING}
        1  #1 buy 3 limit 99 -> 1 new limit 99
        2  #2 buy 3 stop 104 -> 2 new stop 104
        59 wait -> 2 triggered stop 104 limit 114; 2 trade 3@105 taker, ambiguous
             ; 1 trade 3@99 maker, ambiguous
    """)
    assert told.engine.ambiguous_bars == 1


def test_what_is_filled_after_an_ambiguous_bar_is_not_ambiguous(tell):
    tell(f"""
        0  {SWING}
        1  #1 sell 3 limit 102 -> 1 new limit 102
        2  #2 sell 3 stop 99 -> 2 new stop 99
        59 wait -> 2 triggered stop 99 limit 89; 2 trade 3@98 taker, ambiguous
             ; 1 trade 3@102 maker, ambiguous
        59 #3 buy 1 market -> 3 new limit 110; 3 trade 1@100 taker, ambiguous
        60 #4 buy 1 market -> 4 new limit 110; 4 trade 1@100 taker
    """)


def test_a_bar_that_holds_only_one_of_the_two_is_not_ambiguous(tell):
    told = tell(f"""
        0  {SWING}
        1  #1 sell 3 limit 105 -> 1 new limit 105
        2  #2 sell 3 stop 99 -> 2 new stop 99
        59 wait -> 2 triggered stop 99 limit 89; 2 trade 3@98 taker
    """)
    assert told.engine.ambiguous_bars == 0


def test_a_bracket_that_comes_in_mid_bar_makes_the_rest_of_it_ambiguous(tell):
    told = tell("""
        0  bar 60 100/104/98/98 v1000 bid 99/103/97/97x50 ask 101/105/99/99x50
        25 #1 sell 3 limit 103 -> 1 new limit 103
        25 #2 sell 3 stop 98 -> 2 new stop 98
        59 wait -> 1 trade 3@103 maker, ambiguous; 2 triggered stop 98 limit 88
             ; 2 trade 3@97 taker, ambiguous
    """)
    assert told.engine.ambiguous_bars == 1


def test_our_fills_in_a_bar_never_exceed_its_volume_where_no_size_is_shown(tell):
    tell(
        """
        0  bar 60 100/104/98/99 v4 bid 99/103/97/98x? ask 101/105/99/100x?
        1  #1 buy 3 market -> 1 new limit 111; 1 trade 3@101 taker, unknown size
        2  #2 buy 3 market -> 2 new limit 111; 2 trade 1@101 taker, 2 left, unknown size
        59 wait
        60 bar 60 99/99/99/99 v1 bid 98/98/98/98x? ask 100/100/100/100x? ->
             ; 2 trade 1@100 taker, 1 left, unknown size
    """,
        unknown_size=UnknownSize.ALL,
    )


def test_what_a_bar_shows_may_be_taken_whatever_its_volume(tell):
    tell("""
        0  bar 60 100/104/98/99 v4 bid 99/103/97/98x50 ask 101/105/99/100x50
        1  #1 buy 30 market -> 1 new limit 111; 1 trade 30@101 taker
        2  #2 buy 30 market -> 2 new limit 111; 2 trade 20@101 taker, 10 left
    """)


def test_what_only_the_volume_held_back_goes_on_with_the_next_row(tell):
    tell(
        """
        0  quote 100x5 102x5
        1  #1 buy 3 limit 100 -> 1 new limit 100
        2  bar 60 101/101/100/100 v2 bid 100/100/98/98x? ask 102/102/100/100x?
        61 wait -> 1 trade 2@100 maker, 1 left, unknown size
        70 trade 110x1 -> 1 trade 1@100 maker, unknown size
    """,
        unknown_size=UnknownSize.ALL,
    )


def test_a_tick_within_a_bar_s_time_does_not_lift_its_volume(tell):
    tell(
        """
        0  bar 60 100/104/98/99 v2 bid 99/103/97/98x? ask 101/105/99/100x?
        1  #1 buy 3 market -> 1 new limit 111; 1 trade 2@101 taker, 1 left, unknown size
        2  trade 101x9
        59 wait
        60 trade 101x9 -> 1 trade 1@100 taker, unknown size
    """,
        unknown_size=UnknownSize.ALL,
    )


def test_a_quote_bar_without_trades_fills_by_what_is_shown(tell):
    tell("""
        0  bar 60 - v0 bid 99/103/97/98x5 ask 101/105/99/100x5
        1  #1 buy 7 market -> 1 new limit 111; 1 trade 5@101 taker, 2 left
        2  #2 sell 1 limit 103 -> 2 new limit 103
        59 wait -> 1 trade 2@100 taker; 2 trade 1@103 maker
    """)


def test_a_quote_bar_without_trades_sets_no_stop_off(tell):
    tell("""
        0  trade 100x1
        1  #1 sell 1 stop 99 -> 1 new stop 99
        2  bar 60 - v0 bid 99/103/97/98x5 ask 101/105/99/100x5
        70 wait
    """)


def test_a_trade_bar_alone_makes_its_own_quotes(tell):
    tell("""
        0  bar 60 100/102/100/102 v30
        1  #1 buy 1 market -> 1 new limit 110; 1 trade 1@100 taker
        59 #2 sell 1 market -> 2 new limit 91; 2 trade 1@101 taker
    """)


def test_a_suspect_bar_is_walked_from_open_to_close_only(tell):
    story = f"""
        0  quote 99x5 101x5
        1  trade 100x1
        2  #1 sell 3 limit 103 -> 1 new limit 103
        3  #2 sell 3 stop 98 -> 2 new stop 98
        10 {SWING}
        20 #3 sell 1 limit 99 -> 3 new limit 99; 3 trade 1@99 taker, ambiguous
        70 wait
    """.replace("bid 99", "bid 100").replace("ask 101", "ask 102")
    told = tell(story.replace("1@99", "1@99"), frozenset({10}))
    assert told.engine.suspect_bars_walked == 1
    assert told.engine.ambiguous_bars == 0
    assert told.engine.book().last_price == 99


def test_a_suspect_bar_meets_what_lies_on_its_way_from_the_open(tell):
    """What a machine found: the next moment was looked for between its close and its close."""
    tell(
        """
        0   trade 103x1
        1   #1 buy 9 limit 99 -> 1 new limit 99
        10  bar 27 97/104/97/104 v8 -> 1 trade 1@99 maker, 8 left, ambiguous
        36  wait -> 1 trade 1@99 maker, 7 left, ambiguous; 1 trade 1@99 maker, 6 left, ambiguous
    """,
        suspect_bars=frozenset({10}),
        unknown_size=UnknownSize.ONE,
    )


def test_a_step_s_row_precedes_an_order_of_its_nanosecond(tell):
    # 60 ns in thirds: the first leg's two steps fall at 10 and 20.
    for at, price in ((9, 101), (10, 100)):
        tell(f"""
            0  bar 60 100/104/98/99 v1000 bid 99/103/97/98x50 ask 101/105/99/100x50
            {at} #1 buy 1 market -> 1 new limit {price + 10}; 1 trade 1@{price} taker
        """)


SPANS = st.tuples(*[st.integers(-9, 9)] * 4).map(lambda p: Span(p[0], max(p), min(p), p[3]))


@settings(derandomize=True, max_examples=200, deadline=None)
@given(
    trades=st.none() | SPANS,
    bids=st.none() | SPANS,
    width=st.integers(1, 3),
    volume=st.integers(0, 60),
    span_ns=st.integers(1, 100),
    first_high=st.booleans(),
    tick=st.sampled_from([1, 2]),
)
def test_a_path_visits_every_corner_in_time_and_shares_the_volume(
    trades, bids, width, volume, span_ns, first_high, tick
):
    asks = bids and Span(*(p + width for p in (bids.open, bids.high, bids.low, bids.close)))
    bar = Bar(0, 1000, span_ns, trades, volume if trades else 0, bids, 5, asks, 5)
    if bar.leader is None:
        return
    steps = [open_step(bar, tick), *steps_after_open(bar, first_high, tick)]
    times = [step.time_ns for step in steps]
    assert times[0] == 1000
    assert times == sorted(times)
    assert times[-1] < 1000 + span_ns
    assert sum(step.size for step in steps) == bar.volume
    for span, values in (
        (trades, [s.price for s in steps]),
        (bids, [s.bid for s in steps]),
    ):
        if span is None:
            assert set(values) == {None}
            continue
        assert (values[0], values[-1]) == (span.open, span.close)
        assert (max(values), min(values)) == (span.high, span.low)
        if volume >= len(steps):
            assert all(s.size for s in steps) or trades is None
    if bids and width >= tick:
        assert all(s.ask >= s.bid + tick for s in steps)
    if trades and volume >= 4:
        assert all(any(s.size for s in steps if s.price == p) for p in (trades.high, trades.low))


@pytest.mark.parametrize("path", list(BarPath))
def test_every_path_leaves_the_book_at_the_close(tell, path):
    told = tell(
        f"""
        0  {SWING}
        99 wait
    """,
        bar_path=path,
    )
    book = told.engine.book()
    assert (book.last_price, book.bid, book.ask) == (99, (98, 50, 50), (100, 50, 50))


def test_the_ends_of_a_bar_are_as_recorded_even_where_its_spread_is_less_than_a_tick(tell):
    told = tell(
        """
        0  quote 100x5 101x5
        1  bar 9 - v0 bid 100/103/98/100x5 ask 101/104/99/101x5
        20 wait
    """,
        tick=2,
    )
    assert told.engine.book().ask == (101, 5, 5)
