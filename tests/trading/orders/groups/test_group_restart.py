"""A group made again from its spec and its orders, as after a restart."""

import msgspec
import pytest

from dryfill.trading import instruments
from dryfill.trading.orders.groups.spec import GroupSpec

MNQ = instruments.find("MNQ")
HELD = """
    do place buy 3
    > place 1#1 buy 3 market
    < new 1#1
    < ack 1#1
    < fill 1#1 3 @ 20000
"""
PAIR = (
    HELD
    + """
    do oco sell 3 limit 20010 | sell 3 stop 19990
    > place 2.leg1#1 sell 3 limit 20010
    > place 2.leg2#1 sell 3 stop 19990
    < ack 2.leg1#1
    < ack 2.leg2#1
"""
)
OTO = """
    do oto buy 3 limit 20000 | sell 3 limit 20010 | sell 3 stop 19990
    > place 1.first#1 buy 3 limit 20000
    < ack 1.first#1
    < fill 1.first#1 1 @ 20000
    > place 1.leg1#1 sell 1 limit 20010
    > place 1.leg2#1 sell 1 stop 19990
    < ack 1.leg1#1
    < ack 1.leg2#1
"""
OVER = (
    PAIR
    + """
    x fill 2.leg1#1 3 @ 20010
    x fill 2.leg2#1 3 @ 19990
    < told
    > cancel 2.leg2#1
    < told
    > place 2.exit#1 buy 3 market
"""
)
THROUGH = (
    OTO
    + """
    < fill 1.leg1#1 1 @ 20010
    > cancel 1.leg2#1
    < canceled 1.leg2#1
    < ack 1.leg2#1
"""
)

MOMENTS = {
    "all work": ("2", PAIR, ""),
    "filled in part": ("2", PAIR + "< fill 2.leg1#1 1 @ 20010\n> modify 2.leg2#1 order_qty 2", ""),
    "one is filled and the other on its way out": (
        "2",
        PAIR + "< fill 2.leg1#1 3 @ 20010\n> cancel 2.leg2#1",
        "",
    ),
    "over-filled, the closing order on its way": ("2", OVER, ""),
    "over-filled and given back": (
        "2",
        OVER + "< ack 2.exit#1\n< fill 2.exit#1 3 @ 19990\n< refuse 2.leg2#1 TOO_LATE",
        "",
    ),
    "the first in part": ("1", OTO, ""),
    "what followed is through, the first works": ("1", THROUGH, ""),
    "one was refused": ("2", PAIR + "< rejected 2.leg1#1", ""),
}


def again(stage, intent):
    """The group made anew; its spec went through JSON."""
    group = stage.groups[intent]
    written = msgspec.json.encode(group.spec)
    spec = msgspec.json.decode(written, type=GroupSpec)
    assert spec == group.spec
    made = stage.manager.groups.make(spec, MNQ)
    made.resume(group.orders())
    return group, made


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_group_made_again_stands_where_it_stood_and_sends_nothing_twice(moment, play):
    intent, script, _ = MOMENTS[moment]

    def then(stage):
        group, made = again(stage, intent)
        told = len(stage.manager.view.incidents)
        made.settle()
        assert (made.phase, made.outcome) == (group.phase, group.outcome)
        assert made.members == group.members
        assert not stage.broker.sent
        assert len(stage.manager.view.incidents) == told
        made.stop_timers()

    play(script, then=then)


def test_what_had_to_go_out_again_goes_out_after_a_restart_too(play):
    """The stop was cancelled by the group itself, as nothing was left to protect."""

    def then(stage):
        _, made = again(stage, "1")
        first = made.first
        stage.broker.happen("fill", "1.first#1", ["2", "@", "20000"])
        first.core.apply(stage.broker.on_its_way.popleft())
        made.settle()
        assert list(stage.broker.sent) == [
            "place 1.leg1#2 sell 2 limit 20010",
            "place 1.leg2#2 sell 2 stop 19990",
        ]

    play(THROUGH, then=then)


def test_an_order_that_the_venue_took_away_is_not_sent_again_after_a_restart(play):
    def then(stage):
        _, made = again(stage, "2")
        made.settle()
        assert not stage.broker.sent

    play(PAIR + "< canceled 2.leg2#1", then=then)


def test_closing_orders_go_on_with_the_next_attempt(play):
    def then(stage):
        _, made = again(stage, "2")
        stage.broker.happen("canceled", "2.exit#1", [])
        made.orders()[-1].core.apply(stage.broker.on_its_way.popleft())
        made.settle()
        made.wake()
        assert list(stage.broker.sent) == ["place 2.exit#2 buy 3 market"]

    play(OVER, then=then)
