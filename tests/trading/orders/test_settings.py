"""Every field of OrderSettings changes what happens: its script plays with the value alone."""

from dataclasses import fields

import pytest
from msgspec import structs

from dryfill.trading.errors import UsageError
from dryfill.trading.orders.settings import OrderSettings

RESTS = """
    do place buy 2 limit 20000
    > place 1#1 buy 2 limit 20000
    < new 1#1
    < ack 1#1
"""
HELD = """
    do place buy 2
    > place 1#1 buy 2 market
    < new 1#1
    < ack 1#1
    < fill 1#1 2 @ 20000
"""
BRACKET = """
    do bracket buy 1 loss 40t
    > place 1.entry#1 buy 1 market
    < new 1.entry#1
    < fill 1.entry#1 1 @ 20000
    > place 1.stop#1 sell 1 stop 19990
    < ack 1.entry#1
"""
LOST = """
    do place buy 1 limit 20000
    > place 1#1 buy 1 limit 20000
    < lost 1#1
    > look 1#1
    < none 1#1
"""
REFUSED_CANCEL = """
    > cancel 1#1
    < refuse 1#1 NONE
    > look 1#1
    < found 1#1
"""
LATE_FILL = """
    do place buy 1 limit 20000
    > place 1#1 buy 1 limit 20000
    < new 1#1
    < ack 1#1
    < canceled 1#1
    do place buy 1 limit 20000
    > place 2#1 buy 1 limit 20000
    < new 2#1
    < ack 2#1
    {pause}
    < canceled 2#1
    < fill 1#1 1 @ 20000                -- from before its cancel; the order is forgotten
    = fills 1#1 0
    = position 1                        -- but what it bought is held
"""
OVER = """
    do bracket buy 1 loss 40t
    > place {n}.entry#1 buy 1 market
    < new {n}.entry#1
    < ack {n}.entry#1
    < canceled {n}.entry#1
"""
LATER_FILL = OVER.format(n=1) + "wait 2\n" + OVER.format(n=2) + "< fill 1.entry#1 1 @ 20000"
UNSENT = """
    do place buy 1 limit 20000
    > place 1#1 buy 1 limit 20000
    < unsent 1#1
"""
LOOK = "wait 5\n> ask fills\n> ask open\n< shown\n"
ROUND = "> ask fills\n> ask open\n> ask orders\n> ask positions\n"
LOSSY_ONLY = ("look_s", "reconcile_s", "position_differs_s")
EFFECTS = {
    "close_within_s": (
        0.4,
        RESTS
        + "do cancel 1#1\n> cancel 1#1\ndo wind_down\nwait 0.39\n= waiting cancel 1#1 wind_down\n"
        "wait 0.01\n= waiting\n= got cancel 1#1 -> RunEnded",
    ),
    "orphan_s": (
        0.25,
        "do orphan 9.stop#1 19990\n> place 9.stop#1 sell 1 stop 19990\n< ack 9.stop#1\n"
        "wait 0.25\n> cancel 9.stop#1",
    ),
    "reconcile_s": (60.0, OVER.format(n=1) + 3 * LOOK + "wait 45\n" + ROUND),
    "reconcile_lossless_s": (60.0, HELD + "wait 60\n" + ROUND + "< shown\nwait 60\n" + ROUND),
    "look_first_s": (0.5, LOST + "wait 0.49\nwait 0.01\n> look 1#1"),
    "look_most_s": (0.25, LOST + "wait 0.25\n> look 1#1\n< none 1#1\nwait 0.25\n> look 1#1"),
    "visible_s": (
        0.1,
        LOST + "wait 0.25\n> look 1#1\n< none 1#1\nwait 0.5\n> look 1#1\n< none 1#1\n"
        "= status 1#1 REJECTED",
    ),
    "misses": (
        1,
        LOST + "wait 0.25\n> look 1#1\n< none 1#1\nwait 0.5\n> look 1#1\n< none 1#1\n"
        "wait 1\n> look 1#1\n< none 1#1\nwait 2\n> look 1#1\n< none 1#1\n"
        "wait 2\n> look 1#1\n< none 1#1\n= status 1#1 REJECTED",
    ),
    "cancel_tries": (1, RESTS + "do cancel 1#1\n" + REFUSED_CANCEL + "= incidents cancel_failed"),
    "retry_s": (
        0.75,
        RESTS + "do cancel 1#1\n" + REFUSED_CANCEL + "wait 0.74\nwait 0.01\n> cancel 1#1",
    ),
    "retry_most_s": (
        0.25,
        RESTS
        + "do cancel 1#1\n"
        + REFUSED_CANCEL
        + "wait 0.25\n"
        + REFUSED_CANCEL
        + "wait 0.25\n> cancel 1#1",
    ),
    "closed_retry_s": (
        2.0,
        BRACKET
        + "< refuse 1.stop#1 MARKET_CLOSED\n"
        + "".join(
            f"wait {pause}\n> place 1.stop#{n} sell 1 stop 19990\n"
            f"< refuse 1.stop#{n} MARKET_CLOSED\n"
            for n, pause in enumerate((0.25, 0.5, 1, 2, 2), 2)
        ),
    ),
    "stop_tries": (1, BRACKET + "< refuse 1.stop#1 NONE\n> place 1.exit#1 sell 1 market"),
    "vanished_s": (
        0.2,
        BRACKET + "< ack 1.stop#1\n< canceled 1.stop#1\n> ask fills\n> ask open\nwait 0.2\n"
        "> place 1.stop#2 sell 1 stop 19990",
    ),
    "proven_s": (
        0.5,
        BRACKET
        + "".join(
            f"< ack 1.stop#{n}\nwait 0.5\n< canceled 1.stop#{n}\n"
            f"> ask fills\n> ask open\n< shown\n"
            f"> place 1.stop#{n + 1} sell 1 stop 19990\n"
            for n in range(1, 5)
        ),
    ),
    "exit_tries": (
        1,
        HELD + "do flatten\n> place 2.exit#1 sell 2 market\n< refuse 2.exit#1 NONE\n"
        "= got flatten -> FlattenResult(ok=False, position=2, reason='', confirmed=True)",
    ),
    "exit_patience_s": (
        0.5,
        HELD + "do flatten\n> place 2.exit#1 sell 2 market\n< ack 2.exit#1\n"
        "wait 0.5\n> cancel 2.exit#1",
    ),
    "oco_unresolved_s": (
        0.4,
        "do oco buy 1 limit 19990 | buy 1 stop 20010\n> place 1.oco1#1 buy 1 limit 19990\n"
        "> place 1.oco2#1 buy 1 stop 20010\n< ack 1.oco1#1\n< ack 1.oco2#1\n"
        "< fill 1.oco1#1 1 @ 19990\n> cancel 1.oco2#1\nwait 0.4\n= incidents oco_unresolved\n"
        "> ask fills\n> ask open\n> ask orders\n> ask positions",
    ),
    "through_s": (0.25, BRACKET + "< ack 1.stop#1\ndo price 19989.75\nwait 0.25\n> look 1.stop#1"),
    "prices_kept_s": (
        5.0,
        BRACKET + "< ack 1.stop#1\n< fill 1.stop#1 1 @ 19990\nwait 4.9\n= prices MNQ\nwait 0.1\n"
        "= prices",
    ),
    "hedge_s": (0.5, BRACKET + "wait 0.5\n> place 1.stop#2 sell 1 stop 19990"),
    "follow_s": (
        0.25,
        BRACKET.replace("40t", "40t follow 8t")
        + "< ack 1.stop#1\ndo price 20001\n> modify 1.stop#1 stop_px 19999\n< ack 1.stop#1\n"
        "do price 20002\nwait 0.25\n> modify 1.stop#1 stop_px 20000",
    ),
    "order_deadline_s": (
        2.0,
        "do place buy 1 limit 20000\n> place 1#1 buy 1 limit 20000\nwait 1.9\nwait 0.1\n> look 1#1",
    ),
    "cancel_again_s": (0.25, RESTS + "do cancel 1#1\n> cancel 1#1\nwait 0.25\n> cancel 1#1"),
    "cancel_deadline_s": (0.25, RESTS + "do cancel 1#1\n> cancel 1#1\nwait 0.25\n> look 1#1"),
    "read_deadline_s": (2.0, LOST[: LOST.index("< none")] + "wait 2\nwait 0.25\n> look 1#1"),
    "entry_tries": (2, UNSENT + "wait 0.25\n> place 1#2 buy 1 limit 20000"),
    "breaker_tries": (1, UNSENT + "do place buy 1 limit 20000\n= refused RefusedByUs"),
    "look_s": (2.0, RESTS + "wait 2\n> ask fills\n> ask open"),
    "look_down_s": (
        0.5,
        RESTS + "< stream down\nwait 0.5\n> ask fills\n> ask open",
    ),
    "settled_within_s": (
        0.5,
        "do place buy 1 limit 20000\n> place 1#1 buy 1 limit 20000\n< lost 1#1\n> look 1#1\n"
        "wait 0.5\n= got place 1#1 -> OutcomeUnknown",
    ),
    "position_differs_s": (
        0.1,
        "do place buy 1 limit 20000\n> place 1#1 buy 1 limit 20000\n< new 1#1\n< ack 1#1\n"
        "x fill 1#1 1 @ 20000\nx drop\n< holds 1\n"
        "wait 0.1\n> ask fills",
    ),
    "told_within_s": (
        0.5,
        "do place buy 1 limit 20000\n> place 1#1 buy 1 limit 20000\n< ack 1#1\n"
        "wait 0.5\n> look 1#1",
    ),
    "finished_most": (1, LATE_FILL.format(pause="")),
    "late_most": (1, LATER_FILL),  # bracket 1 is forgotten: nobody protects its late fill
    "late_s": (1.0, LATER_FILL),
    "finished_s": (10.0, LATE_FILL.format(pause="wait 11")),
}


@pytest.mark.parametrize("field", EFFECTS)
def test_a_setting_changes_what_happens(field, play, offers, lossy):
    value, script = EFFECTS[field]
    offered = lossy if field in LOSSY_ONLY else offers
    play(script, OrderSettings(**{field: value}), offered)
    with pytest.raises(AssertionError):
        play(script, offers=offered)


def test_entry_within_bounds_how_long_an_entry_is_sent_again(play):
    later = "wait 100\n"  # what counts is the time from the first try
    script = later + UNSENT + "wait 0.25\n> place 1#2 buy 1 limit 20000\n< unsent 1#2\n"
    play(script + "wait 0.5\n> place 1#3 buy 1 limit 20000", OrderSettings(entry_tries=9))
    play(script + "= timers 0", OrderSettings(entry_tries=9, entry_within_s=0.7))


def test_jitter_is_the_share_of_a_pause_that_is_drawn(play):
    for jitter, pause in ((0.25, 0.3125), (1.0, 0.5)):
        script = f"{UNSENT}\nwait {pause - 0.001}\nwait 0.001\n> place 1#2 buy 1 limit 20000"
        play(script, OrderSettings(entry_tries=2, jitter=jitter), draw=1.0)


@pytest.mark.parametrize(("field", "urgent"), [("breaker_s", False), ("breaker_risk_s", True)])
def test_a_breaker_opens_for_as_long_as_its_setting_says(field, urgent, play):
    settings = OrderSettings(breaker_tries=1, **{field: 2.0})
    if urgent:
        script = "wait 1.9\nwait 0.1\n> cancel 1#1"
        play(RESTS + "do cancel 1#1\n> cancel 1#1\n< unsent 1#1\n" + script, settings)
    else:
        place = "do place buy 1 limit 20000\n"
        script = f"wait 1.9\n{place}= refused RefusedByUs\nwait 0.1\n{place}"
        play(UNSENT + script + "> place 2#1 buy 1 limit 20000", settings)


def test_held_most_bounds_the_reports_that_wait_for_their_order(play):
    script = """
        do place buy 2 limit 20000
        > place 1#1 buy 2 limit 20000
        < new 1#1
        < fill 1#1 1 @ 20000
        < fill 1#1 1 @ 20000
        < ack 1#1
        = position 2
        = status 1#1 FILLED
        = fills 1#1 {n}
    """
    play(script.format(n=2), tagged=False)
    play(script.format(n=1), OrderSettings(held_most=1), tagged=False)


@pytest.mark.parametrize(("most", "position"), [(1, 3), (2, 2)])
def test_executions_most_bounds_the_fills_that_are_known_again(most, position, play):
    told = []
    script = """
        do place buy 9 limit 20000
        > place 1#1 buy 9 limit 20000
        x new 1#1
        x fill 1#1 1 @ 20000
        x fill 1#1 1 @ 20000
    """
    for report in list(play(script).broker.on_its_way)[1:]:
        order = structs.replace(report.order, cl_ord_id="by-hand")
        told.append(structs.replace(report, order=order))

    def hear(stage):
        for report in (told[0], told[1], told[0]):
            stage.broker.sink(report)

    stage = play("", OrderSettings(executions_most=most), then=hear)
    assert stage.manager.view.held(told[0].order.instrument) == position


def test_every_field_has_a_test_whose_outcome_it_changes():
    named = {*EFFECTS, "held_most", "executions_most", "entry_within_s", "jitter"}
    named |= {"breaker_s", "breaker_risk_s"}
    named |= {"overlap_s", "follow_s"}  # in test_looking, test_bracket_rules
    named |= {"held_s", "tombstones_most", "incidents_most"}  # in test_bounded
    named |= {"fault_tries"}  # in test_supervision
    named |= {"unread_most", "reports_most"}  # in figures/test_events, test_order_handle
    named |= {"log_ids"}  # in figures/test_order_log
    named |= {"brackets", "native_within_s"}  # in test_native_entry, test_native_replaced
    named |= {"history_s", "journal_retry_s", "events_most", "state_bytes_most"}  # in journal/
    assert named == {field.name for field in fields(OrderSettings)}


@pytest.mark.parametrize("value", [0, 1, None, "yes"])
def test_a_switch_is_true_or_false(value):
    with pytest.raises(UsageError, match=r"log_ids is .*; it is True or False"):
        OrderSettings(log_ids=value)


BOUNDS = [field.name for field in fields(OrderSettings) if field.type in (int, float)]


@pytest.mark.parametrize("field", BOUNDS)
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_a_bound_that_bounds_nothing_is_refused_by_name(field, value):
    with pytest.raises(UsageError, match=f"OrderSettings.{field} is {value!r}; it must be above"):
        OrderSettings(**{field: value})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"misses": 1.5}, "misses is 1.5; it is a whole number"),
        ({"look_first_s": 3.0}, "look_first_s 3.0 is longer than look_most_s 2.0"),
        ({"retry_s": 2.0}, "retry_s 2.0 is longer than retry_most_s 1.0"),
        ({"retry_most_s": 60.0}, "retry_most_s 60.0 is longer than closed_retry_s 30.0"),
        ({"look_down_s": 6.0}, "look_down_s 6.0 is longer than look_s 5.0"),
        ({"brackets": "broker"}, "brackets is 'broker'; it is one of auto, native, client"),
        ({"exit_patience_s": 31.0}, "exit_patience_s 31.0 is longer than closed_retry_s 30.0"),
    ],
)
def test_bounds_that_contradict_each_other_are_refused(given, message):
    with pytest.raises(UsageError, match=message):
        OrderSettings(**given)
