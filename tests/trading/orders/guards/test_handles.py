"""What a trader reads of a guard and a close, and how a wait for them ends early."""

from position_acts import GUARDED, HELD
from scripted_broker import MNQ

from dryfill.sim.loop.run import run_virtual
from dryfill.trading.orders.settings import OrderSettings


def test_a_guard_shows_the_orders_that_guard_and_the_last_ones_after(play):
    def seen(stage):
        (guard,) = stage.guards
        return guard.stop.cl_ord_id, guard.target.cl_ord_id, guard.position

    told = []
    play(GUARDED, then=lambda stage: told.append(seen(stage)))
    over = GUARDED + "do unguard\n> cancel 2.stop#1\n> cancel 2.target#1\n"
    play(
        over + "< canceled 2.stop#1\n< ack 2.stop#1\n< canceled 2.target#1\n< ack 2.target#1",
        then=lambda stage: told.append(seen(stage)),
    )
    assert told == [("2.stop#1", "2.target#1", 3), ("2.stop#1", "2.target#1", 0)]


def test_a_guard_without_a_target_has_no_order_for_it(play):
    def seen(stage):
        (guard,) = stage.guards
        assert guard.target is None
        assert repr(guard) == "<guard 2 guarding position=3>"

    play(HELD + "do guard loss 19990\n> place 2.stop#1 sell 3 stop 19990\n", then=seen)


def test_a_wait_for_a_guard_that_takes_too_long_says_that_it_is_not_known(stage_kind):
    async def main():
        stage = stage_kind()
        await stage.play(HELD)
        guard = stage.manager.protect(MNQ, stop="19990")
        before = await guard.protected(0.5)
        await stage.play("> place 2.stop#1 sell 3 stop 19990\n< ack 2.stop#1")
        return before, await guard.protected(1.0)

    before, after = run_virtual(main(), origin_ns=0)
    assert str(before) == "uncertain(3): still on its way at the time-out"
    assert (before.ok, after.ok, str(after)) == (False, True, "protected(3)")


LET_GO = """
    do flatten
    > cancel 2.target#1
    < canceled 2.target#1
    > cancel 2.stop#1
"""


def test_a_guard_that_is_left_to_a_flatten_says_so(stage_kind):
    async def main():
        stage = stage_kind()
        await stage.play(GUARDED + LET_GO)
        return await stage.guards[0].protected(1.0)

    outcome = run_virtual(main(), origin_ns=0)
    assert (outcome.ok, str(outcome)) == (False, "uncertain(3): left to somebody else")


def test_a_guards_stop_that_a_shut_market_refused_goes_out_as_it_opens(play):
    play(
        HELD
        + """
        do guard loss 19990
        > place 2.stop#1 sell 3 stop 19990
        < refuse 2.stop#1 MARKET_CLOSED
        = bare 2
        < status OPEN
        > place 2.stop#2 sell 3 stop 19990
        < ack 2.stop#2
        = bare
        """
    )


def test_a_close_shows_its_order_and_what_it_is_about(play):
    def seen(stage):
        close = stage.closes["2"]
        assert close.order is None or close.order.cl_ord_id == "2.exit#1"
        return close.order is not None, repr(close)

    told = []
    play(
        HELD + "do exit 2\n> place 2.exit#1 sell 2 market\n< ack 2.exit#1\n",
        then=lambda stage: told.append(seen(stage)),
    )
    play(
        HELD + "do exit 2 limit 20010\n> place 2.close#1 sell 2 limit 20010\n",
        then=lambda stage: told.append(repr(stage.closes["2"])),
    )
    assert told == [(True, "<close 2 at market 0 of 2>"), "<close 2 at 20010 0 of 2>"]


def test_a_wait_for_a_close_that_takes_too_long_says_what_is_closed_by_then(stage_kind):
    async def main():
        stage = stage_kind()
        await stage.play(HELD)
        close = stage.manager.close_position(MNQ, 2)
        await stage.play(
            "> place 2.exit#1 sell 2 market\n< ack 2.exit#1\n< fill 2.exit#1 1 @ 20000"
        )
        return await close.done(1.0)

    result = run_virtual(main(), origin_ns=0)
    assert (result.ok, result.position) == (False, 2)
    assert str(result) == "uncertain(1 of 2): it still works"


def test_a_close_that_a_shut_market_refused_goes_out_as_it_opens(play):
    play(
        HELD
        + """
        do exit 2
        > place 2.exit#1 sell 2 market
        < refuse 2.exit#1 MARKET_CLOSED
        < status OPEN
        > place 2.exit#2 sell 2 market
        < ack 2.exit#2
        < fill 2.exit#2 2 @ 20000
        = position 1
        = got exit 2 -> closed(2 of 2)
        """
    )


def test_a_close_that_is_refused_as_often_as_the_settings_allow_has_failed(play):
    play(
        HELD
        + """
        do exit all
        > place 2.exit#1 sell 3 market
        < refuse 2.exit#1 NONE
        wait 0.25
        > place 2.exit#2 sell 3 market
        < refuse 2.exit#2 NONE
        = got exit 2 -> failed(0 of 3): closing orders were refused, or not filled, too often
        = timers 0
        """,
        OrderSettings(exit_tries=2),
    )
