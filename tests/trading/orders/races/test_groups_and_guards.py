"""The races of brackets again, for whoever links orders or guards a position himself."""

from racing import race

TARGET_HIT = """
    0     quote 20000x40 20000.25x40
    1     trade 20000.25x1
    1500  trade 20010.25x9
    1505  quote 20010x40 20010.25x40
"""
BOTH_HIT = """
    0     quote 20000x40 20000.25x40
    1     trade 20000.25x1
    1500  trade 20010.25x{filled}
    1510  trade 19989x1
    1511  quote 19988.75x40 19989x40
"""
CALM = """
    0     quote 20000x40 20000.25x40
    1     trade 20000.25x1
    9000  quote 20000x40 20000.25x40
"""


async def linked(t, qty):
    """Hold so many contracts, with a stop and a target of one's own that are linked."""
    await t.desk.place(t.buy(qty))
    await t.at(1000)
    return await t.desk.oco(t.sell(qty, stop="19990"), t.sell(qty, limit="20010"))


@race(market=BOTH_HIT.format(filled=9), premises=("INV-06",))
async def test_rs_13_both_linked_orders_fill_within_the_cancels_latency(t):
    group = await linked(t, 1)
    await group.done()
    await t.rest()
    assert t.flat
    assert t.incidents("overfill") == bool(group.outcome.overfilled)
    assert group.outcome.overfilled or not t.exact


@race(market=BOTH_HIT.format(filled=1), premises=("INV-06",))
async def test_rs_15_one_linked_order_fills_in_part_as_the_other_triggers(t):
    group = await linked(t, 3)
    await group.done()
    await t.rest()
    assert t.flat
    assert group.outcome.overfilled == t.qty(1) or not t.exact


@race(
    market=TARGET_HIT,
    plan="""
        [[fault]]
        kind = "latency"
        call = "place"
        nth = 2
        response = "900 ms"

        [[fault]]
        kind = "late"
        event = "new"
        nth = 2
        delay = "900 ms"
    """,
    premises=("INV-06",),
)
async def test_rs_16_a_linked_order_whose_id_is_not_known_yet_is_cancelled_on_arrival(t):
    group = await linked(t, 1)
    await group.done()
    await t.rest()
    assert t.flat
    assert not group.outcome.overfilled


@race(
    market=TARGET_HIT,
    plan="""
        [[fault]]
        kind = "venue-cancel"
        event = "fill"
        role = "leg2"
        target = "*.leg1"

        [[fault]]
        kind = "late"
        event = "fill"
        role = "leg2"
        delay = "150 ms"
    """,
    premises=("INV-06",),
)
async def test_rs_17_a_linked_stop_whose_cancel_is_told_before_the_targets_fill(t):
    group = await linked(t, 1)
    await group.done()
    await t.rest()
    assert t.flat
    assert not group.outcome.overfilled
    assert not t.placed("exit")


# --- guards ---------------------------------------------------------------------------------------


async def guarded(t, qty):
    """Hold so many contracts under a guard of the position."""
    await t.desk.place(t.buy(qty))
    await t.rest(1)
    return await t.desk.protect(stop=t.px("19990"), target=t.px("20010"))


@race(
    market=CALM,
    plan="""
        [[fault]]
        kind = "trader"
        at = "3000 ms"
        act = "sell"
    """,
    premises=("INV-02",),
)
async def test_rs_19_a_guard_follows_what_the_trader_closed_by_hand(t):
    await guarded(t, 3)
    await t.at(3000)
    await t.rest()
    assert t.held == 2
    assert t.protected


@race(
    market="""
        0     quote 20000x40 20000.25x40
        1     trade 20000.25x1
        3045  trade 19989x1
        3046  quote 19988.75x40 19989x40
    """,
    plan="""
        [[fault]]
        kind = "trader"
        at = "3000 ms"
        act = "sell"
    """,
    premises=("INV-02",),
)
async def test_rs_19_the_trader_closes_part_by_hand_as_the_guards_stop_triggers(t):
    await guarded(t, 3)
    await t.at(3045)
    await t.rest()
    assert t.flat
    if t.exact:
        assert (t.filled("stop"), t.filled("exit")) == (3, 1)  # one too many, given back


@race(
    market=CALM,
    plan="""
        [[fault]]
        kind = "trader"
        at = "3000 ms"
        act = "sell"
        qty = 3
    """,
    premises=("INV-06",),
)
async def test_rs_23_a_guard_of_what_one_fill_took_through_zero_goes(t):
    await guarded(t, 2)
    await t.at(3000)
    await t.rest()
    assert t.held == -1
    assert t.working.get("target", 0) == 0
    assert t.working.get("stop", 0) in (0, 1)
    assert t.incidents("guard_turned") == 1 or not t.exact


# --- winding down ---------------------------------------------------------------------------------


@race(
    market=TARGET_HIT,
    plan="""
        [[fault]]
        kind = "latency"
        call = "cancel"
        response = "300 ms"
    """,
    premises=("INV-03", "INV-12"),
    quiet=False,
)
async def test_rs_47_winding_down_finishes_a_siblings_cancel(t):
    bracket = await t.bracket(t.buy(1), stop="19990", target="20010")
    await bracket.protected()
    await t.at(1500)
    await bracket.target.done()  # fills that are told as a sum are told later
    await t.rest(0.06)
    left = await t.manager.wind_down()
    await t.rest()
    assert t.flat
    assert left == []
    assert t.manager.view.timers == 0


@race(
    market=TARGET_HIT,
    plan="""
        [[fault]]
        kind = "unreachable"
        call = "cancel"
        duration = "60 s"
        on = "write"
    """,
    premises=("INV-12",),
    quiet=False,
)
async def test_rs_47_what_winding_down_cannot_finish_is_said(t):
    bracket = await t.bracket(t.buy(1), stop="19990", target="20010")
    await bracket.protected()
    await t.at(1500)
    await t.rest(0.2)
    left = await t.manager.wind_down(2)
    assert [incident.kind for incident in left] == ["left_undone"]
    assert list(t.working) == ["stop"]
