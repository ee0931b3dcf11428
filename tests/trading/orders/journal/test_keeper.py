"""What is written when: an intent before it is sent, never so much that it grows for ever, and a
full disk delays no stop."""

import pytest
from scripted_broker import ScriptedBroker

from dryfill.trading.orders.events import IncidentRaised
from dryfill.trading.orders.incident import Incident
from dryfill.trading.orders.journal.codec import pack
from dryfill.trading.orders.journal.records import (
    INCIDENTS,
    OWNERS,
    EventKept,
    OrderKept,
)
from dryfill.trading.orders.settings import OrderSettings

from .conftest import Disk

HELD = """
    do bracket buy 2 loss 40t
    > place 1.entry#1 buy 2 market
    < new 1.entry#1
    < ack 1.entry#1
"""
FILLED = """
    < fill 1.entry#1 2 @ 20000
    > place 1.stop#1 sell 2 stop 19990
    < new 1.stop#1
    < ack 1.stop#1
"""


def event(n):
    return IncidentRaised(n=n, time_ns=n, incident=Incident(n, "kind", "text"))


def test_every_intent_is_in_the_journal_before_it_is_sent(relive, monkeypatch):
    journal, seen, place = Disk(), [], ScriptedBroker.place

    def placed(self, request, **given):
        seen.append(request.cl_ord_id in journal.about())
        return place(self, request, **given)

    monkeypatch.setattr(ScriptedBroker, "place", placed)
    relive(
        HELD
        + FILLED
        + """
        do place buy 1 limit 19000
        > place 2#1 buy 1 limit 19000
        < unsent 2#1
        wait 0.25
        > place 2#2 buy 1 limit 19000
        < new 2#2
        < ack 2#2
        do flatten
        > cancel 2#2
        < ack 2#2
        < canceled 2#2
        > cancel 1.stop#1
        < ack 1.stop#1
        < canceled 1.stop#1
        > place 3.exit#1 sell 2 market
        """,
        OrderSettings(entry_tries=2),
        journal,
    )
    assert seen == [True] * 5
    assert "2#1" not in journal.about(), "a tag that reached nobody is forgotten"
    assert "!owner 1" not in journal.about() or "1.stop#1" in journal.about()


FULL = {
    "entries are refused, once with an incident, and nothing is sent": """
        do disk full
        do place buy 1
        = refused RefusedByUs
        do bracket buy 1 loss 40t
        = refused RefusedByUs
        wait 2.5
        do place buy 1
        = refused RefusedByUs
        = incidents journal_failed
        do disk free
        do place buy 1
        = refused RefusedByUs           -- not before it was written again
        wait 0.5
        do place buy 1
        > place 2#1 buy 1 market
        = incidents journal_failed
    """,
    "F35: a stop goes out at once, and what nobody wrote is written when there is room": HELD
    + """
        do disk full
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#1 sell 2 stop 19990
        < new 1.stop#1
        < ack 1.stop#1
        do move 1 stop 19995
        > modify 1.stop#1 stop_px 19995
        < ack 1.stop#1
        < replaced 1.stop#1 stop_px 19995
        = incidents journal_failed
        do disk free
        wait 1
        {again}
        < shown
        = working 1.stop#1
        = position 2
        = differences
    """,
    "what only reduces is sent while it is full": HELD
    + FILLED
    + """
        do disk full
        do place sell 2 limit 20010
        > place 2#1 sell 2 limit 20010
        do place sell 3 limit 20010
        = refused RefusedByUs
        < new 2#1
        < ack 2#1
        do flatten
        > cancel 2#1
        < canceled 2#1
        > cancel 1.stop#1
    """,
    "an entry that reached nobody is not sent again while nobody writes it down": """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        do disk full
        < unsent 1#1
        wait 60
        = working
    """,
    "a process that dies while its journal is full is known by the broker": HELD
    + """
        do disk full
        < fill 1.entry#1 2 @ 20000
        > place 1.stop#1 sell 2 stop 19990
        < new 1.stop#1
        do disk free
        {again}
        < shown
        = working 1.stop#1
        = position 2
        = differences filled_unheard order_found
        = timers 0
    """,
}


@pytest.mark.parametrize("name", FULL)
def test_with_a_full_disk_it_goes_as_the_script_says(name, relive):
    relive(FULL[name], OrderSettings(entry_tries=2), Disk())


def test_a_full_journal_is_tried_again_as_often_as_the_settings_say(relive):
    for pause_s, tries in ((1.0, 3), (0.5, 5)):
        journal = Disk()
        script = "do disk full\ndo place buy 1\n= refused RefusedByUs\nwait 2.25\n"
        relive(script, OrderSettings(journal_retry_s=pause_s), journal)
        assert journal.refused == tries


# --- how much ------------------------------------------------------------------------------------


def orders(count, first=1):
    return "".join(
        f"do place buy 1\n> place {n}#1 buy 1 market\n< new {n}#1\n< ack {n}#1\n"
        f"< fill {n}#1 1 @ {20_000 + n}\n"
        for n in range(first, first + count)
    )


def test_finished_orders_leave_the_journal_and_what_they_made_stays(relive):
    settings, journal = OrderSettings(finished_most=10), Disk()
    sizes = []
    relive(orders(100), settings, journal)
    sizes.append(len(journal) - journal.events)
    script = orders(700) + "{again}\n< shown\n= position 700\n= differences\n" + orders(1, 701)
    journal = Disk()
    stage = relive(script, settings, journal)
    sizes.append(len(journal) - journal.events)
    assert sizes[1] <= 4 * (10 + 100) + 10, "each order has four records"
    assert stage.manager.view.position(stage.orders["701#1"].instrument).avg_px == 20_351


ENDED = """
    do place buy 2 limit 20000
    > place 1#1 buy 2 limit 20000
    < new 1#1
    < ack 1#1
    do modify 1#1 qty 3 limit 20001
    > modify 1#1 order_qty 3 price 20001
    < ack 1#1
    < replaced 1#1 order_qty 3 price 20001
    < fill 1#1 1 @ 20001
    < fill 1#1 2 @ 20000.5
    do place sell 2 limit 20010
    > place 2#1 sell 2 limit 20010
    < new 2#1
    < ack 2#1
    < fill 2#1 1 @ 20010
    do cancel 2#1
    > cancel 2#1
    < canceled 2#1
    < ack 2#1
    do place buy 1
    > place 3#1 buy 1 market
    < refuse 3#1 INSUFFICIENT_FUNDS
"""


def told(order):
    core = order.core
    return (
        repr(order),
        *(core.order_id, core.order_qty, core.price, core.avg_px, core.reason, core.text),
        *([(fill.exec_id, fill.qty, fill.px) for fill in order.fills], core.wish.working),
        *(core.accepted, core.lost, core.entered_ns, core.time_ns),
    )


def test_what_is_over_becomes_one_record_and_is_known_as_it_was(relive):
    few, many = Disk(), Disk()
    known = [
        [told(stage.order(tag)) for tag in ("1#1", "2#1", "3#1")]
        for stage in (
            relive(ENDED),
            relive(ENDED + "{again}\n< shown\n", journal=few),
            relive(ENDED + orders(97, 4) + "{again}\n< shown\n= position 99\n", journal=many),
        )
    ]
    assert known[0] == known[1] == known[2]
    assert few.about().count("1#1") == 5
    kept = [(about, type(record)) for about, record in many.load().entries if "#" in about]
    assert kept == [(f"{n}#1", OrderKept) for n in range(1, 101)]


def test_what_was_taken_for_lost_keeps_what_shows_that_it_was(relive):
    lost = """
        do place buy 1 limit 20000
        > place 1#1 buy 1 limit 20000
        < lost 1#1
        > look 1#1
        < none 1#1
        wait 0.25
        > look 1#1
        < none 1#1
        = status 1#1 REJECTED
    """
    again = "{again}\n< shown\n< new 1#1\n= incidents late_order\n> cancel 1#1\n"
    relive(lost + orders(99, 2) + again, OrderSettings(visible_s=0.1, misses=1))


def test_what_answers_for_something_keeps_its_orders_however_old(relive):
    script, settings, journal = (
        HELD + FILLED + orders(250, 2),
        OrderSettings(finished_most=1),
        Disk(),
    )
    relive(script, settings, journal)
    assert "1.entry#1" in journal.about()
    assert "2#1" not in journal.about()
    stage = relive(script + "{again}\n< shown\n= working 1.stop#1\n", settings)
    (bracket,) = stage.manager.view.brackets
    assert bracket.position == 2
    assert bracket.entry.cum_qty == 2


def test_an_order_of_many_changes_does_not_fill_the_journal(relive):
    journal = Disk()
    script = """
        do place buy 5 limit 20000
        > place 1#1 buy 5 limit 20000
        < new 1#1
        < ack 1#1
        < fill 1#1 2 @ 20000
    """ + "".join(
        f"do modify 1#1 limit {n}\n> modify 1#1 price {n}\n< ack 1#1\n< replaced 1#1 price {n}\n"
        for n in range(19_000, 19_500)
    )
    after = "{again}\n< shown\n= working 1#1\n= fills 1#1 1\n= position 2\n"
    stage = relive(script + after, None, journal)
    assert len(journal) - journal.events < 60
    assert stage.order("1#1").core.price == 19_499


def test_an_order_that_changes_in_every_life_does_not_fill_the_journal(relive):
    journal = Disk()
    script = "do place buy 5 limit 20000\n> place 1#1 buy 5 limit 20000\n< new 1#1\n< ack 1#1\n"
    for life in range(4):
        script += "".join(
            f"do modify 1#1 limit {px}\n> modify 1#1 price {px}\n"
            f"< ack 1#1\n< replaced 1#1 price {px}\n"
            for px in range(19_000 + 20 * life, 19_020 + 20 * life)
        )
        script += "{again}\n< shown\n"
    relive(script, None, journal)
    assert journal.about().count("1#1") <= 51


def test_incidents_of_two_lives_are_bounded_together(relive):
    def more(stage):
        for n in range(3):
            stage.manager.incident("kind", str(n))

    journal, settings = Disk(), OrderSettings(held_most=3)
    relive("< stream down\n{again}\n< shown\n", settings, journal, then=more)
    kept = [about for about in journal.about() if about.startswith(INCIDENTS)]
    assert len(kept) == len(set(kept)) == 3


def test_of_what_a_bracket_is_for_the_last_word_is_kept_and_no_other(relive):
    journal = Disk()
    moves = "".join(
        f"do move 1 stop {px}\n> modify 1.stop#1 stop_px {px}\n< ack 1.stop#1\n"
        for px in range(19_991, 19_999)
    )
    relive(HELD + FILLED + moves, journal=journal)
    assert journal.about().count(f"{OWNERS}1") == 1


def test_incidents_and_events_are_bounded(relive):
    journal = Disk()
    settings = OrderSettings(held_most=20, events_most=3_000)

    def many(stage):
        for n in range(1, 101):
            stage.manager.incident("kind", str(n))
        for n in range(1, 9_501):
            stage.manager._life.keeper.event(event(n))

    relive("", settings, journal, then=many)
    assert sum(about.startswith("!incident") for about in journal.about()) == 20
    kept = [record.n for _, record in journal.load().entries if isinstance(record, EventKept)]
    assert kept == list(range(6_000, 9_501)), "the last three thousand, in whole thousands"


def test_events_are_read_from_where_one_was_and_counted_on_in_the_next_life(relive):
    journal = Disk()
    stage = relive("", None, journal)
    keeper = stage.manager._life.keeper
    for n in range(1, 6):
        keeper.event(event(n))
    assert keeper.events(3) == [(4, pack(event(4))), (5, pack(event(5)))]
    again = relive("", None, journal)
    assert again.manager._life.events == 5


def test_a_start_without_a_journal_asks_as_far_back_as_the_settings_say(relive):
    for history_s in (60.0, 86_400.0):
        stage = relive("", OrderSettings(history_s=history_s))
        assert stage.broker.since_ns["fills"] == -history_s * 1e9


def test_a_start_with_one_asks_from_the_newest_event_on(relive):
    script = "x time 5000\n" + HELD + "{again}\n< shown"
    stage = relive(script, OrderSettings(overlap_s=100.0))
    assert stage.broker.since_ns["orders"] == 4_900 * 10**9
