"""Finding 7: a bulk cancel that partly fails says of each order what became of it, and loses none.

The review: cancels of a position's orders answered with success, "already filled", "unknown" and
not at all; the result lists each with its outcome, a filled one moves the position, an unknown one
is looked up, one that got no answer stays tracked and is settled by the next event or look.
"""

import pytest

HELD = """
    do place buy 3
    > place 1#1 buy 3 market
    < new 1#1
    < ack 1#1
    < fill 1#1 3 @ 20000
"""
FOUR = (
    HELD
    + """
    do guard loss 19990 target 20020
    > place 2.stop#1 sell 3 stop 19990
    > place 2.target#1 sell 3 limit 20020
    < new 2.stop#1
    < ack 2.stop#1
    < new 2.target#1
    < ack 2.target#1
    do place buy 1 limit 19980
    > place 3#1 buy 1 limit 19980
    < new 3#1
    < ack 3#1
    do place buy 2 limit 19985
    > place 4#1 buy 2 limit 19985
    < new 4#1
    < ack 4#1
    do cancel_all
    > cancel 3#1
    > cancel 4#1
    > cancel 2.stop#1
    > cancel 2.target#1
"""
)

SCRIPTS = {
    "7: cancelled, filled, unknown to the broker, no answer": FOUR
    + """
        < ack 3#1                       -- taken; gone only when the broker says so
        = waiting cancel_all
        < canceled 3#1
        x fill 4#1 2 @ 19985
        < refuse 4#1 TOO_LATE           -- filled meanwhile: looked up, and its fill counts
        > look 4#1
        < found 4#1
        = position 5
        < refuse 2.stop#1 UNKNOWN_ORDER -- says nothing: looked up, works, cancelled again
        > look 2.stop#1
        < found 2.stop#1
        = status 2.stop#1 PENDING_CANCEL
        wait 0.25
        > cancel 2.stop#1
        < told                          -- the fill's own event changes nothing any more
        = position 5
        < lost 2.target#1               -- no answer: it may be gone; looked up, not sent blindly
        > look 2.target#1
        = waiting cancel_all
        = working 2.stop#1 2.target#1
        x canceled 2.target#1
        < found 2.target#1
        < told                          -- and its event changes nothing any more
        < canceled 2.stop#1             -- the answer to this one never comes
        = each 2.stop#1:cancelled(0) 2.target#1:cancelled(0) 3#1:cancelled(0) 4#1:already_filled(2)
        = got cancel_all -> 3 cancelled, 1 already_filled
        = working
        = position 5
    """,
    "7: at the time-out what is not known says so, and is tracked on": HELD
    + """
        do place buy 1 limit 19980
        > place 2#1 buy 1 limit 19980
        < new 2#1
        < ack 2#1
        do place buy 1 limit 19981
        > place 3#1 buy 1 limit 19981
        < new 3#1
        < ack 3#1
        do cancel_all 2
        > cancel 2#1
        > cancel 3#1
        < canceled 2#1
        < ack 2#1
        wait 0.75
        > cancel 3#1                        -- nobody answered: once more
        wait 1
        > cancel 3#1
        wait 0.25
        = got cancel_all -> 1 cancelled, 1 unknown
        = each 2#1:cancelled(0) 3#1:unknown(0)
        = working 3#1
        < fill 3#1 1 @ 19981
        = position 4
        = working
    """,
    "7: a success that came with a fill says how much": HELD
    + """
        do place buy 4 limit 19980
        > place 2#1 buy 4 limit 19980
        < new 2#1
        < ack 2#1
        do cancel_all
        > cancel 2#1
        x fill 2#1 3 @ 19980
        x canceled 2#1
        < ack 2#1
        = waiting cancel_all
        < told
        < told
        = each 2#1:cancelled(3)
        = position 6
    """,
    "RS-35: in flight is before the call, and what comes later stays": """
        do place buy 1 limit 19980
        > place 1#1 buy 1 limit 19980
        do cancel_all
        do place buy 1 limit 19990
        > place 2#1 buy 1 limit 19990
        < new 2#1
        < ack 2#1
        < new 1#1
        > cancel 1#1
        < late ack 1#1
        < canceled 1#1
        < ack 1#1
        = got cancel_all -> 1 cancelled
        = working 2#1
    """,
    "an entry in flight that never arrives is over, too": """
        do place buy 1 limit 19980
        > place 1#1 buy 1 limit 19980
        do cancel_all
        < refuse 1#1 INSUFFICIENT_FUNDS
        = got cancel_all -> 1 already_done
    """,
    "what protects is kept where that is asked, and closing orders always are": HELD
    + """
        do guard loss 19990
        > place 2.stop#1 sell 3 stop 19990
        < new 2.stop#1
        < ack 2.stop#1
        do place buy 1 limit 19980
        > place 3#1 buy 1 limit 19980
        < new 3#1
        < ack 3#1
        do cancel_all keep
        > cancel 3#1
        < canceled 3#1
        < ack 3#1
        = each 3#1:cancelled(0)
        = bare
        do exit all
        > cancel 2.stop#1
        < canceled 2.stop#1
        > place 4.exit#1 sell 3 market
        < ack 2.stop#1
        < new 4.exit#1
        < ack 4.exit#1
        do cancel_all
        = got cancel_all -> no orders
        < fill 4.exit#1 3 @ 20000
        = position 0
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_bulk_cancel_says_of_each_order_what_became_of_it(play, name):
    play(SCRIPTS[name])


def test_rs_31_ten_orders_mixed_outcomes_and_the_entry_that_filled_is_protected(play):
    """Three cancelled, two filled meanwhile, one unknown, one timed out but gone, three limited;
    one of the filled ones is a bracket's entry."""
    script = ["do bracket buy 1 limit 19985 loss 40t", "> place 1.entry#1 buy 1 limit 19985"]
    script += ["< ack 1.entry#1"]
    for n in range(2, 11):
        script += [f"do place buy 1 limit 199{n:02}", f"> place {n}#1 buy 1 limit 199{n:02}"]
        script += [f"< ack {n}#1"]
    tags = ["1.entry#1", *(f"{n}#1" for n in range(2, 11))]
    script += ["do cancel_all", *(f"> cancel {tag}" for tag in tags)]
    for n in (2, 3, 4):  # cancelled
        script += [f"< ack {n}#1", f"< canceled {n}#1"]
    for n in (8, 9, 10):  # 429, each again after what the broker asked for
        script += [f"< limited {n}#1 3"]
    script += [
        "< fill 1.entry#1 1 @ 19985",  # filled meanwhile: an entry, protected at once
        "> place 1.stop#1 sell 1 stop 19975",
        "< refuse 1.entry#1 TOO_LATE",
        "< new 1.stop#1",
        "< ack 1.stop#1",
        "< refuse 5#1 TOO_LATE",  # filled meanwhile, and no event yet
        "> look 5#1",
        "x fill 5#1 1 @ 19905",
        "< found 5#1",
        "= position 2",
        "< told",
        "< refuse 6#1 UNKNOWN_ORDER",  # unknown to the broker: looked up
        "> look 6#1",
        "x canceled 6#1",
        "< found 6#1",
        "< lost 7#1",  # timed out, but cancelled
        "> look 7#1",
        "x canceled 7#1",
        "< found 7#1",
        "= waiting cancel_all",
        "wait 3",
        *(f"> cancel {n}#1" for n in (8, 9, 10)),
        *(f"< canceled {n}#1" for n in (8, 9, 10)),  # and the two that a look knew of already
        "< told",
        "< told",
        *(f"< ack {n}#1" for n in (8, 9, 10)),
        "= got cancel_all -> 2 already_filled, 8 cancelled",
        "= working 1.stop#1",
        "= position 2",
        "= bare",
    ]
    stage = play("\n".join(script))
    results = stage.tasks["cancel_all"].result().results
    assert [order.cl_ord_id for order in results] == tags, "each once, oldest first"
