"""A process that ends in the middle, and what the next one makes of it."""

import pytest

from dryfill.trading import instruments
from dryfill.trading.orders.journal.sqlite import SqliteJournal


def misses(tag, *pauses):
    """An order that is looked up after each pause, and not there."""
    return "".join(f"wait {pause}\n> look {tag}\n< none {tag}\n" for pause in pauses)


BRACKET = """
    do bracket buy 2 loss 40t target 80t
    > place 1.entry#1 buy 2 market
    < new 1.entry#1
"""
GUARDED = (
    BRACKET
    + """
    < fill 1.entry#1 2 @ 20000
    > place 1.stop#1 sell 2 stop 19990
    > place 1.target#1 sell 2 limit 20020
    < ack 1.entry#1
    < new 1.stop#1
    < ack 1.stop#1
    < new 1.target#1
    < ack 1.target#1
"""
)
SCRIPTS = {
    "RS-44: an order sent and not answered is looked for, and never sent again": """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        x new 1#1
        {again}
        do place buy 1 limit 19990
        = refused RefusedByUs           -- not before the broker was asked
        < shown
        = recovered true
        = working 1#1
        = status 1#1 NEW
        do place buy 1 limit 19990
        > place 2#1 buy 1 limit 19990
    """,
    "RS-44: what never arrived is so by proof, looked up by its tag": """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        x never 1#1
        {again}
        < shown
        > look 1#1
        < none 1#1
    """
    + misses("1#1", 0.25, 0.5, 1, 2, 2)
    + """
        = status 1#1 PENDING_NEW
    """
    + misses("1#1", 2)
    + """
        = status 1#1 REJECTED
        = working
    """,
    "finding 1e: killed before the target is sent, there are one stop and one target": BRACKET
    + """
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#1 sell 2 stop 19990
        > place 1.target#1 sell 2 limit 20020
        x new 1.stop#1
        x never 1.target#1
        {again}
        < shown
        > look 1.target#1
        < none 1.target#1
        = working 1.stop#1 1.target#1   -- in doubt: a second one might be one too many
    """
    + misses("1.target#1", 0.25, 0.5, 1, 1, 1, 1, 1, 1)
    + """
        wait 0.25
        > place 1.target#2 sell 2 limit 20020
        < new 1.target#2
        < ack 1.target#2
        = working 1.stop#1 1.target#2
        = position 2
    """,
    "an entry that was filled while nobody lived gets its stop": BRACKET
    + """
        < ack 1.entry#1
        x fill 1.entry#1 2 @ 20000
        {again}
        < shown
        > place 1.stop#1 sell 2 stop 19990
        > place 1.target#1 sell 2 limit 20020
        = position 2
        = differences filled_unheard
    """,
    "a target that was filled while nobody lived takes the stop away": GUARDED
    + """
        x fill 1.target#1 2 @ 20020
        {again}
        < shown
        > cancel 1.stop#1
        < ack 1.stop#1
        < canceled 1.stop#1
        = position 0
        = fills 1.target#1 1
        = timers 0
    """,
    "fills that were heard before and are told again are booked once": GUARDED
    + """
        {again}
        < shown
        = position 2
        = fills 1.entry#1 1
        = differences
        = working 1.stop#1 1.target#1
        = timers 0
    """,
    "what a look shows of an order of before, beyond the fills told of it, is held": """
        do place buy 3 limit 20000
        > place 1#1 buy 3 limit 20000
        < new 1#1
        < ack 1#1
        < fill 1#1 1 @ 20000
        {again}
        < shown
        = position 1
        do modify 1#1 limit 19999
        > modify 1#1 price 19999
        x fill 1#1 1 @ 20000
        < lost 1#1
        > look 1#1
        < found 1#1
        = position 2
        > modify 1#1 price 19999
    """,
    "a stop that the trader moved stays where it was moved to": GUARDED
    + """
        do move 1 stop 19995
        > modify 1.stop#1 stop_px 19995
        < ack 1.stop#1
        < replaced 1.stop#1 stop_px 19995
        {again}
        < shown
        = working 1.stop#1 1.target#1
    """,
    "a move that was on its way when the process died is made": GUARDED
    + """
        do move 1 stop 19995
        > modify 1.stop#1 stop_px 19995
        {again}
        < shown
        > modify 1.stop#1 stop_px 19995
    """,
    "a target that the trader took away stays away": GUARDED
    + """
        do cancel 1.target#1
        > cancel 1.target#1
        < ack 1.target#1
        < canceled 1.target#1
        {again}
        < shown
        = working 1.stop#1
    """,
    "an order that the trader changed while the process died works as the broker has it": """
        do place buy 2 limit 20000
        > place 1#1 buy 2 limit 20000
        < new 1#1
        < ack 1#1
        x replaced 1#1 price 19999
        {again}
        < shown
        = working 1#1
    """,
    "a cancel that was on its way goes out again": """
        do place buy 2 limit 20000
        > place 1#1 buy 2 limit 20000
        < new 1#1
        < ack 1#1
        do cancel 1#1
        > cancel 1#1
        {again}
        < shown
        > cancel 1#1
    """,
    "a flatten goes on": GUARDED
    + """
        do flatten
        > cancel 1.target#1
        {again}
        < shown
        > cancel 1.target#1
        < ack 1.target#1
        < canceled 1.target#1
        > cancel 1.stop#1
        {again}
        < shown
        > cancel 1.stop#1
        < ack 1.stop#1
        < canceled 1.stop#1
        > place 2.exit#1 sell 2 market
        do place buy 1
        = refused RefusedByUs
        < new 2.exit#1
        < ack 2.exit#1
        < fill 2.exit#1 2 @ 20000
        = position 0
        do place buy 1
        > place 3#1 buy 1 market
    """,
    "a closing order of a flatten that was on its way is not sent twice": GUARDED
    + """
        do flatten
        > cancel 1.target#1
        < ack 1.target#1
        < canceled 1.target#1
        > cancel 1.stop#1
        < ack 1.stop#1
        < canceled 1.stop#1
        > place 2.exit#1 sell 2 market
        x new 2.exit#1
        {again}
        < shown
        = working 2.exit#1
        wait 2
        > cancel 2.exit#1
    """,
    "a bracket that was closing what it held goes on closing": BRACKET
    + """
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#1 sell 2 stop 19990
        > place 1.target#1 sell 2 limit 20020
        < ack 1.entry#1
        < refuse 1.stop#1 SELL_STOP_NOT_BELOW_LAST
        x new 1.target#1
        < ack 1.target#1
        > cancel 1.target#1
        {again}
        < shown
        > cancel 1.target#1
        < ack 1.target#1
        < canceled 1.target#1
        > place 1.exit#1 sell 2 market
    """,
    "recovery that is itself cut short is begun again": GUARDED
    + """
        x fill 1.target#1 2 @ 20020
        {again}
        {again}
        < shown
        > cancel 1.stop#1
        {again}
        < shown
        > cancel 1.stop#1
        < ack 1.stop#1
        < canceled 1.stop#1
        = position 0
        = timers 0
    """,
    "recovery asked for twice is done once": GUARDED
    + """
        {again}
        do recover
        < shown
        do recover
        = recovered true
        = differences
        = working 1.stop#1 1.target#1
    """,
    "a broker that does not answer is asked again, and nothing is opened before": GUARDED
    + """
        {again}
        < lost open
        wait 1
        > ask fills
        > ask open
        > ask orders
        > ask positions
        do place buy 1
        = refused RefusedByUs
        < shown
        = recovered true
    """,
    "events that come while the broker is asked count": GUARDED
    + """
        {again}
        < fill 1.target#1 2 @ 20020
        < shown
        > cancel 1.stop#1
        = position 0
        = fills 1.target#1 1
    """,
}
LOST = {
    "RS-45: without its journal it takes over what is its own, and the position": GUARDED
    + """
        do die
        do blank
        do live
        > ask fills
        > ask open
        > ask orders
        > ask positions
        < shown
        = working 1.stop#1 1.target#1
        = position 2
        = differences order_found order_found order_found
        do place sell 1
        > place 2#1 sell 1 market       -- no tag twice
    """,
    "RS-45: a stranger's order is left alone, and what he holds is held": """
        x hand buy 3 @ 20000
        x forget
        do die
        do blank
        do live
        > ask fills
        > ask open
        > ask orders
        > ask positions
        < shown
        = working
        = position 3
        = differences position_differs
    """,
    "a bracket whose plan is lost, and whose entry works, is taken away": BRACKET
    + """
        < ack 1.entry#1
        do die
        do blank
        do live
        > ask fills
        > ask open
        > ask orders
        > ask positions
        < shown
        > cancel 1.entry#1
        = incidents order_found plan_lost
    """,
    "a bracket whose plan is lost, and whose stop never went, is closed": BRACKET
    + """
        x fill 1.entry#1 2 @ 20000
        do die
        do blank
        do live
        > ask fills
        > ask open
        > ask orders
        > ask positions
        < shown
        > place 1.exit#1 sell 2 market
        = position 2
    """,
    "a bracket whose plan is lost, and which others closed, is left alone": """
        do bracket buy 1 loss 40t
        > place 1.entry#1 buy 1 market
        x new 1.entry#1
        x fill 1.entry#1 1 @ 20000
        x hand sell 1 @ 20000
        do die
        do blank
        do live
        > ask fills
        > ask open
        > ask orders
        > ask positions
        < shown
        wait 10
        = position 0
    """,
}


def test_a_journal_that_is_begun_anew_makes_no_tag_a_second_time(relive, tmp_path):
    journal = SqliteJournal(tmp_path / "j", account="SIM", find=instruments.find, prefix="q7-")
    script = """
        do place buy 1 limit 20000
        > place q7-1#1 buy 1 limit 20000
        < ack q7-1#1
        {again}
        < shown
        do place buy 1 limit 19990
        > place q7-2#1 buy 1 limit 19990
    """
    relive(script, journal=journal)
    journal.close()


@pytest.mark.parametrize("name", [*SCRIPTS, *LOST])
def test_after_a_restart_it_goes_as_the_script_says(name, relive):
    relive({**SCRIPTS, **LOST}[name])
