"""Finding 1: the entry is partly filled while its time-out cancels it, or its stop is refused.

The reviewed module cancelled, raised, and left what had been filled without a stop; later versions
sized the stop before the cancel was answered. Here the stop follows what was filled, whatever
crosses what. MNQ, market 20000.00/20000.25.
"""

import asyncio

import pytest
from small_world import small_world

from dryfill.sim.wire.latency import latency_profile
from dryfill.trading.order import Buy, Sell
from dryfill.trading.orders.journal.memory import MemoryJournal
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.price import Ticks

ENTRY_5 = """
    do bracket buy 5 limit 20000 loss 19990 target 20020 timeout 60
    > place 1.entry#1 buy 5 limit 20000
    < ack 1.entry#1
    < new 1.entry#1
    wait 1
    < fill 1.entry#1 2 @ 20000
    > place 1.stop#1 sell 2 stop 19990
    > place 1.target#1 sell 2 limit 20020
    < ack 1.stop#1
    < new 1.stop#1
    < ack 1.target#1
    < new 1.target#1
    do protect 1
    wait 59
    > cancel 1.entry#1
"""

FILLED_5 = """
    do bracket buy 5 loss 19990 target 20020
    > place 1.entry#1 buy 5 market
    < ack 1.entry#1
    < new 1.entry#1
    < fill 1.entry#1 5 @ 20000.25
    > place 1.stop#1 sell 5 stop 19990
    > place 1.target#1 sell 5 limit 20020
    < ack 1.target#1
    < new 1.target#1
    do protect 1
"""

SCRIPTS = {
    "1a: a contract fills while the cancel of the rest is on its way": ENTRY_5
    + """
        wait 0.05
        < fill 1.entry#1 1 @ 20000
        > modify 1.stop#1 order_qty 3
        > modify 1.target#1 order_qty 3
        wait 0.05
        < ack 1.entry#1
        < canceled 1.entry#1
        < ack 1.stop#1
        < replaced 1.stop#1 order_qty 3
        < ack 1.target#1
        < replaced 1.target#1 order_qty 3
        = got protect 1 -> partial(3): not filled within 60 s
        = working 1.stop#1 1.target#1
        = position 3
        = incidents
    """,
    "1a, the cancel confirmed first: a look finds what had filled": ENTRY_5
    + """
        x fill 1.entry#1 1 @ 20000
        x canceled 1.entry#1
        wait 0.1
        < ack 1.entry#1
        wait 0.25
        > look 1.entry#1
        < found 1.entry#1
        > modify 1.stop#1 order_qty 3
        > modify 1.target#1 order_qty 3
        < told
        < told
        < ack 1.stop#1
        < ack 1.target#1
        = got protect 1 -> partial(3): not filled within 60 s
        = position 3
        = incidents
    """,
    "1b: the cancel is refused because all five were filled": ENTRY_5
    + """
        x fill 1.entry#1 3 @ 20000
        wait 0.1
        < refuse 1.entry#1 TOO_LATE
        > look 1.entry#1
        < found 1.entry#1
        > modify 1.stop#1 order_qty 5
        > modify 1.target#1 order_qty 5
        < told
        < ack 1.stop#1
        < ack 1.target#1
        = got protect 1 -> protected(5)
        = working 1.stop#1 1.target#1
        = position 5
    """,
    "1c: a stop refused once is placed again, and there is one": FILLED_5
    + """
        < refuse 1.stop#1 NO_LAST_PRICE
        wait 0.25
        > place 1.stop#2 sell 5 stop 19990
        < ack 1.stop#2
        < new 1.stop#2
        = got protect 1 -> protected(5)
        = working 1.target#1 1.stop#2
        = incidents stop_rejected
    """,
    "1d: a stop refused always ends flat by exactly one closing order": FILLED_5
    + """
        < refuse 1.stop#1 NO_LAST_PRICE
        wait 0.25
        > place 1.stop#2 sell 5 stop 19990
        < refuse 1.stop#2 NO_LAST_PRICE
        wait 0.5
        > place 1.stop#3 sell 5 stop 19990
        < refuse 1.stop#3 NO_LAST_PRICE
        > cancel 1.target#1
        < ack 1.target#1
        < canceled 1.target#1
        > place 1.exit#1 sell 5 market
        < ack 1.exit#1
        < new 1.exit#1
        < fill 1.exit#1 5 @ 19999
        = got protect 1 -> flat(5): STORY
        = working
        = position 0
        = timers 0
    """,
    "1d, the market being through the stop already: closed at once, not tried again": FILLED_5
    + """
        < refuse 1.stop#1 SELL_STOP_NOT_BELOW_LAST
        > cancel 1.target#1
        < ack 1.target#1
        < canceled 1.target#1
        > place 1.exit#1 sell 5 market
        < ack 1.exit#1
        < fill 1.exit#1 5 @ 19989
        = position 0
        = working
    """,
}
STORY = "order 1.stop#3 (sell 5 MNQ stop) rejected: no: NO_LAST_PRICE"


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_was_filled_is_protected_or_closed(name, play):
    play(SCRIPTS[name].replace("STORY", STORY))


def test_flat_within_the_tries_of_the_settings(play):
    """1d takes as long as the settings say, and no longer: with one try it closes at once."""
    play(
        FILLED_5
        + """
        < refuse 1.stop#1 NO_LAST_PRICE
        > cancel 1.target#1
        < ack 1.target#1
        < canceled 1.target#1
        > place 1.exit#1 sell 5 market
        < fill 1.exit#1 5 @ 19999
        < ack 1.exit#1
        = position 0
        """,
        OrderSettings(stop_tries=1),
    )


def test_finding_1e_killed_between_stop_and_target_there_is_one_of_each(play):
    """The stop is accepted, the process dies before its target is answered, and the next one finds
    the stop, proves that the target never arrived, and only then sends it again."""
    look = "> look 1.target#1\n< none 1.target#1\n"
    play(
        """
        do recover
        > ask fills
        > ask open
        > ask orders
        > ask positions
        < shown
        """
        + FILLED_5.partition("< ack 1.target#1")[0]
        + """
        < new 1.stop#1
        x never 1.target#1
        do die
        do live
        > ask fills
        > ask open
        > ask orders
        > ask positions
        < shown
        """
        + look
        + "".join(f"wait {pause}\n{look}" for pause in (0.25, 0.5, 1, 1, 1, 1, 1, 1))
        + """
        wait 0.25
        > place 1.target#2 sell 5 limit 20020
        < new 1.target#2
        < ack 1.target#2
        = working 1.stop#1 1.target#2
        = position 5
        """,
        journal=MemoryJournal(),
    )


def test_bracket_order_partial_fill_cleanup(play):
    """The review's own test: an entry that fills in parts and is given up leaves what it filled
    protected, and nothing else behind."""
    play(
        ENTRY_5
        + """
        < ack 1.entry#1
        < canceled 1.entry#1
        = got protect 1 -> partial(2): not filled within 60 s
        = working 1.stop#1 1.target#1
        < fill 1.target#1 2 @ 20020
        > cancel 1.stop#1
        < ack 1.stop#1
        < canceled 1.stop#1
        = position 0
        = working
        = timers 0
        = incidents
        """
    )


@pytest.mark.parametrize(
    ("shown", "trips"),
    [(50, 1), (2, 2)],
    ids=["filled at once", "filled in parts: what fills while the stop is on its way waits for it"],
)
@pytest.mark.parametrize("leg_ms", [5, 25, 80])
@pytest.mark.parametrize("side", [Buy, Sell])
def test_in_calm_weather_what_is_filled_is_bare_for_one_round_trip(side, leg_ms, shown, trips):
    """The fill's report and the stop's request: two legs of the wire, and no more than a
    millisecond of our own."""
    rows = []
    for n in range(300):
        bid = 80_000 + n % 3
        rows += [f"{n * 10} quote {bid}x{shown} {bid + 1}x{shown}", f"{n * 10 + 1} trade {bid}x1"]

    async def trade(desk):
        await desk.subscribe_quotes()
        await asyncio.sleep(0.5)
        bracket = await desk.bracket(side(5), stop=Ticks(40), target=Ticks(60))
        assert (await bracket.protected(timeout=2)).ok
        return []

    world = small_world("\n".join(rows), latency=latency_profile(f"{leg_ms}ms"))
    bare = world.run(trade).unprotected
    assert 0 < bare.longest <= trips * 2 * leg_ms / 1000 + 0.001
