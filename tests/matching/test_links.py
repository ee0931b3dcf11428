"""Legs that hang on an entry: when they work, for how much, where, and how one ends the other."""

import pytest

from dryfill.matching.commands import AttachLegs, Leg, NewOrder
from dryfill.matching.engines import ENGINES, NATIVE, make_engine, native_is_there
from dryfill.matching.rules import PROJECTX_SIM, QueueModel, Rules
from dryfill.trading.words import OrdType, Side

FIRST = {"queue": QueueModel.FRONT}
BRACKET = "attach #1 sell 3 #2 stop -4 #3 limit 4"
FILLED = """
    0  quote 99x9 100x9
    1  trade 100x1
    10 #1 buy 3 limit 100 -> 1 new limit 100; 1 trade 3@100 taker
    11 attach #1 sell 3 #2 stop -4 #3 limit 4 filled 3 worth 300 -> 2 suspended;
     ; 3 suspended; 2 new stop 96; 3 new limit 104"""


def test_legs_wait_for_their_entry_grow_with_it_and_one_cancels_the_other(tell):
    tell(
        f"""
        0  quote 100x5 101x5
        1  trade 101x1
        10 #1 buy 3 limit 100 -> 1 new limit 100
        11 {BRACKET} -> 2 suspended; 3 suspended
        20 trade 100x1 seller -> 1 trade 1@100 maker, 2 left; 2 new stop 96; 3 new limit 104
        30 trade 100x9 seller -> 1 trade 2@100 maker; 2 replaced qty 3 stop 96;
        ;  3 replaced qty 3 limit 104
        40 trade 104x1 buyer -> 3 trade 1@104 maker, 2 left; 2 replaced qty 2 stop 96
        50 trade 104x9 buyer -> 3 trade 2@104 maker; 2 canceled
        60 trade 90x9 seller
    """,
        **FIRST,
    )


def test_a_leg_that_is_filled_takes_the_other_away_in_the_same_instant(tell):
    story = f"""{FILLED}
        20 trade 104x9 buyer -> 3 trade 3@104 maker; 2 canceled
        21 trade 96x9 seller
    """
    tell(story, **FIRST)


def test_two_legs_that_one_instant_fills_both_stay_filled(tell):
    """Links act after the market rows of their nanosecond."""
    tell(f"""{FILLED}
        20 trade 105x9 buyer -> 3 trade 3@104 maker
        20 trade 96x9 seller -> 2 triggered stop 96 limit 86; 2 trade 3@96 taker
    """)


def test_a_leg_that_would_shrink_to_nothing_goes_when_the_other_is_filled(tell):
    story = f"""{FILLED}
        20 trade 104x2 buyer -> 3 trade 2@104 maker, 1 left; 2 replaced qty 1 stop 96
        30 trade 96x9 seller -> 2 triggered stop 96 limit 86; 2 trade 1@96 taker; 3 canceled
    """
    tell(story, **FIRST)


def test_an_entry_that_ends_with_nothing_takes_its_legs_along(tell):
    tell(f"""
        0  quote 100x5 101x5
        10 #1 buy 3 limit 99 -> 1 new limit 99
        11 {BRACKET} -> 2 suspended; 3 suspended
        20 cancel #1 -> 1 canceled; 2 canceled; 3 canceled
        21 cancel #2 -> 2 cancel_rejected TOO_LATE
    """)


def test_legs_of_an_entry_that_is_over_already_are_never_told_of(tell):
    tell(f"""
        0  quote 100x5 101x5
        10 #1 buy 3 limit 99 ioc -> 1 new limit 99; 1 canceled NO_LIQUIDITY
        11 {BRACKET}
        12 cancel #2 -> 2 cancel_rejected UNKNOWN_ORDER
    """)


def test_a_suspended_leg_is_cancelled_alone_and_cannot_be_changed(tell):
    tell(
        f"""
        0  quote 100x5 101x5
        1  trade 101x1
        10 #1 buy 3 limit 100 -> 1 new limit 100
        11 {BRACKET} -> 2 suspended; 3 suspended
        12 replace #2 stop 90 -> 2 replace_rejected TYPE_NOT_ALLOWED_NOW
        13 halt
        14 cancel #3 -> 3 canceled
        15 open
        20 trade 100x9 seller -> 1 trade 3@100 maker; 2 new stop 96
    """,
        **FIRST,
    )


def test_what_is_changed_by_command_stays_so_while_the_entry_grows(tell):
    tell(
        f"""
        0  quote 100x5 101x5
        1  trade 101x1
        10 #1 buy 3 limit 100 -> 1 new limit 100
        11 {BRACKET} -> 2 suspended; 3 suspended
        20 trade 100x2 seller -> 1 trade 2@100 maker, 1 left; 2 new stop 96; 3 new limit 104
        21 replace #2 qty 1 stop 97 -> 2 replaced qty 1 stop 97
        30 trade 100x9 seller -> 1 trade 1@100 maker; 2 replaced qty 2 stop 97;
        ;  3 replaced qty 3 limit 104
    """,
        **FIRST,
    )


@pytest.mark.parametrize(
    ("legs", "told"),
    [
        # Bought 2 at 100 and 1 at 101: 100 1/3, and the tick that is nearer to it.
        ("#2 stop -4 #3 limit 4", "2 new stop 97; 3 new limit 104"),
        ("#2 stop -4 #3 limit 4 grid -9999/2", "2 new stop 94; 3 new limit 108"),
        ("#2 stop -4 #3 limit 4 grid -9999/2,100/1", "2 new stop 98; 3 new limit 104"),
        ("#2 stop -4 #3 limit 4 grid -9999/2,101/1", "2 new stop 94; 3 new limit 108"),
        ("#2 trailing -4 trail 4 #3 limit 4", "2 new stop 97; 3 new limit 104"),
        ("#2 stop -4", "2 new stop 97"),
        ("#3 limit 4", "3 new limit 104"),
    ],
)
def test_legs_lie_in_ticks_from_the_mean_price(tell, legs, told):
    suspended = "; ".join(f"{leg} suspended" for leg in "23" if f"#{leg}" in legs)
    tell(f"""
        0  quote 99x5 100x2
        1  trade 101x1
        2  #1 buy 3 market -> 1 new limit 110; 1 trade 2@100 taker, 1 left
        3  quote 100x5 101x2 -> 1 trade 1@101 taker
        4  attach #1 sell 3 {legs} filled 3 worth 301 -> {suspended}; {told}
    """)


def test_prices_below_zero_round_to_the_nearer_tick_too(tell):
    tell("""
        0  quote -101x5 -100x2
        1  trade -100x1
        2  #1 buy 3 limit -99 -> 1 new limit -99; 1 trade 2@-100 taker, 1 left
        3  quote -100x5 -99x2 -> 1 trade 1@-99 taker
        4  attach #1 sell 3 #2 stop -4 #3 limit 4 filled 3 worth -299 -> 2 suspended;
         ; 3 suspended; 2 new stop -103; 3 new limit -96
    """)


def test_legs_move_with_the_mean_price_of_what_the_entry_fills(tell):
    tell("""
        0  quote 99x5 100x2
        1  trade 101x1
        2  #1 buy 4 market -> 1 new limit 110; 1 trade 2@100 taker, 2 left
        3  attach #1 sell 4 #2 stop -4 #3 limit 4 filled 2 worth 200 -> 2 suspended;
         ; 3 suspended; 2 new stop 96; 3 new limit 104
        4  quote 101x5 102x2 -> 1 trade 2@102 taker; 2 replaced qty 4 stop 97;
         ; 3 replaced qty 4 limit 105
    """)


def test_legs_may_wait_until_the_entry_is_complete(tell):
    tell(
        f"""
        0  quote 100x5 101x5
        1  trade 101x1
        10 #1 buy 3 limit 100 -> 1 new limit 100
        11 {BRACKET} complete -> 2 suspended; 3 suspended
        20 trade 100x1 seller -> 1 trade 1@100 maker, 2 left
        30 cancel #1 -> 1 canceled; 2 new stop 96; 3 new limit 104
    """,
        **FIRST,
    )


def test_legs_may_leave_each_other_as_large_as_they_are(tell):
    story = f"""{FILLED.replace("filled", "unshrunk filled")}
        20 trade 104x2 buyer -> 3 trade 2@104 maker, 1 left
        30 trade 96x9 seller -> 2 triggered stop 96 limit 86; 2 trade 3@96 taker; 3 canceled
    """
    tell(story, **FIRST)


def test_a_leg_that_is_refused_leaves_the_other_at_work(tell):
    tell("""
        0  quote 99x5 100x5
        1  trade 95x1
        2  #1 buy 3 market -> 1 new limit 110; 1 trade 3@100 taker
        3  attach #1 sell 3 #2 stop -4 #3 limit 4 filled 3 worth 300 -> 2 suspended;
         ; 3 suspended; 2 rejected SELL_STOP_NOT_BELOW_LAST; 3 new limit 104
        4  quote 104x9 105x9 -> 3 trade 3@104 maker
    """)


def test_legs_of_an_earlier_life_go_on_where_they_were(tell):
    engine = tell("""
        0  quote 99x5 100x5
        1  trade 100x1
        2  #2 sell 1 stop 97 -> 2 new stop 97
        3  #3 sell 2 limit 104 -> 3 new limit 104
    """).engine
    stop = Leg(2, OrdType.STOP, -4, px=96)  # moved by command
    target = Leg(3, OrdType.LIMIT, 4, px=104, carried=1)
    engine.submit(4, AttachLegs(1, Side.SELL, 3, (stop, target), 3, 300, 1, resumed=True))
    assert list(engine.advance(4)) == []
    assert [(leg.order_id, leg.px, leg.qty) for leg in engine.book().legs] == [
        (2, 96, 2),
        (3, 104, 3),
    ]
    engine.check()


LEG = Leg(2, OrdType.STOP, -4)


@pytest.mark.parametrize(
    ("legs", "says"),
    [
        ((), "the legs of 1: 0, which have to be orders of their own"),
        ((LEG, LEG), "the legs of 1: 2, which have to be orders of their own"),
        ((Leg(1, OrdType.STOP, -4),), "the legs of 1: 1, which have to be orders of their own"),
        ((Leg(2, OrdType.MARKET, -4),), "the legs of 1: 2 is a MARKET"),
        ((Leg(2, OrdType.TRAILING_STOP, -4),), "the legs of 1: 2 is a TRAILING_STOP, trail None"),
        ((Leg(2, OrdType.STOP, -4, trail=4),), "the legs of 1: 2 is a STOP, trail 4"),
        ((Leg(2, OrdType.STOP, -4, px=96),), "the legs of 1: 2 cannot be somewhere already"),
        ((LEG, Leg(7, OrdType.LIMIT, 4)), "order id 7 was used before"),
        ((LEG, Leg(8, OrdType.LIMIT, 4)), "order 8 is linked already"),
    ],
)
@pytest.mark.parametrize("name", [each for each in ENGINES if each != NATIVE or native_is_there()])
def test_legs_that_nobody_could_keep_are_the_callers_mistake(name, legs, says):
    engine = make_engine(name, Rules(profile=PROJECTX_SIM))
    engine.submit(0, NewOrder(7, Side.BUY, OrdType.LIMIT, 1, price=100))
    engine.submit(0, AttachLegs(9, Side.SELL, 1, (Leg(8, OrdType.STOP, -4),)))
    with pytest.raises(ValueError, match=says):
        engine.submit(1, AttachLegs(1, Side.SELL, 1, legs))
    # Nothing of it is left: the ids can be used.
    engine.submit(1, AttachLegs(1, Side.SELL, 1, (LEG,)))
