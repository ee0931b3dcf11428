"""What is to be closed keeps its stop for as long as an order that nobody has heard of may work."""

from decimal import Decimal

import pytest

from dryfill.trading.orders.brackets.core import LegFacts, LegWish, Mode, last_stop
from dryfill.trading.orders.guards.core import GuardFacts, desired
from dryfill.trading.orders.guards.spec import GuardSpec
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.words import Side

EXITS = """
    do bracket buy 2 loss 40t target 80t follow 8t
    > place 1.entry#1 buy 2 market
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 2 @ 20000
    > place 1.stop#1 sell 2 stop 19990
    > place 1.target#1 sell 2 limit 20020
    < new 1.stop#1
    < ack 1.stop#1
    do price 20010
    > modify 1.stop#1 stop_px 20008
    < refuse 1.stop#1 SELL_STOP_NOT_BELOW_LAST
    > look 1.stop#1
    < found 1.stop#1                -- it is to be closed, and the target is not answered yet
    = working 1.stop#1 1.target#1
    = incidents stop_change_refused
"""
# One target fills while the stop is on its way to the market; then that refuses it, twice.
SMALLER = """
    do bracket buy 3 loss 40t target 2:80t,1:120t follow 8t
    > place 1.entry#1 buy 3 market
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 3 @ 20000
    > place 1.stop#1 sell 3 stop 19990
    > place 1.target1#1 sell 2 limit 20020
    > place 1.target2#1 sell 1 limit 20030
    < new 1.stop#1
    < ack 1.stop#1
    < new 1.target1#1
    < ack 1.target1#1
    do price 20025
    > modify 1.stop#1 stop_px 20023
    < fill 1.target1#1 2 @ 20020
    < refuse 1.stop#1 SELL_STOP_NOT_BELOW_LAST
    > look 1.stop#1
    < found 1.stop#1
    > modify 1.stop#1 order_qty 1 stop_px 20023
    < refuse 1.stop#1 SELL_STOP_NOT_BELOW_LAST
    > look 1.stop#1
    < found 1.stop#1
    > modify 1.stop#1 order_qty 1
    = working 1.stop#1 1.target2#1
    = incidents stop_change_refused
"""
# The stop rests, and is smaller than what is held; nobody answers what became of the target.
IN_DOUBT = """
    do bracket buy 2 loss 40t target 80t
    > place 1.entry#1 buy 2 market
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 1 @ 20000
    > place 1.stop#1 sell 1 stop 19990
    > place 1.target#1 sell 1 limit 20020
    < new 1.stop#1
    < ack 1.stop#1
    < lost 1.target#1
    > look 1.target#1
    < none 1.target#1
    < triggered 1.stop#1
    < fill 1.entry#1 1 @ 20000
    > modify 1.stop#1 order_qty 2
    wait 0.21
    = incidents stop_rests
    < fill 1.stop#1 1 @ 19990
    > place 1.stop#2 sell 1 stop 19990
"""
CLOSES = """
    > place 1.exit#1 sell 2 market
    < new 1.exit#1
    < fill 1.exit#1 2 @ 20005
    < ack 1.exit#1
    = position 0
    = incidents stop_change_refused
    wait 1
    = timers 0
"""
SCRIPTS = {
    "until it is acknowledged": EXITS
    + """
    < ack 1.target#1
    > cancel 1.stop#1
    > cancel 1.target#1
    < canceled 1.stop#1
    < canceled 1.target#1
    """
    + CLOSES,
    "until it is refused": EXITS
    + """
    < refuse 1.target#1 NONE
    > cancel 1.stop#1
    < canceled 1.stop#1
    > place 1.exit#1 sell 2 market
    """,
    "until it is known that it never arrived": EXITS
    + """
    x never 1.target#1
    < lost 1.target#1
    > look 1.target#1
    < none 1.target#1
    wait 0.25
    > look 1.target#1
    < none 1.target#1
    > cancel 1.stop#1
    < canceled 1.stop#1
    """
    + CLOSES,
    "and it may fill meanwhile, which closes the position": EXITS
    + """
    < triggered 1.stop#1
    < fill 1.stop#1 2 @ 19990
    = position 0
    < ack 1.target#1
    > cancel 1.target#1
    < canceled 1.target#1
    < ack 1.target#1
    wait 1
    = timers 0
    = incidents stop_change_refused
    """,
    "one for more than is held is made smaller where it is": SMALLER
    + """
    < ack 1.stop#1
    < ack 1.target2#1
    > cancel 1.stop#1
    > cancel 1.target2#1
    < canceled 1.stop#1
    < canceled 1.target2#1
    > place 1.exit#1 sell 1 market
    """,
    "and is taken away where the broker does not take that": SMALLER
    + """
    < refuse 1.stop#1 NONE
    > look 1.stop#1
    < found 1.stop#1
    > cancel 1.stop#1
    """,
    "and where it filled in part one for the rest is sent, while nobody answers": IN_DOUBT
    + """
    < new 1.stop#2
    < ack 1.stop#2
    = working 1.target#1 1.stop#2
    wait 0.25
    > look 1.target#1
    < found 1.target#1
    > cancel 1.stop#2
    > cancel 1.target#1
    < canceled 1.target#1
    < canceled 1.stop#2
    > place 1.exit#1 sell 1 market
    """,
    "one that is refused is sent again as often as others are, each after a pause": IN_DOUBT
    + """
    < refuse 1.stop#2 SELL_STOP_NOT_BELOW_LAST
    > look 1.target#1
    wait 0.25
    > place 1.stop#3 sell 1 stop 19990
    < refuse 1.stop#3 SELL_STOP_NOT_BELOW_LAST
    wait 0.49
    < lost 1.target#1
    wait 0.01
    > place 1.stop#4 sell 1 stop 19990
    < refuse 1.stop#4 SELL_STOP_NOT_BELOW_LAST
    > place 1.exit#1 sell 1 market  -- and then it is closed beside what nobody answers for
    """,
    "one for less than is held by now is made larger where it is": """
    do bracket buy 3 loss 40t target 80t follow 8t
    > place 1.entry#1 buy 3 market
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 2 @ 20000
    > place 1.stop#1 sell 2 stop 19990
    > place 1.target#1 sell 2 limit 20020
    < new 1.stop#1
    < ack 1.stop#1
    do price 20010
    > modify 1.stop#1 stop_px 20008
    < refuse 1.stop#1 SELL_STOP_NOT_BELOW_LAST
    > look 1.stop#1
    < found 1.stop#1
    > cancel 1.entry#1
    < fill 1.entry#1 1 @ 20000
    > modify 1.stop#1 order_qty 3
    < refuse 1.entry#1 TOO_LATE
    < refuse 1.stop#1 NONE
    > look 1.stop#1
    < found 1.stop#1
    = working 1.stop#1 1.target#1   -- some of it is better than none
    = incidents stop_change_refused stop_change_refused
    < ack 1.target#1
    > cancel 1.stop#1
    > cancel 1.target#1
    < canceled 1.stop#1
    < canceled 1.target#1
    > place 1.exit#1 sell 3 market
    """,
    "or an event tells of it": EXITS
    + """
    < new 1.target#1
    > cancel 1.stop#1
    > cancel 1.target#1
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_stop_stays_as_the_script_says(name, play):
    play(SCRIPTS[name], OrderSettings(visible_s=0.2, misses=1, exit_patience_s=0.2))


def leg(open_qty, *, untold=False, confirmed=None):
    known = not untold if confirmed is None else confirmed
    return LegFacts(0, open_qty, open_qty > 0, untold=untold, confirmed=known)


STAYS, GOES = LegWish(0, stays=True), LegWish(0)


@pytest.mark.parametrize(
    ("stop", "targets", "held", "wish"),
    [
        (leg(3), [leg(3, untold=True)], 3, STAYS),
        (leg(2), [leg(1), leg(2, untold=True)], 3, LegWish(3)),  # filled meanwhile: it grows
        (leg(3, untold=True, confirmed=True), [], 3, STAYS),  # another attempt is in doubt
        (leg(3), [leg(3)], 3, GOES),
        (leg(3), [], 3, GOES),
        (leg(3), [leg(3, untold=True)], 2, LegWish(2)),  # it would close more than is held
        (leg(3), [leg(3, untold=True)], 0, GOES),
        (leg(0), [leg(3, untold=True)], 3, GOES),
        (leg(3, untold=True), [leg(3, untold=True)], 3, STAYS),  # it may protect, as it turns out
        (leg(2, untold=True), [leg(3, untold=True)], 3, STAYS),  # nor made larger
        (leg(3, untold=True), [leg(3)], 3, GOES),  # nothing is known to, and it alone is in doubt
        (leg(3, confirmed=False), [leg(3, untold=True)], 3, GOES),  # it was not sent yet
    ],
)
def test_a_stop_that_protects_stays_while_another_order_was_not_heard_of(stop, targets, held, wish):
    assert last_stop(stop, targets, held, None) == wish


@pytest.mark.parametrize(
    ("mode", "excess", "stays"),
    [(Mode.EXITING, 0, True), (Mode.RELEASED, 0, False), (Mode.EXITING, 1, False)],
)
def test_a_guard_that_closes_keeps_its_stop_as_a_bracket_does(mode, excess, stays, mnq):
    spec = GuardSpec(instrument=mnq, side=Side.BUY)
    facts = GuardFacts(3, leg(3), leg(3, untold=True), excess=excess)
    wish = desired(spec, facts, mode)
    assert (wish.stop.stays, wish.target, wish.exit_qty) == (stays, LegWish(0), 0)


@pytest.mark.parametrize("mode", [Mode.EXITING, Mode.RELEASED])
def test_so_is_a_guard_that_has_none_while_nobody_answers(mode, mnq):
    spec = GuardSpec(instrument=mnq, side=Side.BUY, stop=Decimal(19_990))
    target = LegFacts(0, 3, True, unsure=True, untold=True, doubted=True)
    wish = desired(spec, GuardFacts(3, leg(0), target), mode)
    expected = LegWish(3, Decimal(19_990)) if mode is Mode.EXITING else LegWish(0)
    assert (wish.stop, wish.target, wish.exit_qty) == (expected, LegWish(0), 0)
