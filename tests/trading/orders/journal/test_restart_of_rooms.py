"""Groups, guards, closes and the kill switch over a restart; positions that nobody can explain."""

import pytest
from breaking import broken
from position_acts import GUARDED

from dryfill.trading.orders.brackets.bracket import Bracket
from dryfill.trading.orders.journal.memory import MemoryJournal
from dryfill.trading.orders.settings import OrderSettings

ROUND = "> ask fills\n> ask open\n> ask orders\n> ask positions\n"
OCO = """
    do place buy 2
    > place 1#1 buy 2 market
    < new 1#1
    < ack 1#1
    < fill 1#1 2 @ 20000
    do oco sell 2 limit 20020 | sell 2 stop 19990
    > place 2.leg1#1 sell 2 limit 20020
    > place 2.leg2#1 sell 2 stop 19990
    < new 2.leg1#1
    < ack 2.leg1#1
    < new 2.leg2#1
    < ack 2.leg2#1
"""
ALONE = """
    do place buy 2 limit 19990
    > place 1#1 buy 2 limit 19990
    < new 1#1
    < ack 1#1
    do place buy 2 limit 19980
    > place 2#1 buy 2 limit 19980
    < new 2#1
    < ack 2#1
    do link 1#1 2#1
"""
SCRIPTS = {
    "a group's other order goes when one was filled while nobody lived": OCO
    + """
        x fill 2.leg1#1 2 @ 20020
        {again}
        < shown
        > cancel 2.leg2#1
        = position 0
    """,
    "a group shrinks by what is filled after a restart": OCO
    + """
        {again}
        < shown
        = working 2.leg1#1 2.leg2#1
        < fill 2.leg1#1 1 @ 20020
        > modify 2.leg2#1 order_qty 1
    """,
    "orders that were linked are linked again": ALONE
    + """
        {again}
        < shown
        = working 1#1 2#1
        < fill 1#1 1 @ 19990
        > modify 2#1 order_qty 1
    """,
    "an order that comes first sends the others out, whoever lives": """
        do oto buy 2 limit 20000 | sell 2 limit 20020 | sell 2 stop 19990
        > place 1.first#1 buy 2 limit 20000
        < new 1.first#1
        < ack 1.first#1
        x fill 1.first#1 2 @ 20000
        {again}
        < shown
        > place 1.leg1#1 sell 2 limit 20020
        > place 1.leg2#1 sell 2 stop 19990
    """,
    "a guard guards on, and shrinks with what it guards": GUARDED
    + """
        {again}
        < shown
        = working 2.stop#1 2.target#1
        x hand sell 1 @ 20000
        < stream up gap
        > ask fills
        > ask open
        > ask orders
        > ask positions
        < shown
        > modify 2.stop#1 order_qty 2
        > modify 2.target#1 order_qty 2
        = position 2
    """,
    "a guard whose target was filled while nobody lived takes its stop away": GUARDED
    + """
        x fill 2.target#1 3 @ 20020
        {again}
        < shown
        > cancel 2.stop#1
        = position 0
    """,
    "a guard whose stop never went is looked up, and sends no second one before": """
        do place buy 3
        > place 1#1 buy 3 market
        < new 1#1
        < ack 1#1
        < fill 1#1 3 @ 20000
        do guard loss 19990
        > place 2.stop#1 sell 3 stop 19990
        {again}
        < shown
        = working 2.stop#1
        = position 3
    """,
    "a close goes on": GUARDED
    + """
        do exit 2
        > modify 2.stop#1 order_qty 1
        > modify 2.target#1 order_qty 1
        {again}
        < shown
        > modify 2.stop#1 order_qty 1
        > modify 2.target#1 order_qty 1
        < ack 2.stop#1
        < replaced 2.stop#1 order_qty 1
        < ack 2.target#1
        > place 3.exit#1 sell 2 market
        < replaced 2.target#1 order_qty 1
        < new 3.exit#1
        < ack 3.exit#1
        < fill 3.exit#1 2 @ 20000
        = position 1
        = working 2.stop#1 2.target#1
    """,
    "a kill switch that was pulled stays so until it is released": GUARDED
    + """
        do kill enough
        > cancel 2.target#1
        < ack 2.target#1
        < canceled 2.target#1
        > cancel 2.stop#1
        {again}
        < shown
        > cancel 2.stop#1
        < ack 2.stop#1
        < canceled 2.stop#1
        > place 3.exit#1 sell 3 market
        < new 3.exit#1
        < ack 3.exit#1
        < fill 3.exit#1 3 @ 20000
        = position 0
        do place buy 1
        = refused RefusedByUs
        {again}
        < shown
        do place buy 1
        = refused RefusedByUs
        do release
        {again}
        < shown
        do place buy 1
        > place 4#1 buy 1 market
    """,
}
HELD = """
    do place buy 2
    > place 1#1 buy 2 market
    < new 1#1
    < ack 1#1
    < fill 1#1 2 @ 20000
"""
ROUND = """
    > ask fills
    > ask open
    > ask orders
    > ask positions
"""
POSITIONS = {
    "a position that nothing explains is taken over when a second look shows it too": HELD
    + """
        x hand sell 1 @ 20000
        x forget
        {again}
        < shown
        = position 2                    -- one look may come between a fill and its report
        = differences position_differs
        wait 5
    """
    + ROUND
    + """
        < shown
        = position 1
        = differences position_differs
        = timers 0
        {again}
        < shown
        = position 1
        = differences
    """,
    "the quiet comparison says nothing of what one look alone shows": HELD
    + """
        x hand sell 1 @ 20000
        x forget
        wait 60
    """
    + ROUND
    + """
        < shown
        = differences
        wait 5
    """
    + ROUND
    + """
        < fill 1#1 1 @ 20000            -- something moved meanwhile: it proves nothing
        < shown
        = differences
        wait 5
    """
    + ROUND,
    "RS-22: a stale position is outlived by a look at the true one": HELD
    + """
        wait 60
    """
    + ROUND
    + """
        x hand sell 1 @ 20000
        x forget
        < shown
        = position 2
        x hand buy 1 @ 20000
        x forget
        wait 5
    """
    + ROUND
    + """
        < shown
        = position 2
        = differences
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_over_a_restart_it_goes_as_the_script_says(name, relive):
    relive(SCRIPTS[name])


@pytest.mark.parametrize("name", POSITIONS)
def test_what_is_held_is_what_the_broker_goes_on_saying(name, relive):
    relive(POSITIONS[name], OrderSettings(reconcile_lossless_s=60.0))


def test_what_a_fallback_closes_is_closed_once_whoever_lives(stage_kind, monkeypatch):
    before = f"""
        do recover
        {ROUND}
        < shown
        do bracket buy 2 loss 40t
        > place 1.entry#1 buy 2 market
        < new 1.entry#1
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#1 sell 2 stop 19990
        < ack 1.entry#1
        < new 1.stop#1
        < ack 1.stop#1
    """
    after = f"""
        < canceled 1.stop#1
        > place 1.exit#1 sell 2 market
        = incidents fault fallback
        < new 1.exit#1
        < ack 1.exit#1
        do die
        do live
        {ROUND}
        < shown
        = working 1.exit#1
        < fill 1.exit#1 2 @ 19999
        = position 0
        = working
        = timers 0
    """
    journal = MemoryJournal()
    broken(stage_kind, monkeypatch, before, [(Bracket, "settle")], after, journal=journal)
