"""Races with winding down: RS-47."""

from racing import race

TARGET_HIT = """
    0     quote 20000x40 20000.25x40
    1     trade 20000.25x1
    1500  trade 20010.25x9
    1505  quote 20010x40 20010.25x40
"""


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
