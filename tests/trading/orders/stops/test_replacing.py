"""RS-28: a broker that changes no order in place. A stop is never taken away before another works.

`tests/trading/orders/conftest.py` says how scripts are written.
"""

import pytest
from msgspec import structs
from position_acts import GUARDED
from scripted_broker import OFFERS

from dryfill.sim.loop.run import run_virtual
from dryfill.trading.words import Reason

FIXED = structs.replace(OFFERS, modify_in_place=False)
HELD = """
    do bracket buy 3 loss 40t target 80t
    > place 1.entry#1 buy 3 market
    < new 1.entry#1
    < ack 1.entry#1
    < fill 1.entry#1 3 @ 20000
    > place 1.stop#1 sell 3 stop 19990
    > place 1.target#1 sell 3 limit 20020
    < new 1.stop#1
    < ack 1.stop#1
    < new 1.target#1
    < ack 1.target#1
"""
MOVED = (
    HELD
    + """
    do move 1 stop 20t
    > place 1.stop#2 sell 3 stop 19995
    = waiting move 1 stop
"""
)

SCRIPTS = {
    "a stop that is moved: the new one first, then the old one goes": MOVED
    + """
        < new 1.stop#2
        > cancel 1.stop#1
        < ack 1.stop#2
        < canceled 1.stop#1
        < ack 1.stop#1
        = got move 1 stop -> None
        = working 1.target#1 1.stop#2
        = incidents
    """,
    "the answer of the new one will do": MOVED
    + """
        < ack 1.stop#2
        > cancel 1.stop#1
    """,
    "moved again meanwhile: one at a time, and the latest wins": MOVED
    + """
        do move 1 stop 16t
        do move 1 stop 12t
        < new 1.stop#2
        > cancel 1.stop#1
        < ack 1.stop#2
        < canceled 1.stop#1
        > place 1.stop#3 sell 3 stop 19997
        < ack 1.stop#1
        < ack 1.stop#3
        > cancel 1.stop#2
    """,
    "the old one ends before the new one is known: the move is made by that": MOVED
    + """
        < canceled 1.stop#1
        > ask fills
        > ask open
        = waiting move 1 stop
        < ack 1.stop#2
        < shown
        wait 0.25
        = got move 1 stop -> None
        = working 1.target#1 1.stop#2
    """,
    "the new one is refused: the old one stays, and the trader is told": MOVED
    + """
        < refuse 1.stop#2 NOT_SUPPORTED
        = got move 1 stop -> Refused
        wait 10
        = working 1.stop#1 1.target#1
        = incidents
    """,
    "the market has passed where its rules bring it: what is held is closed": """
        do bracket buy 1 loss 40t follow 8t
        > place 1.entry#1 buy 1 market
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        < new 1.stop#1
        < ack 1.stop#1
        do price 20010
        > place 1.stop#2 sell 1 stop 20008
        < refuse 1.stop#2 SELL_STOP_NOT_BELOW_LAST
        > cancel 1.stop#1
        < canceled 1.stop#1
        > place 1.exit#1 sell 1 market
        < ack 1.stop#1
        = incidents stop_change_refused
    """,
    "a move that is refused for ever leaves the old stop and never closes": """
        do bracket buy 1 loss 40t follow 8t
        > place 1.entry#1 buy 1 market
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        < new 1.stop#1
        < ack 1.stop#1
        do price 20010
        > place 1.stop#2 sell 1 stop 20008
        < refuse 1.stop#2 NOT_SUPPORTED
        wait 0.25
        > place 1.stop#3 sell 1 stop 20008
        < refuse 1.stop#3 NOT_SUPPORTED
        wait 0.5
        > place 1.stop#4 sell 1 stop 20008
        < refuse 1.stop#4 NOT_SUPPORTED
        wait 60
        = working 1.stop#1
        = incidents stop_change_refused stop_change_refused stop_change_refused
    """,
    "there is no room for two: the old one goes first": MOVED
    + """
        < refuse 1.stop#2 INSUFFICIENT_FUNDS
        > cancel 1.stop#1
        < canceled 1.stop#1
        > place 1.stop#3 sell 3 stop 19995
        < ack 1.stop#1
        < ack 1.stop#3
        = got move 1 stop -> None
        = working 1.target#1 1.stop#3
    """,
    "the new one is in doubt: the old one works until it is known": MOVED
    + """
        < lost 1.stop#2
        > look 1.stop#2
        < none 1.stop#2
        wait 0.25
        > look 1.stop#2
        = working 1.stop#1 1.target#1 1.stop#2
        x new 1.stop#2
        < found 1.stop#2
        > cancel 1.stop#1
    """,
    "the target fills in part: it is smaller by itself, the stop by another": HELD
    + """
        < fill 1.target#1 1 @ 20020
        > place 1.stop#2 sell 2 stop 19990
        < new 1.stop#2
        > cancel 1.stop#1
        < canceled 1.stop#1
        < ack 1.stop#1
        < ack 1.stop#2
        = working 1.target#1 1.stop#2
    """,
    "an entry that fills in parts: what is bare waits for no cancel": """
        do bracket buy 3 limit 20000 loss 40t target 80t
        > place 1.entry#1 buy 3 limit 20000
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        > place 1.target#1 sell 1 limit 20020
        < ack 1.stop#1
        < ack 1.target#1
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#2 sell 3 stop 19990
        > cancel 1.target#1
        < ack 1.stop#2
        > cancel 1.stop#1
        < canceled 1.target#1
        > place 1.target#2 sell 3 limit 20020
        < ack 1.target#1
        < ack 1.target#2
        < canceled 1.stop#1
        < ack 1.stop#1
        = bare
    """,
    "the old one fills as the new one comes: the new one goes": MOVED
    + """
        < fill 1.stop#1 3 @ 19990
        > cancel 1.target#1
        < new 1.stop#2
        > cancel 1.stop#2
        < canceled 1.stop#2
        < ack 1.stop#2
        = position 0
    """,
    "both fill: the excess is given back, once": MOVED
    + """
        < new 1.stop#2
        > cancel 1.stop#1
        < ack 1.stop#2
        < fill 1.stop#1 3 @ 19990
        > cancel 1.stop#2
        > cancel 1.target#1
        < fill 1.stop#2 3 @ 19990
        < canceled 1.target#1
        > place 1.exit#1 buy 3 market
        < ack 1.target#1
        = incidents overfill
        < refuse 1.stop#1 TOO_LATE
        < refuse 1.stop#2 TOO_LATE
    """,
    "a guard's stop and target": GUARDED
    + """
        do guard loss 19995
        > place 2.stop#2 sell 3 stop 19995
        < ack 2.stop#2
        > cancel 2.stop#1
        < canceled 2.stop#1
        < ack 2.stop#1
        = got guard -> protected(3)
        do guard target 20015
        > cancel 2.target#1
        < canceled 2.target#1
        > place 2.target#2 sell 3 limit 20015
        < ack 2.target#1
        < ack 2.target#2
        = got guard -> protected(3)
    """,
    "a linked order that gives way is cancelled first, and sent again smaller": """
        do place buy 3
        > place 1#1 buy 3 market
        < new 1#1
        < ack 1#1
        < fill 1#1 3 @ 20000
        do oco sell 3 limit 20010 | sell 3 stop 19990
        > place 2.leg1#1 sell 3 limit 20010
        > place 2.leg2#1 sell 3 stop 19990
        < ack 2.leg1#1
        < ack 2.leg2#1
        < fill 2.leg1#1 1 @ 20010
        > cancel 2.leg2#1
        < canceled 2.leg2#1
        > place 2.leg2#2 sell 2 stop 19990
        < ack 2.leg2#1
        < ack 2.leg2#2
        < fill 2.leg2#2 2 @ 19990
        > cancel 2.leg1#1
    """,
    "a close at a limit that gives way": """
        do place buy 3
        > place 1#1 buy 3 market
        < new 1#1
        < ack 1#1
        < fill 1#1 3 @ 20000
        do exit all limit 20010
        > place 2.close#1 sell 3 limit 20010
        < new 2.close#1
        < ack 2.close#1
        do place sell 1
        > place 3#1 sell 1 market
        < new 3#1
        < ack 3#1
        < fill 3#1 1 @ 20000
        > cancel 2.close#1
        < canceled 2.close#1
        > place 2.close#2 sell 2 limit 20010
        < ack 2.close#1
        < new 2.close#2
        < ack 2.close#2
        < fill 2.close#2 2 @ 20010
        = got exit 2 -> gone(2 of 3): nothing more was held
    """,
    "a larger stop of which nothing is heard gets its substitute, though nothing else happens": """
        do bracket buy 3 loss 40t
        > place 1.entry#1 buy 3 market
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#1 sell 2 stop 19990
        < new 1.stop#1
        < ack 1.stop#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#2 sell 3 stop 19990
        wait 0.99
        wait 0.01
        > place 1.stop#3 sell 3 stop 19990
        = incidents stop_hedged
    """,
    "a smaller stop of which nothing is heard gets its substitute: the old one is too large": HELD
    + """
        < fill 1.target#1 1 @ 20020
        > place 1.stop#2 sell 2 stop 19990
        wait 0.99
        wait 0.01
        > place 1.stop#3 sell 2 stop 19990
        = incidents stop_hedged
        < new 1.stop#3
        > cancel 1.stop#1
        < canceled 1.stop#1
        < ack 1.stop#1
        < ack 1.stop#3
        < new 1.stop#2
        > cancel 1.stop#2
        < canceled 1.stop#2
        = working 1.target#1 1.stop#3
    """,
    "of a smaller stop and its substitute the first that is confirmed takes over": HELD
    + """
        < fill 1.target#1 1 @ 20020
        > place 1.stop#2 sell 2 stop 19990
        wait 1
        > place 1.stop#3 sell 2 stop 19990
        < new 1.stop#2
        > cancel 1.stop#1
    """,
    "a substitute grows while nobody knows what it stands in for": """
        do bracket buy 3 loss 40t
        > place 1.entry#1 buy 3 market
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        wait 1
        > place 1.stop#2 sell 1 stop 19990
        < new 1.stop#2
        < ack 1.stop#2
        = incidents stop_hedged
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#3 sell 3 stop 19990
        = incidents stop_hedged stop_hedged
        < new 1.stop#3
        > cancel 1.stop#2
        < canceled 1.stop#2
        < ack 1.stop#2
        < ack 1.stop#3
        < new 1.stop#1
        > cancel 1.stop#1
        < canceled 1.stop#1
        = working 1.stop#3
        = bare
    """,
    "an order that stands alone cannot be changed, and stays as it is": """
        do place buy 2 limit 20000
        > place 1#1 buy 2 limit 20000
        < new 1#1
        < ack 1#1
        do modify 1#1 limit 20001
        wait 1
        = got modify 1#1 -> RefusedByUs
        = working 1#1
    """,
    "a stop that trails leaves no list of what it was": """
        do bracket buy 1 loss 40t follow 8t
        > place 1.entry#1 buy 1 market
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 1 @ 20000
        > place 1.stop#1 sell 1 stop 19990
        < new 1.stop#1
        < ack 1.stop#1
    """
    + "".join(
        f"""
        do price {20000 + n}
        > place 1.stop#{n + 1} sell 1 stop {19998 + n}
        < new 1.stop#{n + 1}
        > cancel 1.stop#{n}
        < ack 1.stop#{n + 1}
        < canceled 1.stop#{n}
        < ack 1.stop#{n}
        wait 0.5
        """
        for n in range(1, 20)
    ),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_at_a_broker_that_changes_no_order_it_goes_as_the_script_says(name, play):
    play(SCRIPTS[name], offers=FIXED)


def test_a_leg_keeps_few_of_its_attempts(play):
    def then(stage):
        assert len(stage.brackets["1"].orders()) < 12

    play(SCRIPTS["a stop that trails leaves no list of what it was"], offers=FIXED, then=then)


def test_who_moves_a_stop_is_told_why_the_broker_took_none_in_its_place(stage_kind):
    async def main():
        stage = stage_kind(offers=FIXED)
        await stage.play(MOVED + "< refuse 1.stop#2 NOT_SUPPORTED")
        return stage.tasks["move 1 stop"].exception()

    refused = run_virtual(main(), origin_ns=0)
    assert refused.reason is Reason.NOT_SUPPORTED
    assert "no reason given" not in str(refused)
