"""A closing order that rests while other hands close a part of what it is for never turns it over.

At market it may rest where nobody is to trade with (found on recorded trades of gold, hostile 15).
"""

import pytest
from held_with_a_stop import HELD

from dryfill.trading.orders.brackets.bracket import Bracket

BOUGHT_2 = """
    do place buy 2
    > place 1#1 buy 2 market
    < new 1#1
    < ack 1#1
    < fill 1#1 2 @ 20000
"""
STRANGER_SELLS_1 = """
    x rests web-1 sell 1 20000
    < fill web-1 1 @ 20000
"""


def rests_and_is_made_fit(owner):
    """Its order for two rests, one is closed by another, and one goes in its place."""
    return f"""
        > place {owner}.exit#1 sell 2 market
        < new {owner}.exit#1
        < ack {owner}.exit#1
        {STRANGER_SELLS_1}
        > cancel {owner}.exit#1
        < canceled {owner}.exit#1
        > place {owner}.exit#2 sell 1 market
        < ack {owner}.exit#1
        < new {owner}.exit#2
        < ack {owner}.exit#2
        < fill {owner}.exit#2 1 @ 19990
        = position 0
        = working
    """


SCRIPTS = {
    "a bracket's, whose stop was refused": """
        do bracket buy 2 loss 40t
        > place 1.entry#1 buy 2 market
        < new 1.entry#1
        < ack 1.entry#1
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#1 sell 2 stop 19990
        < refuse 1.stop#1 SELL_STOP_NOT_BELOW_LAST
    """
    + rests_and_is_made_fit(1),
    "a guard's, whose stop was refused": BOUGHT_2
    + """
        do guard loss 40t
        > place 2.stop#1 sell 2 stop 19990
        < refuse 2.stop#1 SELL_STOP_NOT_BELOW_LAST
    """
    + rests_and_is_made_fit(2),
    "a flatten's": BOUGHT_2 + "do flatten" + rests_and_is_made_fit(2),
    "and one that no hand touched rests on": BOUGHT_2
    + """
        do flatten
        > place 2.exit#1 sell 2 market
        < new 2.exit#1
        < ack 2.exit#1
        < fill 2.exit#1 1 @ 20000
        = working 2.exit#1
        < fill 2.exit#1 1 @ 20000
        = position 0
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_is_taken_away_and_what_is_left_goes_anew(name, play):
    play(SCRIPTS[name])


def test_so_it_is_with_a_fallbacks(play, stage_kind, monkeypatch):
    def raises(bracket):
        raise ZeroDivisionError("a fault of ours")

    with monkeypatch.context() as broken:
        broken.setattr(Bracket, "wake", raises)
        play(
            HELD
            + """
            < status OPEN
            > cancel 1.target#1
            < canceled 1.target#1
            < ack 1.target#1
            < canceled 1.stop#1
            """
            + rests_and_is_made_fit(1)
        )
