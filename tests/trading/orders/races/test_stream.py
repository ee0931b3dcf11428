"""Races with an event stream that loses, stalls and comes back, whose traders go on in loops."""

import asyncio
from contextlib import suppress

from racing import race

from dryfill.trading.errors import RefusedByUs
from dryfill.trading.order import Execution

CALM = """
    0     quote 20000x90 20000.25x90
    1     trade 20000.25x1
    9000  quote 20000x90 20000.25x90
"""


@race(
    market=CALM,
    plan="""
        [[fault]]
        kind = "stream-down"
        at = "1000 ms"
        duration = "2 s"

        [[fault]]
        kind = "latency"
        call = "read"
        times = "all"
        response = "1200 ms"
    """,
    premises=("INV-19",),
)
async def test_rs_36_no_entry_until_what_was_missed_was_asked_for(t):
    await t.bracket(t.buy(1), stop="19990")
    await t.at(1000)
    refused = 0
    while t.now_ms < 30_000:
        try:
            await t.desk.place(t.buy(1, limit="19980"))
        except RefusedByUs:
            refused += 1
        await asyncio.sleep(0.25)
    await t.rest()
    assert refused
    assert t.protected


@race(
    market="\n".join(
        ["0 quote 20000x90 20000.25x90", "1 trade 20000.25x1"]
        + [
            f"{1000 + n * 3000} trade {20010.25 if n % 2 else 20000}x9\n"
            f"{1001 + n * 3000} quote {20010 if n % 2 else 20000}x90 "
            f"{20010.25 if n % 2 else 20000.25}x90"
            for n in range(30)
        ]
    ),
    plan="""
        [[fault]]
        kind = "drop"
        event = "fill"
        nth = 2
        times = "all"

        [[fault]]
        kind = "drop"
        event = "order"
        every = 3
        times = "all"
    """,
    premises=("INV-01",),
)
async def test_rs_37_a_healthy_stream_that_loses_fills_is_made_good_by_looks(t):
    for n in range(7):
        await t.at(1200 + n * 12_000)
        bracket = await t.bracket(t.buy(1), stop="19980", target="20010")
        await t.at(1200 + n * 12_000 + 9_000)
    await bracket.closed()
    await t.rest()
    assert t.flat
    assert t.filled("entry") == t.filled("target") + t.filled("exit") + t.filled("stop")


@race(
    market="\n".join(
        ["0 quote 20000x90 20000.25x90", "1 trade 20000.25x1"]
        + [f"{1000 + n * 2} quote 20000x{40 + n % 9} 20000.25x90" for n in range(2000)]
        + ["3001 trade 20010.25x9", "5100 quote 20010x90 20010.25x90"]
    ),
    premises=("INV-03",),
)
async def test_rs_43_a_strategy_that_does_not_listen_holds_nobody_up(t):
    await t.desk.subscribe_quotes()
    bracket = await t.bracket(t.buy(1), stop="19990", target="20010")
    await t.at(6000)  # in all that time it takes no event out of its inbox
    assert bracket.finished
    assert t.flat
    assert t.filled("target") == 1
    assert t.desk.inbox.conflated > 1900
    told = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(1):
            async for event in t.desk.events():
                told += event.qty if isinstance(event, Execution) else 0
    assert told == t.qty(2) or t.summed
    await t.rest()
