"""Orders placed and changed: each way in which answers, events and second thoughts can cross."""

import pytest

SCRIPTS = {
    "a limit order is placed, filled in parts and over": """
        do place buy 3 limit 20000
        > place 1#1 buy 3 limit 20000
        = status 1#1 PENDING_NEW
        < new 1#1
        < ack 1#1
        = status 1#1 NEW
        = got place 1#1 -> <order 1#1 (buy 3 MNQ limit) NEW cum_qty=0 leaves_qty=3>
        < fill 1#1 1 @ 20000
        = status 1#1 PARTIALLY_FILLED
        = position 1
        < fill 1#1 2 @ 20000
        = status 1#1 FILLED
        = position 3
        = heard position 3
        = working
        = timers 0
    """,
    "RS-03: fills before the answer count, and the answer changes nothing": """
        do place buy 2
        > place 1#1 buy 2 market
        < new 1#1
        < fill 1#1 2 @ 20000
        = position 2
        = status 1#1 FILLED
        < ack 1#1
        = position 2
        = status 1#1 FILLED
        = incidents
    """,
    "an order that the broker refuses is over, and its late report changes nothing": """
        do place buy 2
        > place 1#1 buy 2 market
        x rejected 1#1 NO_OPPOSITE
        < refuse 1#1 NO_OPPOSITE
        = got place 1#1 -> Refused
        < told
        = status 1#1 REJECTED
        = heard REJECTED 1#1
        = incidents
    """,
    "a rejection told before its answer ends the order once": """
        do place buy 2
        > place 1#1 buy 2 market
        < rejected 1#1 NO_OPPOSITE
        < refuse 1#1 NO_OPPOSITE
        = got place 1#1 -> Refused
        = incidents
    """,
    "a change is agreed by its answer": """
        do place buy 3 limit 20000
        > place 1#1 buy 3 limit 20000
        < new 1#1
        < ack 1#1
        do modify 1#1 qty 2 limit 20000.25
        > modify 1#1 order_qty 2 price 20000.25
        = status 1#1 PENDING_REPLACE
        < ack 1#1
        = got modify 1#1 -> None
        < replaced 1#1 order_qty 2 price 20000.25
        = status 1#1 NEW
        = incidents
    """,
    "REPLACED before the answer is ours as well, whatever comes in between": """
        do place buy 3 limit 20000
        > place 1#1 buy 3 limit 20000
        < new 1#1
        < ack 1#1
        do modify 1#1 limit 20001
        > modify 1#1 price 20001
        < replaced 1#1 price 20001
        < replaced 1#1 price 20002      -- another hand's, and newer
        = incidents changed_elsewhere
        < ack 1#1
        = status 1#1 NEW
    """,
    "a broker that makes something else of every change is asked again, but with pauses": """
        do place buy 3 limit 20000
        > place 1#1 buy 3 limit 20000
        < new 1#1
        < ack 1#1
        do modify 1#1 limit 20001
        > modify 1#1 price 20001
        < ack 1#1
        < replaced 1#1 price 20000.50
        > modify 1#1 price 20001
        < ack 1#1
        < replaced 1#1 price 20000.50
        wait 0.25
        > modify 1#1 price 20001
        < ack 1#1
        < replaced 1#1 price 20000.50
        wait 0.49
        wait 0.01
        > modify 1#1 price 20001
        < replaced 1#1 price 20001
        < ack 1#1
        = got modify 1#1 -> None
        = timers 0
    """,
    "RS-25: of changes wished while one is in flight the latest is sent, once": """
        do place buy 3 limit 20000
        > place 1#1 buy 3 limit 20000
        < new 1#1
        < ack 1#1
        do modify 1#1 limit 20001
        > modify 1#1 price 20001
        do modify 1#1 limit 20002
        do modify 1#1 limit 20003
        < ack 1#1
        > modify 1#1 price 20003
        < replaced 1#1 price 20001
        < replaced 1#1 price 20003
        < ack 1#1
        = got modify 1#1 -> None
    """,
    "RS-25: a change without an answer is looked up and not guessed": """
        do place buy 3 limit 20000
        > place 1#1 buy 3 limit 20000
        < new 1#1
        < ack 1#1
        do modify 1#1 limit 20001
        > modify 1#1 price 20001
        x replaced 1#1 price 20001      -- it was applied
        < lost 1#1
        > look 1#1
        do modify 1#1 limit 20000       -- back again: only the look knows that there is a way back
        < found 1#1
        > modify 1#1 price 20000
        < told
        < replaced 1#1 price 20000
        < ack 1#1
        = status 1#1 NEW
    """,
    "RS-29: a change refused because filled is no refusal": """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        < new 1#1
        < ack 1#1
        do modify 1#1 limit 20001
        > modify 1#1 price 20001
        x fill 1#1 1 @ 20000
        < refuse 1#1 TOO_LATE
        > look 1#1
        < found 1#1
        = got modify 1#1 -> None        -- the order is over, as promised
        = status 1#1 FILLED
        < told
        = incidents
    """,
    "a change that is refused leaves the order as it was, and the next one starts from there": """
        do place buy 3 limit 20000
        > place 1#1 buy 3 limit 20000
        < new 1#1
        < ack 1#1
        do modify 1#1 qty 900
        > modify 1#1 order_qty 900
        < refuse 1#1 QUANTITY_OUT_OF_RANGE
        > look 1#1
        = waiting modify 1#1
        < found 1#1
        = got modify 1#1 -> Refused
        = status 1#1 NEW
        do modify 1#1 limit 20001
        > modify 1#1 price 20001
        < ack 1#1
        = got modify 1#1 -> None
    """,
    "RS-24: a fill while a change is in flight is counted once": """
        do place buy 3 limit 20000
        > place 1#1 buy 3 limit 20000
        < new 1#1
        < ack 1#1
        do modify 1#1 limit 20000.25
        > modify 1#1 price 20000.25
        < fill 1#1 1 @ 20000
        < replaced 1#1 price 20000.25
        < ack 1#1
        = status 1#1 PARTIALLY_FILLED
        = position 1
        < fill 1#1 2 @ 20000.25
        = position 3
    """,
    "a market order's own limit, which the venue made, is not changed back for ever": """
        do place buy 3
        > place 1#1 buy 3 market
        < new 1#1 price 20006
        < ack 1#1
        < fill 1#1 1 @ 20000
        do modify 1#1 qty 2
        > modify 1#1 order_qty 2
        < ack 1#1
        < replaced 1#1 order_qty 2 price 20006
        = got modify 1#1 -> None
        = status 1#1 PARTIALLY_FILLED
    """,
    "a trailing stop that follows the market is not called back": """
        do place sell 1 trail 8
        > place 1#1 sell 1 trailing_stop
        < new 1#1 stop_px 19998
        < ack 1#1
        < replaced 1#1 stop_px 19999
        = status 1#1 NEW
    """,
    "an order without an answer is looked up, and a late NEW is no fault": """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        x new 1#1
        < lost 1#1
        > look 1#1
        < found 1#1
        = status 1#1 NEW
        = got place 1#1 -> <order 1#1 (buy 1 MNQ limit) NEW cum_qty=0 leaves_qty=1>
        < told
        = incidents
        = heard NEW 1#1
    """,
    "RS-04: the event names an order whose answer was lost; nothing is sent again": """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        < lost 1#1
        > look 1#1
        wait 0.4
        < new 1#1
        = got place 1#1 -> <order 1#1 (buy 1 MNQ limit) NEW cum_qty=0 leaves_qty=1>
        < none 1#1
        = status 1#1 NEW
        = working 1#1
    """,
    "RS-04: whoever waits is told that nobody knows once nobody told him for a while": """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        < lost 1#1
        > look 1#1
        < none 1#1                      -- no evidence
        wait 0.25
        > look 1#1
        < none 1#1
        wait 0.5
        > look 1#1
        wait 0.15
        = got place 1#1 -> OutcomeUnknown
        < found 1#1
        = status 1#1 NEW
    """,
    "RS-04: the event says that an order whose answer was lost was refused": """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        < lost 1#1
        > look 1#1
        < rejected 1#1
        = got place 1#1 -> Refused
        < none 1#1
        = working
    """,
    "INV-09: absent is proved by two looks that began late enough, no sooner": """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        < lost 1#1
        > look 1#1
        < none 1#1
        wait 0.25
        > look 1#1
        < none 1#1
        wait 0.5
        > look 1#1
        < none 1#1
        wait 1
        > look 1#1
        < none 1#1
        wait 2
        > look 1#1
        < none 1#1                      -- 3.75 s: no evidence yet
        wait 2
        > look 1#1
        < lost 1#1                      -- 5.75 s: a look that fails is none either
        wait 2
        > look 1#1
        < none 1#1                      -- 7.75 s: one
        = status 1#1 PENDING_NEW
        wait 2
        > look 1#1
        < none 1#1                      -- two
        = status 1#1 REJECTED
        = timers 0
    """,
    "a fill told twice is booked once and told once": """
        do place buy 2 limit 20000
        > place 1#1 buy 2 limit 20000
        < new 1#1
        < ack 1#1
        < fill 1#1 1 @ 20000
        = position 1
        < again
        = position 1
        < fill 1#1 1 @ 20000
        = position 2
        = heard position 2
        < again
        = position 2
        = status 1#1 FILLED
        = incidents
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_an_order_goes_as_the_script_says(name, play):
    stage = play(SCRIPTS[name])
    for order in stage.orders.values():
        assert order.working or not order.changed.waited_for, f"{order!r} is still waited for"


def test_events_without_a_tag_are_held_for_the_answer_that_names_them(play):
    stage = play(
        """
        do place buy 2 limit 20000
        > place 1#1 buy 2 limit 20000
        < new 1#1
        < fill 1#1 1 @ 20000
        = position 1                    -- a stranger's so far
        = status 1#1 PENDING_NEW
        < ack 1#1
        = status 1#1 PARTIALLY_FILLED
        = position 1
        < fill 1#1 1 @ 20001
        = position 2
        """,
        tagged=False,
    )
    order = stage.orders["1#1"]
    assert [str(fill.px) for fill in order.fills] == ["20000", "20001"]
    assert str(order.avg_px) == "20000.5"
    told = [line for line in stage.listener.lines if not line.startswith("position")]
    assert told == ["NEW 1#1", "TRADE 1#1", "fill 1 @ 20000", "TRADE 1#1", "fill 1 @ 20001"]


def test_what_is_told_twice_is_told_on_once(play):
    once = """
        do place buy 2 limit 20000
        > place 1#1 buy 2 limit 20000
        < new 1#1
        < ack 1#1
        < fill 1#1 1 @ 20000
        """
    twice = once + "< again\n" + "< canceled 1#1\n< again\n"
    assert play(twice).listener.lines == [*play(once).listener.lines, "CANCELED 1#1"]
